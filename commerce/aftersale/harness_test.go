package aftersale_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/aftersale"
	"galleria/commerce/cart"
	"galleria/commerce/catalog"
	"galleria/commerce/delivery"
	"galleria/commerce/figures"
	"galleria/commerce/inventory"
	"galleria/commerce/member"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/voucher"
	"galleria/tenant"
	"galleria/tenant/idempotency"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// shop is one tenant with everything a case needs; only the refunds' own room is played by
// a list.
type shop struct {
	*tenanttest.Env
	t         testing.TB
	catalog   *catalog.Service
	inventory *inventory.Service
	orders    *order.Service
	cases     *aftersale.Service
	asks      *asks
	members   *member.Service
	member    int64
	address   int64
	app       tenant.AppID
	keys      atomic.Int64
	couriers  atomic.Int64
	vouchers  *voucher.Service
	west      int64                // a place in which what buy sells lies, 0 for the main one
	terms     catalog.VoucherTerms // what buy sells are vouchers of these, unless they are zero
}

// asks numbers the refunds that were asked for, in the caller's transaction.
type asks struct {
	n       atomic.Int64
	follows atomic.Bool // those to come go on for one that failed
}

func (a *asks) AskTx(_ context.Context, _ tenantdb.Tx, _ aftersale.RefundAsk) (aftersale.RefundAsked, error) {
	return aftersale.RefundAsked{OutRefundNo: "R" + strconv.FormatInt(a.n.Add(1), 10), Follows: a.follows.Load()}, nil
}

func newShop(t testing.TB) *shop {
	t.Helper()
	env := tenanttest.New(t)
	s := &shop{Env: env, t: t, asks: &asks{}}
	app := env.App(t, env.Tenant)
	s.app = app.ID
	s.catalog = catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans, Timers: env.Timers})
	s.inventory = inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel})
	s.members = member.New(member.Deps{DB: env.DB, Now: env.Clock().Now, Rand: rand.Reader, Vault: env.Vault})
	s.vouchers = voucher.New(env.DB)
	s.orders = order.New(order.Deps{
		Vouchers: s.vouchers,
		DB:       env.DB, Catalog: s.catalog, Inventory: s.inventory, Addresses: s.members, Carts: cart.New(cart.Deps{DB: env.DB}),
		Places: plan.NewMeter(env.Plans, plan.Orders), Stores: delivery.New(delivery.Deps{DB: env.DB, Audit: env.Audit}),
		Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit, Figures: figures.New(env.DB, env.Timers),
	})
	s.cases = aftersale.New(aftersale.Deps{
		DB: env.DB, Orders: s.orders, Inventory: s.inventory, Refunder: s.asks, Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit,
		Pictures: func(_ tenantdb.Tx, address string) bool { return strings.HasPrefix(address, "/media/shop/") },
	})
	tokens, err := s.members.Login(t.Context(), env.Tenant.ID, member.LoginInput{AppID: app.ID, OpenID: "o" + tenanttest.RandomHex(10)})
	if err != nil {
		t.Fatal(err)
	}
	s.member = tokens.MemberID
	a, err := s.members.AddAddress(t.Context(), env.Tenant.ID, s.member, member.AddressInput{
		Name: "王小明", Phone: "13800138000", Province: "浙江省", City: "杭州市", District: "西湖区", DivisionCode: "330106", Detail: "龙井路1号",
	})
	if err != nil {
		t.Fatal(err)
	}
	s.address = a.ID
	if err := s.cases.AddAddress(t.Context(), env.Tenant.ID, aftersale.Address{Name: "退货仓", Phone: "0571-88880000", Address: "杭州市余杭区文一西路 1 号"}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	return s
}

// bought is a paid order and its lines.
type bought struct {
	no      string
	payable money.Fen
	lines   []int64 // line ids
	skus    []int64
	qtys    []int64
}

