package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the provider's protocol
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/money"
)

const (
	billHour     = 10 // of the morning after
	billMaking   = 9  // from then on it is being made
	billLinkLife = 5 * time.Minute
	billMonths   = 3
)

// billLink is a bill that somebody may fetch.
type billLink struct {
	mchid  string
	packed []byte
	madeAt time.Time
}

// billLine is a movement of money of one merchant.
type billLine struct {
	charge Charge
	refund *Refund
	at     time.Time
	fee    int64 // thousandths of a fen; negative was given back
	amount money.Fen
	extra  string // the business of a line that is about no payment
}

func beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }

// bill is GET /v3/bill/tradebill, fundflowbill and sub-merchant-fundflowbill; names are the
// options that the kind of bill has besides those of all. A service provider's bills are of
// one of its merchants, or the trades of all of them.
func (s *Server) bill(names ...string) payHandler {
	return func(call *payCall) (int, any, error) {
		q := call.r.URL.Query()
		if refusal := checkBillQuery(q, names); refusal != nil {
			return 0, nil, refusal
		}
		who, refusal := s.billParty(call, q.Get("sub_mchid"), names)
		if refusal != nil {
			return 0, nil, refusal
		}
		day, err := time.ParseInLocation(time.DateOnly, q.Get("bill_date"), beijing())
		now := s.now().In(beijing())
		if err != nil || day.Format(time.DateOnly) != q.Get("bill_date") || !day.AddDate(0, 0, 1).Before(now) || day.Before(now.AddDate(0, -billMonths, 0)) {
			return 0, nil, &Refusal{Status: http.StatusBadRequest, Code: "PARAM_ERROR", Message: "账单日期不合法", Detail: &Detail{Location: "query", Field: "/bill_date", Value: q.Get("bill_date"), Issue: "a day before today, within three months"}}
		}
		ready := time.Date(day.Year(), day.Month(), day.Day()+1, billHour, 0, 0, 0, beijing())
		if now.Before(ready) || call.fault.Is(ModeLate) {
			return 0, nil, payError("STATEMENT_CREATING")
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		lines := bendLines(call.fault, s.billLines(who, day))
		if len(lines) == 0 {
			return 0, nil, payError("NO_STATEMENT_EXIST")
		}
		packed := q.Get("tar_type") == "GZIP"
		switch {
		case slices.Contains(names, "algorithm"):
			return s.offerSealed(call, fundBillText(lines), packed)
		case slices.Contains(names, "account_type"):
			return s.offer(call, fundBillText(lines), packed)
		}
		return s.offer(call, tradeBillText(lines), packed)
	}
}

// billParty is whose bill is asked for. Only trades are listed for all of a service
// provider's merchants at once: then who has no mchid.
func (s *Server) billParty(call *payCall, subMchID string, names []string) (party, *Refusal) {
	s.mu.Lock()
	provides := s.provides(call.keys.MchID)
	s.mu.Unlock()
	sealed, trades := slices.Contains(names, "algorithm"), slices.Contains(names, "bill_type")
	switch {
	case subMchID != "" && (sealed || trades):
		return s.partner(call, "query", call.keys.MchID, subMchID)
	case sealed:
		return party{}, badField("query", "sub_mchid", "", "required")
	case subMchID != "":
		return party{}, badField("query", "sub_mchid", subMchID, "unknown parameter")
	case provides && trades:
		return party{spMchID: call.keys.MchID}, nil
	}
	return party{mchid: call.keys.MchID}, nil
}

// checkBillQuery refuses parameters that are not played; options are those that only this
// kind of bill has.
func checkBillQuery(q url.Values, options []string) *Refusal {
	for name, values := range q {
		allowed := map[string][]string{
			"bill_date": nil, "sub_mchid": nil, "bill_type": {"ALL"}, "account_type": {"BASIC"}, "algorithm": {algorithmGCM}, "tar_type": {"GZIP"},
		}[name]
		known := name == "bill_date" || name == "tar_type" || name == "sub_mchid" || slices.Contains(options, name)
		if !known || len(values) != 1 || (allowed != nil && values[0] != allowed[0]) {
			return &Refusal{Status: http.StatusBadRequest, Code: "PARAM_ERROR", Message: "参数错误", Detail: &Detail{Location: "query", Field: "/" + name, Value: q.Get(name), Issue: "not played, or not a value"}}
		}
	}
	return nil
}

// offer keeps a bill where it can be fetched for a while. s.mu must be held.
func (s *Server) offer(call *payCall, text string, pack bool) (int, any, error) {
	sum := sha1.Sum([]byte(text)) //nolint:gosec // the provider's protocol
	packed := []byte(text)
	if pack {
		packed = zipped(packed)
	}
	if call.fault.Is(ModeCorruptFile) {
		packed = flipMiddle(packed)
		if pack { // what still unpacks, and is something else
			packed = zipped([]byte(strings.Replace(text, "`", "`9", 1)))
		}
	}
	return http.StatusOK, billOffer{"SHA1", hex.EncodeToString(sum[:]), s.link(call, packed)}, nil
}

// billOffer says where a bill lies.
type billOffer struct {
	HashType    string `json:"hash_type"`
	HashValue   string `json:"hash_value"`
	DownloadURL string `json:"download_url"`
}

// sealedOffer says where a part of a sealed bill lies, and what opens it.
type sealedOffer struct {
	billOffer
	Sequence int    `json:"bill_sequence"`
	Key      string `json:"encrypt_key"`
	Nonce    string `json:"nonce"`
}

// link keeps a file for who asked. s.mu must be held.
func (s *Server) link(call *payCall, file []byte) string {
	token := s.letters(40)
	s.bills[token] = billLink{mchid: call.keys.MchID, packed: file, madeAt: s.now()}
	return "https://api.mch.weixin.qq.com/v3/billdownload/file?token=" + token
}

// offerSealed keeps a bill in two parts, each sealed with a key of its own that only the
// asking merchant's private key opens. s.mu must be held.
func (s *Server) offerSealed(call *payCall, text string, pack bool) (int, any, error) {
	var parts []sealedOffer
	cut := len(text) / 2
	cut += strings.IndexByte(text[cut:], '\n') + 1
	for i, part := range []string{text[:cut], text[cut:]} {
		sum := sha1.Sum([]byte(part)) //nolint:gosec // the provider's protocol
		packed := []byte(part)
		if pack {
			packed = zipped(packed)
		}
		key, nonce := s.letters(32), s.letters(gcmNonceSize)
		sealed, err := seal(key, nonce, "", packed)
		if err != nil {
			return 0, nil, err
		}
		file, err := base64.StdEncoding.DecodeString(sealed)
		if err != nil {
			return 0, nil, fmt.Errorf("sealed bill: %w", err)
		}
		if call.fault.Is(ModeCorruptFile) {
			file = flipMiddle(file)
		}
		sealedKey, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, call.keys.verify, []byte(key), nil) //nolint:gosec // the provider's protocol
		if err != nil {
			return 0, nil, fmt.Errorf("seal the key of a bill: %w", err)
		}
		parts = append(parts, sealedOffer{
			billOffer{"SHA1", hex.EncodeToString(sum[:]), s.link(call, file)}, i + 1, base64.StdEncoding.EncodeToString(sealedKey), nonce,
		})
	}
	return http.StatusOK, struct {
		Count int           `json:"download_bill_count"`
		Parts []sealedOffer `json:"download_bill_list"`
	}{len(parts), parts}, nil
}

