package app_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"galleria/cmd/internal/oracle"
	"galleria/commerce/level"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/points"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox"
	"galleria/payments/sandbox/alipaygw"
	"galleria/payments/sandbox/unionpaygw"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// market is a shop that takes money through all three channels.
type market struct {
	coupon int64
	sale   int64 // a timed discount
	*shop
	seller, merID   string
	ofSKU, ofCoupon int64       // of the points mall
	promoters       [2]promoter // the second was brought by the first
}

// openMarket opens a shop with an account at each provider and a limit above which a refund
// needs a second person.
func (w *world) openMarket(n int) *market {
	w.t.Helper()
	m := &market{shop: w.openShop(fmt.Sprint("market", n), 400), seller: fmt.Sprintf("2088%012d", 4400+n), merID: fmt.Sprintf("77729005811%04d", n)}
	a, err := w.sandbox.Alipay().AddApp(alipaygw.AppInput{AppID: fmt.Sprintf("202100%010d", 4400+n), SellerID: m.seller})
	if err != nil {
		w.t.Fatal(err)
	}
	u, err := w.sandbox.UnionPay().AddMerchant(unionpaygw.MerchantInput{MerID: m.merID, Name: m.Name})
	if err != nil {
		w.t.Fatal(err)
	}
	secret := func(text string) vault.Secret { return vault.NewSecret([]byte(text)) }
	app, _ := tenant.ParseAppID(m.appID)
	for _, in := range []account.AddInput{
		{Name: "支付宝", MerchantNo: m.seller, Keys: account.AlipayKeys{
			SignAppID: a.AppID, PrivateKey: secret(a.PrivateKey), KeyMode: payments.KeyModePublicKey, PublicKey: a.AlipayPublicKey,
		}},
		{Name: "银联", MerchantNo: m.merID, Keys: account.UnionPayKeys{PFX: vault.NewSecret(u.PFX), Password: secret(u.Password), Middle: u.MiddlePEM, Root: u.RootPEM}},
	} {
		in.Mode, in.BaseURL, in.AppIDs = payments.Sandbox, w.play, []tenant.AppID{app}
		if _, err := w.Accounts.Add(w.t.Context(), m.ID, in); err != nil {
			w.t.Fatalf("%s: %v", in.Keys.Channel(), err)
		}
	}
	m.coupon, _ = w.giveOut(m.shop, 0, 1000)
	m.promoters = w.promotersOf(m.shop)
	m.sale = w.campaigns(m.shop)
	terms := points.NewTerms()
	terms.Enabled, terms.SignPoints = true, 5000
	if err := w.Points.SaveTerms(w.t.Context(), m.ID, terms, "staff:1"); err != nil {
		w.t.Fatal(err)
	}
	m.ofSKU, m.ofCoupon = w.mall(m)
	growth := level.NewTerms()
	growth.Enabled, growth.OrderGrowth = true, 10
	if err := w.Levels.SaveTerms(w.t.Context(), m.ID, growth, "staff:1"); err != nil {
		w.t.Fatal(err)
	}
	for _, l := range []level.Level{{Name: "银卡", Threshold: 100, OffBps: 500, PointsBps: 10_000}, {Name: "金卡", Threshold: 300, OffBps: 1_000, FreeShipping: true, PointsBps: 20_000, ValidDays: 30, KeepGrowth: 100}} {
		if _, err := w.Levels.Save(w.t.Context(), m.ID, l, "staff:1"); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := w.Payments.SetRefundApproval(w.t.Context(), m.ID, 9000, "staff:1"); err != nil {
		w.t.Fatal(err)
	}
	return m
}

// shopper is a buyer with a will of its own, and the staff that serve the buyer.
type shopper struct {
	*buyer
	market  *market
	dice    *rand.Rand
	address int64
}

// fates are what may become of an order. Every market sees each of them at least once.
func fates() map[string]func(*shopper) {
	return map[string]func(*shopper){
		"left unpaid":          func(s *shopper) { s.placed() },
		"cancelled":            func(s *shopper) { s.cancel(s.placed()) },
		"cancelled in payment": func(s *shopper) { no := s.placed(); s.payParams(no); s.cancel(no) },
		"expired":              func(s *shopper) { s.expire(s.placed()) },
		"paid by WeChat":       func(s *shopper) { s.paid(payments.WeChat) },
		"paid by Alipay":       func(s *shopper) { s.paid(payments.Alipay) },
		"paid by UnionPay":     func(s *shopper) { s.paid(payments.UnionPay) },
		"paid and told again":  (*shopper).toldAgain,
		"paid twice":           (*shopper).payTwice,
		"paid too late":        (*shopper).payLate,
		"shipped":              func(s *shopper) { s.ship(s.paid(s.channel())) },
		"received":             func(s *shopper) { no := s.paid(s.channel()); s.ship(no); s.receive(no) },
		"refunded unsent":      (*shopper).refundedWhole,
		"refunded sent":        func(s *shopper) { no := s.paid(s.channel()); s.ship(no); s.refund(no, 1) },
		"refunded in part":     func(s *shopper) { s.refund(s.paid(s.channel()), 3) },
		"refund withdrawn":     (*shopper).withdraw,
		"refund by hand":       (*shopper).byHand,
		"refund against ship":  (*shopper).refundAgainstShip,
		"sale worded anew":     func(s *shopper) { s.reword(); s.paid(s.channel()) },
	}
}

func (s *shopper) channel() payments.Code {
	return []payments.Code{payments.WeChat, payments.WeChat, payments.Alipay, payments.UnionPay}[s.dice.IntN(4)]
}

// grow gives the shopper growth by hand.
func (s *shopper) grow(n int64) {
	s.w.t.Helper()
	if n == 0 {
		return
	}
	var me int64 // whoever signed in last
	s.w.scan(s.market.shop, "SELECT member_id FROM points_entry WHERE kind = 'sign' ORDER BY id DESC LIMIT 1", nil, &me)
	err := s.w.Levels.Adjust(s.w.t.Context(), s.market.ID, level.AdjustInput{MemberID: me, Growth: n, Reason: "线下消费", Key: fmt.Sprint("grow", me), Actor: "staff:1"})
	if err != nil {
		s.w.t.Fatal(err)
	}
}

// placed places an order of one or two SKUs; now and then the answer is lost and it is placed
// again under the same key.
func (s *shopper) placed() string {
	s.w.t.Helper()
	if s.dice.IntN(3) > 0 {
		s.must(http.StatusCreated, http.MethodPost, "/coupons/"+itoa(s.market.coupon)+"/claim", nil, nil, header{"Idempotency-Key": tenanttest.RandomHex(8)})
	}
	lines := []any{}
	for i, sku := range s.market.skus {
		if qty := s.dice.Int64N(3); qty > 0 || (i == 1 && len(lines) == 0) {
			qty = max(qty, 1)
			lines = append(lines, line(sku, qty))
		}
	}
	var quote struct {
		PayableFen int64 `json:"payable_fen"`
	}
	pay := []int64{0, 20, 30, 40, 50, 50, 60, 70}[s.dice.IntN(8)]
	s.must(http.StatusOK, http.MethodPost, "/checkout/quote", map[string]any{"lines": lines, "address_id": s.address, "points": pay}, &quote)
	key := tenanttest.RandomHex(8)
	body := map[string]any{"lines": lines, "address_id": s.address, "expected_payable_fen": quote.PayableFen, "points": pay}
	got := s.place(key, body)
	if s.dice.IntN(4) == 0 {
		if again := s.place(key, body); again.orderNo() != got.orderNo() {
			s.w.t.Errorf("the same key placed %s and %s", got.orderNo(), again.orderNo())
		}
	}
	if got.status == http.StatusConflict && (strings.Contains(string(got.body), "FLASH_SOLD_OUT") || strings.Contains(string(got.body), "PRICE_CHANGED")) {
		return s.placed() // somebody was faster
	}
	if got.orderNo() == "" {
		s.w.t.Fatalf("place: %d %s", got.status, got.body)
	}
	return got.orderNo()
}

func (s *shopper) cancel(no string) {
	s.must(http.StatusOK, http.MethodPost, "/orders/"+no+"/cancel", nil, nil)
}

func (s *shopper) expire(no string) {
	s.w.owner("UPDATE "+s.market.ID.String()+".orders SET expires_at = now() - interval '1 second' WHERE order_no = $1", []any{no})
	s.w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'order.expire' AND key = $2", []any{s.market.ID.String(), no})
}

// open begins a payment and returns what the buyer then does with it.
func (s *shopper) open(no string, channel payments.Code) func() error {
	s.w.t.Helper()
	scene := map[payments.Code]payments.Scene{payments.WeChat: payments.MiniProgram, payments.Alipay: payments.QR, payments.UnionPay: payments.App}[channel]
	var params payments.ClientParams
	s.must(http.StatusOK, http.MethodPost, "/orders/"+no+"/pay", map[string]any{"channel": channel, "scene": scene}, &params)
	return func() (err error) {
		switch channel {
		case payments.Alipay:
			_, err = s.w.sandbox.Alipay().Pay(alipaygw.PayInput{QRCode: params.CodeURL, Buyer: s.name})
		case payments.UnionPay:
			_, err = s.w.sandbox.UnionPay().Pay(unionpaygw.PayInput{TN: params.TN})
		default:
			_, err = s.w.sandbox.Pay(sandbox.PayInput{
				TimeStamp: params.TimeStamp, NonceStr: params.NonceStr, Package: params.Package, SignType: params.SignType, PaySign: params.PaySign, AppID: s.market.appID, Buyer: s.name,
			})
		}
		return err
	}
}

// paid places an order and pays it.
func (s *shopper) paid(channel payments.Code) string {
	s.w.t.Helper()
	return s.payFor(s.placed(), channel)
}

// payFor pays an order that was placed.
func (s *shopper) payFor(no string, channel payments.Code) string {
	s.w.t.Helper()
	if err := s.open(no, channel)(); err != nil {
		s.w.t.Fatalf("pay %s: %v", channel, err)
	}
	s.waitFor(no, "paid", 30*time.Second)
	return no
}

func (s *shopper) toldAgain() {
	no := s.paid(payments.WeChat)
	in := sandbox.ResendInput{OutTradeNo: s.w.attempt(s.market.shop, no), Copies: 4, Parallel: true}
	if _, err := s.w.sandbox.Resend(s.w.t.Context(), in); err != nil {
		s.w.t.Errorf("resend: %v", err)
	}
}

// payTwice pays by two attempts, of which we had closed the first on our side only.
func (s *shopper) payTwice() {
	no := s.placed()
	first := s.open(no, payments.WeChat)
	s.w.owner("UPDATE "+s.market.ID.String()+".payment_attempt SET status = 'closed' WHERE business_no = $1", []any{no})
	second := s.open(no, payments.Alipay)
	var wait sync.WaitGroup
	for _, pay := range []func() error{first, second} {
		wait.Go(func() {
			if err := pay(); err != nil {
				s.w.t.Errorf("pay twice: %v", err)
			}
		})
	}
	wait.Wait()
	s.waitFor(no, "paid", 30*time.Second)
}

// payLate pays what was closed on our side only.
func (s *shopper) payLate() {
	no := s.placed()
	pay := s.open(no, payments.WeChat)
	s.w.owner("UPDATE "+s.market.ID.String()+".payment_attempt SET status = 'closed' WHERE business_no = $1", []any{no})
	s.cancel(no)
	s.waitFor(no, "closed", 30*time.Second)
	if err := pay(); err != nil {
		s.w.t.Errorf("pay late: %v", err)
	}
}

func (s *shopper) ship(no string) {
	_, err := s.w.Orders.Ship(s.w.t.Context(), s.market.ID, order.ShipInput{OrderNo: no, Courier: "sf", TrackingNo: fmt.Sprintf("SF%013d", s.dice.Int64N(1e12)), Actor: "staff:1"})
	if err != nil && !errors.Is(err, order.ErrRefunding) && !errors.Is(err, order.ErrState) {
		s.w.t.Errorf("ship %s: %v", no, err)
	}
}

func (s *shopper) receive(no string) {
	if _, err := s.w.Orders.Receive(s.w.t.Context(), s.market.ID, s.buyerID(), no); err != nil {
		s.w.t.Errorf("receive %s: %v", no, err)
	}
}

func (s *shopper) buyerID() (id int64) {
	s.w.scan(s.market.shop, "SELECT member_id FROM address WHERE id = $1", []any{s.address}, &id)
	return id
}

// ask asks for a part of an order's money, 1 of parts, and has it approved where that takes a
// second person.
func (s *shopper) ask(no string, parts money.Fen, in payments.AskInput) (payments.Refund, error) {
	var payable money.Fen
	s.w.scan(s.market.shop, "SELECT payable_fen FROM orders WHERE order_no = $1", []any{no}, &payable)
	in.BusinessNo, in.AmountFen, in.Reason, in.Note = no, payable/parts, payments.ByStaff, "缺货"
	in.SourceKind, in.SourceNo, in.Actor = payments.SourceStaff, tenanttest.RandomHex(8), "staff:1"
	return s.w.Payments.AskRefund(s.w.t.Context(), s.market.ID, in)
}

func (s *shopper) refund(no string, parts money.Fen) string {
	s.w.t.Helper()
	made, err := s.ask(no, parts, payments.AskInput{})
	if err != nil {
		s.w.t.Fatalf("ask for a refund of %s: %v", no, err)
	}
	if made.Status == payments.RefundAwaitingApproval {
		s.decide(made.OutRefundNo, s.dice.IntN(5) > 0)
	}
	return made.OutRefundNo
}

// refundedWhole gives an order back that was not sent, whatever it takes: its goods are on sale again.
func (s *shopper) refundedWhole() {
	made, err := s.ask(s.paid(s.channel()), 1, payments.AskInput{})
	if err != nil {
		s.w.t.Fatalf("ask for a refund: %v", err)
	}
	if made.Status == payments.RefundAwaitingApproval {
		s.decide(made.OutRefundNo, true)
	}
}

func (s *shopper) decide(refundNo string, approve bool) {
	in := payments.DecideInput{OutRefundNo: refundNo, Approve: approve, Note: "看过了", Actor: "staff:2"}
	if err := s.w.Payments.DecideRefund(s.w.t.Context(), s.market.ID, in); err != nil {
		s.w.t.Errorf("decide: %v", err)
	}
}

// withdraw takes a refund back, if it waits for somebody.
func (s *shopper) withdraw() {
	no := s.paid(s.channel())
	made, err := s.ask(no, 1, payments.AskInput{})
	if err != nil {
		s.w.t.Errorf("ask: %v", err)
		return
	}
	err = s.w.Payments.WithdrawRefund(s.w.t.Context(), s.market.ID, made.OutRefundNo, "staff:1")
	if err != nil && !errors.Is(err, payments.ErrRefundState) {
		s.w.t.Errorf("withdraw: %v", err)
	}
}

// byHand ends a refund of the shop for which the balance was too small: the next one that
// its provider hears of.
func (s *shopper) byHand() {
	no := s.paid(payments.WeChat)
	if err := s.w.sandbox.Arm(sandbox.Fault{Target: sandbox.TargetRefund, Mode: sandbox.ModeError, Value: "NOT_ENOUGH", Match: s.market.mchID}); err != nil {
		s.w.t.Errorf("arm: %v", err)
		return
	}
	s.refund(no, 3) // small enough to need no second person
	var refundNo string
	eventually(s.w.t, 30*time.Second, "a refund kept back", func() bool {
		s.w.scan(s.market.shop, "SELECT coalesce(min(out_refund_no), '') FROM refund WHERE hold = 'balance' OR status = 'settled'", nil, &refundNo)
		return refundNo != ""
	})
	err := s.w.Payments.SettleRefund(s.w.t.Context(), s.market.ID, payments.SettleInput{OutRefundNo: refundNo, Means: payments.Elsewhere, Evidence: "已转账", Actor: "staff:1"})
	if err != nil && !errors.Is(err, payments.ErrRefundState) { // somebody else's, and settled
		s.w.t.Errorf("settle by hand: %v", err)
	}
}

// refundAgainstShip lets one person ship what another refunds because it was not sent: one of
// them wins.
func (s *shopper) refundAgainstShip() {
	no := s.paid(s.channel())
	var shipped, asked error
	var wait sync.WaitGroup
	number := fmt.Sprintf("SF%013d", s.dice.Int64N(1e12))
	wait.Go(func() {
		_, shipped = s.w.Orders.Ship(s.w.t.Context(), s.market.ID, order.ShipInput{OrderNo: no, Courier: "sf", TrackingNo: number, Actor: "staff:1"})
	})
	var made payments.Refund
	wait.Go(func() {
		made, asked = s.ask(no, 1, payments.AskInput{Still: s.w.unsent(no)})
	})
	wait.Wait()
	if (shipped == nil) == (asked == nil) {
		s.w.t.Errorf("T075: order %s: shipping %v, refund %v: want exactly one of them", no, shipped, asked)
	}
	if asked == nil && made.Status == payments.RefundAwaitingApproval {
		s.decide(made.OutRefundNo, true)
	}
	for _, err := range []error{shipped, asked} {
		if err != nil && fault.KindOf(err) != fault.Conflict {
			s.w.t.Errorf("T075: %v, want a conflict", err)
		}
	}
}

// truth is what the providers say about a market.
func (w *world) truth(m *market) *oracle.Truth {
	out := &oracle.Truth{Charges: []oracle.Charge{}, Paybacks: []oracle.Payback{}, Payouts: w.payouts(m)}
	wx, ali, union := w.sandbox.Books(), w.sandbox.Alipay().Books(), w.sandbox.UnionPay().Books()
	for _, c := range wx.Charges {
		if c.MchID == m.mchID && c.TransactionID != "" {
			out.Charges = append(out.Charges, oracle.Charge{Channel: "wechat", Merchant: m.mchID, Number: c.OutTradeNo, ProviderNo: c.TransactionID, Fen: c.TotalFen})
		}
	}
	for _, r := range wx.Refunds {
		if r.MchID == m.mchID {
			out.Paybacks = append(out.Paybacks, oracle.Payback{Number: r.OutRefundNo, Fen: r.RefundFen, Done: r.Status == "SUCCESS"})
		}
	}
	for _, x := range ali.Trades {
		if x.SellerID == m.seller && !x.PaidAt.IsZero() {
			out.Charges = append(out.Charges, oracle.Charge{Channel: "alipay", Merchant: m.seller, Number: x.OutTradeNo, ProviderNo: x.TradeNo, Fen: x.TotalFen})
		}
	}
	for _, r := range ali.Refunds {
		if r.SellerID == m.seller {
			out.Paybacks = append(out.Paybacks, oracle.Payback{Number: r.OutRequestNo, Fen: r.AmountFen, Done: r.Done})
		}
	}
	for _, x := range union.Trades {
		done := x.RespCode == "00" || x.RespCode == "A6"
		switch {
		case x.MerID != m.merID:
		case x.TxnType == "01" && done:
			out.Charges = append(out.Charges, oracle.Charge{Channel: "unionpay", Merchant: m.merID, Number: x.OrderID, ProviderNo: x.QueryID, Fen: x.AmountFen})
		case strings.HasPrefix(x.TxnType, "04"), x.TxnType == "31":
			out.Paybacks = append(out.Paybacks, oracle.Payback{Number: x.OrderID, Fen: x.AmountFen, Done: done})
		}
	}
	return out
}