// buy sells qtys pieces of fresh products at these prices and pays; adjust is what the shop
// took off the price, which makes shares uneven.
func (s *shop) buy(adjust money.Fen, prices []money.Fen, qtys []int64) bought {
	s.t.Helper()
	ctx := s.t.Context()
	categoryID, err := s.catalog.CreateCategory(ctx, s.Tenant.ID, catalog.CategoryInput{Name: "茶叶" + tenanttest.RandomHex(3)})
	if err != nil {
		s.t.Fatal(err)
	}
	in := catalog.ProductInput{CategoryID: categoryID, Title: "明前龙井 " + tenanttest.RandomHex(3)}
	freight := money.Fen(700)
	if s.terms != (catalog.VoucherTerms{}) {
		in.Kind, in.Voucher, freight = catalog.Voucher, s.terms, 0
	}
	var values []string
	for i, p := range prices {
		values = append(values, fmt.Sprintf("规格%d", i+1))
		in.SKUs = append(in.SKUs, catalog.SKUInput{SpecValues: values[i : i+1], PriceFen: p})
	}
	in.Specs = []catalog.Spec{{Name: "规格", Values: values}}
	p, err := s.catalog.CreateProduct(ctx, s.Tenant.ID, in)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.catalog.SetShelf(ctx, s.Tenant.ID, p.ID, catalog.OnShelf); err != nil {
		s.t.Fatal(err)
	}
	var stock []inventory.Line
	var lines []order.LineInput
	out := bought{qtys: qtys}
	for i, sku := range p.SKUs {
		stock = append(stock, inventory.Line{SKUID: sku.ID, Qty: 100})
		lines = append(lines, order.LineInput{SKUID: sku.ID, Qty: qtys[i]})
		out.payable += prices[i] * money.Fen(qtys[i])
		out.skus = append(out.skus, sku.ID)
	}
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		return s.inventory.ReceiveTx(ctx, tx, "RK"+tenanttest.RandomHex(6), stock, "staff:1")
	})
	if s.west != 0 {
		s.InTenant(s.t, func(tx tenantdb.Tx) error {
			return s.inventory.TransferTx(ctx, tx, inventory.Transfer{Document: "DB" + tenanttest.RandomHex(6), To: s.west, Lines: stock, Actor: "staff:1"})
		})
	}
	placed, _, err := s.orders.Place(ctx, s.Tenant.ID, order.PlaceInput{
		MemberID: s.member, AppID: s.app, AddressID: s.address, Lines: lines, ExpectedPayableFen: out.payable, Key: s.key("place"),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	out.no = placed.OrderNo
	if adjust != 0 {
		err := s.orders.Reprice(ctx, s.Tenant.ID, order.RepriceInput{
			OrderNo: out.no, PayableFen: out.payable + adjust + freight, FreightFen: freight, Actor: "staff:1",
			Idle: func(context.Context, tenantdb.Tx, string) (bool, error) { return true, nil },
		})
		if err != nil {
			s.t.Fatal(err)
		}
		out.payable += adjust + freight
	}
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		_, err := s.orders.MarkPaidTx(ctx, tx, order.PaidInput{
			OrderNo: out.no, AmountFen: out.payable, PaidAt: tx.Now(), Channel: "wechat", OutTradeNo: "T" + out.no, TransactionID: "42" + out.no,
		})
		return err
	})
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		rows, err := tx.Query(ctx, "SELECT l.id FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.order_no = $1 ORDER BY l.id", out.no)
		if err != nil {
			return err
		}
		out.lines, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	return out
}

func (s *shop) key(what string) idempotency.Key {
	n := s.keys.Add(1)
	return idempotency.Key{Scope: "member:" + what, Value: strconv.FormatInt(n, 10), Body: []byte("{}")}
}

// number is a parcel's number that no other has.
func (s *shop) number() string { return fmt.Sprintf("SF%012d", s.couriers.Add(1)) }

func (s *shop) ship(b bought, lines map[int64]int64) error {
	_, err := s.orders.Ship(s.t.Context(), s.Tenant.ID, order.ShipInput{OrderNo: b.no, Courier: "sf", TrackingNo: s.number(), Lines: lines, Actor: "staff:1"})
	return err
}

func (s *shop) open(b bought, kind aftersale.Kind, lines map[int64]int64) (string, error) {
	out, _, err := s.cases.Open(s.t.Context(), s.Tenant.ID, aftersale.OpenInput{
		OrderNo: b.no, MemberID: s.member, Kind: kind, Lines: lines, Reason: aftersale.Quality, Actor: fmt.Sprintf("member:%d", s.member), Key: s.key("open"),
	})
	return out.CaseNo, err
}

// nextDay makes the cases of today yesterday's: what a member may open in a day begins anew.
func (s *shop) nextDay() {
	s.t.Helper()
	s.Owner(s.t, fmt.Sprintf("UPDATE %s.aftersale_case SET opened_at = opened_at - interval '25 hours' WHERE opened_at > now() - interval '24 hours'", s.Tenant.ID))
}

func (s *shop) must(caseNo string, err error) string {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	return caseNo
}

func (s *shop) get(caseNo string) aftersale.Case {
	s.t.Helper()
	c, err := s.cases.Get(s.t.Context(), s.Tenant.ID, 0, caseNo)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *shop) approve(caseNo string) error {
	_, err := s.cases.Approve(s.t.Context(), s.Tenant.ID, aftersale.ApproveInput{CaseNo: caseNo, AddressID: s.returnAddress(), Actor: "staff:1"})
	return err
}

func (s *shop) returnAddress() int64 {
	s.t.Helper()
	set, err := s.cases.Settings(s.t.Context(), s.Tenant.ID)
	if err != nil || len(set.Addresses) == 0 {
		s.t.Fatal(set, err)
	}
	return set.Addresses[0].ID
}

func (s *shop) due(caseNo string) error {
	return s.DB.InTenant(s.t.Context(), s.Tenant.ID, func(tx tenantdb.Tx) error { return s.cases.DueTx(s.t.Context(), tx, caseNo) })
}