// downloadBill is GET /v3/billdownload/file: a signed request, an answer without signature.
func (s *Server) downloadBill(w http.ResponseWriter, r *http.Request) {
	call, refusal := s.authorize(r)
	if refusal != nil {
		s.refuse(w, r, refusal)
		return
	}
	call.fault = s.faults.Take(TargetBillFile, call.keys.MchID)
	if refusal := s.faultBefore(r.Context(), call.fault, payError); refusal != nil {
		s.refuse(w, r, refusal)
		return
	}
	s.mu.Lock()
	link, ok := s.bills[r.URL.Query().Get("token")]
	s.mu.Unlock()
	if !ok || link.mchid != call.keys.MchID || s.now().Sub(link.madeAt) > billLinkLife {
		s.refuse(w, r, payError("RESOURCE_NOT_EXISTS"))
		return
	}
	body := link.packed
	switch {
	case call.fault.Is(ModeGarbage):
		body = []byte("<html><body>502 Bad Gateway</body></html>")
	case call.fault.Is(ModeTruncated):
		body = body[:len(body)/2]
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

// billLines collects the movements of a party's day. s.mu must be held.
func (s *Server) billLines(who party, day time.Time) (lines []billLine) {
	of := func(spMchID, mchid string) bool {
		return who.owns(spMchID, mchid) || (who.mchid == "" && who.spMchID == spMchID)
	}
	within := func(at time.Time) bool { return !at.IsZero() && !at.Before(day) && at.Before(day.AddDate(0, 0, 1)) }
	for _, key := range s.books.chargeOrder {
		c := s.books.charges[key]
		if of(c.SpMchID, c.MchID) && within(c.PaidAt) {
			lines = append(lines, billLine{charge: c, at: c.PaidAt, amount: c.TotalFen, fee: feeOf(c.TotalFen)})
		}
	}
	for _, key := range s.books.refundOrder {
		r := s.books.refunds[key]
		if of(r.SpMchID, r.MchID) && r.Status == refundSuccess && within(r.SuccessAt) {
			lines = append(lines, billLine{charge: s.books.charges[pair{r.MchID, r.OutTradeNo}], refund: &r, at: r.SuccessAt, amount: r.RefundFen, fee: -feeOf(r.RefundFen)})
		}
	}
	return lines
}

// feeOf is the provider's six in a thousand, to the fen.
func feeOf(amount money.Fen) int64 { return int64((amount*6+500)/1000) * 1000 }

// bendLines is what a fault does to a bill. Its value is the number of the line; the first
// line otherwise.
func bendLines(f *Fault, lines []billLine) []billLine {
	if f == nil {
		return lines
	}
	at := 0
	for i, l := range lines {
		if f.Value != "" && (l.refund == nil && l.charge.OutTradeNo == f.Value || l.refund != nil && l.refund.OutRefundNo == f.Value) {
			at = i
		}
	}
	if len(lines) == 0 {
		return lines
	}
	switch f.Mode {
	case ModeRowMissing:
		return append(lines[:at:at], lines[at+1:]...)
	case ModeRowExtra:
		extra := lines[at]
		extra.refund, extra.charge.OutTradeNo, extra.charge.TransactionID = nil, "STRANGER"+lines[at].charge.OutTradeNo[8:], "9"+lines[at].charge.TransactionID[1:]
		extra.amount, extra.fee = extra.charge.TotalFen, feeOf(extra.charge.TotalFen)
		return append(lines, extra)
	case ModeRowAmount:
		lines[at].amount++
	case ModeRowFee:
		lines[at].fee += 1000
	case ModePayout:
		return append(lines, billLine{at: lines[at].at, amount: 100, extra: "提现"}, billLine{at: lines[at].at, amount: 30, extra: "充值"})
	}
	return lines
}

func milliText(milli int64) string {
	sign := ""
	if milli < 0 {
		sign, milli = "-", -milli
	}
	return fmt.Sprintf("%s%d.%05d", sign, milli/100000, milli%100000)
}

func yuanText(fen money.Fen) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

func ticked(b *strings.Builder, cells ...string) {
	for i, c := range cells {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("`" + strings.ReplaceAll(c, ",", `\ `))
	}
	b.WriteString("\r\n")
}

func tradeBillText(lines []billLine) string {
	var b strings.Builder
	b.WriteString("\ufeff交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n")
	var count int
	var orders, refunds money.Fen
	var fees int64
	for _, l := range lines {
		if l.extra != "" {
			continue
		}
		count, fees = count+1, fees+l.fee
		state, order, back := "SUCCESS", l.amount, money.Fen(0)
		var refundID, outRefundNo, refundType, refundState string
		if l.refund != nil {
			state, order, back = "REFUND", 0, l.amount
			refundID, outRefundNo, refundType, refundState = l.refund.RefundID, l.refund.OutRefundNo, "ORIGINAL", "SUCCESS"
		}
		orders, refunds = orders+order, refunds+back
		appID, mchid, subMchID := l.charge.AppID, l.charge.MchID, "0"
		if l.charge.SpMchID != "" {
			appID, mchid, subMchID = l.charge.SpAppID, l.charge.SpMchID, l.charge.MchID
		}
		ticked(&b, l.at.In(beijing()).Format(time.DateTime), appID, mchid, subMchID, "", l.charge.TransactionID, l.charge.OutTradeNo, l.charge.OpenID,
			l.charge.TradeType, state, "OTHERS", "CNY", yuanText(order), "0.00", refundID, outRefundNo, yuanText(back), "0.00", refundType, refundState,
			l.charge.Description, l.charge.Attach, milliText(l.fee), "0.60%", yuanText(order), yuanText(back), "")
	}
	b.WriteString("总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n")
	ticked(&b, strconv.Itoa(count), yuanText(orders), yuanText(refunds), "0.00", milliText(fees), yuanText(orders), yuanText(refunds))
	return b.String()
}

func fundBillText(lines []billLine) string {
	var b strings.Builder
	b.WriteString("记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,资金变更提交申请人,备注,业务凭证号\r\n")
	var in, out, number int
	var inFen, outFen, balance money.Fen
	move := func(l billLine, id, own, business string, amount money.Fen) {
		way := "收入"
		if number++; amount < 0 {
			way, out, outFen = "支出", out+1, outFen-amount
		} else {
			in, inFen = in+1, inFen+amount
		}
		balance += amount
		size, rest := amount, yuanText(max(balance, 0))
		if size < 0 {
			size = -size
		}
		flow := l.at.Format("20060102") + fmt.Sprintf("%s%06d", id[max(0, len(id)-12):], number)
		ticked(&b, l.at.In(beijing()).Format(time.DateTime), id, flow, business, business, way, yuanText(size), rest, "system", "", own)
	}
	for _, l := range lines {
		id, own, business, amount := l.charge.TransactionID, l.charge.OutTradeNo, "交易", l.amount
		if l.refund != nil {
			id, own, business, amount = l.refund.RefundID, l.refund.OutRefundNo, "退款", -l.amount
		}
		switch l.extra {
		case "提现":
			id, own, business, amount = "1900000000000001", "", l.extra, -l.amount
		case "充值":
			id, own, business, amount = "1900000000000002", "", l.extra, l.amount
		}
		move(l, id, own, business, amount)
		if l.fee != 0 {
			move(l, id, own, "扣除交易手续费", money.Fen(-l.fee/1000))
		}
	}
	b.WriteString("资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n")
	ticked(&b, strconv.Itoa(number), strconv.Itoa(in), yuanText(inFen), strconv.Itoa(out), yuanText(outFen))
	return b.String()
}