// arrived tells order and case that a refund is with its buyer, as the event's handler does.
func (s *shop) arrived(c aftersale.Case) error {
	return s.DB.InTenant(s.t.Context(), s.Tenant.ID, func(tx tenantdb.Tx) error {
		_, err := s.orders.MarkRefundedTx(s.t.Context(), tx, order.RefundedInput{
			OrderNo: c.OrderNo, AmountFen: c.AmountFen, OutTradeNo: "T" + c.OrderNo, OutRefundNo: c.OutRefundNo,
		})
		if err != nil {
			return err
		}
		return s.cases.RefundedTx(s.t.Context(), tx, c.CaseNo, c.OutRefundNo, c.AmountFen)
	})
}

func (s *shop) count(sql string, args ...any) (n int64) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error { return tx.QueryRow(s.t.Context(), sql, args...).Scan(&n) })
	return n
}

func (s *shop) status(orderNo string) order.Status {
	s.t.Helper()
	o, err := s.orders.Get(s.t.Context(), s.Tenant.ID, s.member, orderNo)
	if err != nil {
		s.t.Fatal(err)
	}
	return o.Status
}

func (s *shop) onHand(sku int64) int64 {
	s.t.Helper()
	return s.count("SELECT on_hand - reserved FROM stock_level WHERE sku_id = $1", sku)
}

// broken lists what must never be found in a shop.
func (s *shop) broken(t interface{ Errorf(string, ...any) }) {
	for name, sql := range map[string]string{
		"a line is refunded at most what was paid for it": `SELECT l.id FROM order_line l LEFT JOIN aftersale_line a ON a.line_id = l.id
			GROUP BY l.id HAVING coalesce(sum(a.refund_fen), 0) NOT BETWEEN 0 AND l.payable_fen`,
		"an order is refunded at most what was paid, and what its cases say": `SELECT o.id FROM orders o LEFT JOIN aftersale_case c ON c.order_id = o.id AND c.status = 'refunded'
			GROUP BY o.id HAVING o.refunded_fen NOT BETWEEN 0 AND o.payable_fen OR o.refunded_fen <> coalesce(sum(c.amount_fen), 0)`,
		"a line's claims are those of its cases": `SELECT l.id FROM order_line l LEFT JOIN (SELECT a.line_id, a.qty, a.dropped, a.share_fen FROM aftersale_line a JOIN aftersale_case c ON c.id = a.case_id
			AND (c.closed_at IS NULL OR c.status = 'refunded')) x ON x.line_id = l.id
			GROUP BY l.id HAVING l.claimed <> coalesce(sum(x.qty), 0) OR l.claimed_fen <> coalesce(sum(x.share_fen), 0) OR l.dropped <> coalesce(sum(x.dropped), 0)`,
		"an order waits exactly while a case is open": `SELECT o.id FROM orders o LEFT JOIN aftersale_case c ON c.order_id = o.id AND c.closed_at IS NULL
			GROUP BY o.id HAVING o.open_cases <> count(c.id)`,
		"the movements add up to the level": `SELECT l.sku_id FROM stock_level l LEFT JOIN stock_movement m USING (sku_id)
			GROUP BY l.sku_id, l.on_hand, l.reserved
			HAVING l.on_hand <> coalesce(sum(m.on_hand_delta), 0) OR l.reserved <> coalesce(sum(m.reserved_delta), 0)`,
		"a level is what lies in its places": `SELECT l.sku_id FROM stock_level l LEFT JOIN (SELECT sku_id, sum(on_hand) AS n FROM stock_away GROUP BY 1) a USING (sku_id)
			WHERE l.away_on_hand <> coalesce(a.n, 0)`,
		"a place is what its movements say": `SELECT a.sku_id FROM stock_away a WHERE a.on_hand <> (SELECT coalesce(sum(m.on_hand_delta), 0) FROM stock_movement m
			WHERE m.sku_id = a.sku_id AND m.location_id = a.location_id)`,
		"a case's lines say what its money was": `SELECT c.id FROM aftersale_case c JOIN aftersale_line a ON a.case_id = c.id WHERE c.status = 'refunded'
			GROUP BY c.id HAVING sum(a.refund_fen) <> least(c.amount_fen, c.share_fen)`,
		"the thread ends where the case stands": `SELECT c.id FROM aftersale_case c WHERE c.status <> (SELECT m.to_status FROM aftersale_message m WHERE m.case_id = c.id ORDER BY m.id DESC LIMIT 1)`,
		"what has a deadline has a timer":       `SELECT c.id FROM aftersale_case c WHERE (c.due_at IS NOT NULL AND c.closed_at IS NULL) <> EXISTS (SELECT 1 FROM platform.timer x WHERE x.key = c.case_no AND x.topic = 'aftersale.due')`,
	} {
		var ids []int64
		err := s.DB.InTenant(s.t.Context(), s.Tenant.ID, func(tx tenantdb.Tx) error {
			rows, err := tx.Query(s.t.Context(), sql)
			if err != nil {
				return err
			}
			ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
			return err
		})
		if err != nil || len(ids) > 0 {
			t.Errorf("%s: %v %v", name, ids, err)
		}
	}
}
