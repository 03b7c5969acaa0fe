package channeltest

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"galleria/payments"
)

// bills fetches and reads every bill of a day with two payments and a refund.
func (h Harness) bills(t *testing.T) {
	reader, ok := h.Channel.(payments.BillReader)
	if !ok || h.Backdate == nil {
		t.Skip("no bills")
	}
	today := h.CreatedAt.In(time.FixedZone("CST", 8*60*60))
	// A day of its own: a provider may be shared by the scenes.
	ago := 2 + slices.Index([]payments.Scene{payments.MiniProgram, payments.Web, payments.App, payments.PC, payments.QR}, h.Scene)
	day := time.Date(today.Year(), today.Month(), today.Day()-ago, 0, 0, 0, 0, time.UTC)
	from, until := reader.BillSpan(day)
	if until.Sub(from) != 24*time.Hour || reader.BillReady(day).Before(until) || reader.BillReady(day).After(until.Add(24*time.Hour)) {
		t.Errorf("the day is from %s until %s, its bill ready at %s", from, until, reader.BillReady(day))
	}
	empty := day.AddDate(0, 0, -30)
	for _, kind := range reader.Bills() {
		_, err := reader.FetchBill(t.Context(), h.Account, kind, empty, &bytes.Buffer{})
		want(t, string(kind)+" of a day without trades", err, payments.ErrBillNone)
	}

	paid := map[string]string{}
	var refunded string
	for range 2 {
		no, p := h.begin(t)
		paid[no] = h.Pay(t, p)
		if refunded == "" {
			refunded = h.NewNumber()
			_, err := h.Channel.Refund(t.Context(), h.Account, payments.RefundRequest{
				OutTradeNo: no, TransactionID: paid[no], OutRefundNo: refunded, Reason: "账单", RefundFen: 234, TotalFen: amount, NotifyURL: h.NotifyURL,
			})
			if err != nil {
				t.Fatalf("refund: %v", err)
			}
			h.untilRefunded(t, no, refunded)
		}
		h.Backdate(t, no, from.Add(13*time.Hour))
	}
	for _, kind := range reader.Bills() {
		file := h.fetchBill(t, reader, kind, day)
		h.readBill(t, reader, kind, day, file, paid, refunded)
		h.hostileBills(t, reader, kind, day, file)
	}
}

func (h Harness) fetchBill(t *testing.T, reader payments.BillReader, kind payments.BillKind, day time.Time) []byte {
	t.Helper()
	var first, second bytes.Buffer
	name, err := reader.FetchBill(t.Context(), h.Account, kind, day, &first)
	if err != nil || name == "" {
		t.Fatalf("%s: %q %v", kind, name, err)
	}
	if _, err := reader.FetchBill(t.Context(), h.Account, kind, day, &second); err != nil {
		t.Fatalf("%s again: %v", kind, err)
	}
	return first.Bytes()
}

// readBill wants every movement once, and the fees of the two payments.
func (h Harness) readBill(t *testing.T, reader payments.BillReader, kind payments.BillKind, day time.Time, file []byte, paid map[string]string, refunded string) {
	t.Helper()
	from, until := reader.BillSpan(day)
	seen := movements{kind: kind, paid: paid, refunded: refunded, payments: map[string]bool{}}
	err := reader.ReadBill(h.Account, kind, day, bytes.NewReader(file), int64(len(file)), func(l payments.BillLine) error {
		if l.Kind != payments.SettlementLine && (l.At.Before(from) || !l.At.Before(until) || !l.Final) {
			t.Errorf("%s: a line of %s, final %v", kind, l.At, l.Final)
		}
		seen.add(t, l)
		return nil
	})
	if err != nil {
		t.Fatalf("read %s: %v", kind, err)
	}
	seen.complete(t)
	stop := errors.New("enough")
	err = reader.ReadBill(h.Account, kind, day, bytes.NewReader(file), int64(len(file)), func(payments.BillLine) error { return stop })
	want(t, string(kind)+" whose reader stops", err, stop)
}

// movements is what was read of a bill so far, beside what it should have.
type movements struct {
	kind     payments.BillKind
	paid     map[string]string // the provider's numbers by ours
	refunded string
	payments map[string]bool // that were read
	refunds  int
	fees     int64 // thousandths of a fen
}

// add wants a line to be about what was done, and every payment once.
func (m *movements) add(t *testing.T, l payments.BillLine) {
	t.Helper()
	switch l.Kind {
	case payments.PaymentLine:
		if m.paid[l.OwnNo] == "" || m.paid[l.OwnNo] != l.ProviderNo || l.AmountFen != amount || m.payments[l.OwnNo] {
			t.Errorf("%s: payment %+v", m.kind, l)
		}
		m.payments[l.OwnNo] = true
	case payments.RefundLine:
		m.refunds++
		if l.AmountFen != 234 || (m.kind == payments.TradeBill && (l.OwnNo != m.refunded || l.PaymentNo == "")) {
			t.Errorf("%s: refund %+v", m.kind, l)
		}
	case payments.FeeLine:
		m.fees -= int64(l.AmountFen) * 1000
	case payments.SettlementLine, payments.OtherLine:
	}
	m.fees += l.FeeMilli
}

// complete wants nothing to be missing, and fees that somebody would charge.
func (m *movements) complete(t *testing.T) {
	t.Helper()
	const most = 2 * int64(amount*6+500) / 1000 * 1000
	if len(m.payments) != 2 || m.refunds != 1 || m.fees <= 0 || m.fees > most {
		t.Errorf("%s: %d payments, %d refunds, fees of %d", m.kind, len(m.payments), m.refunds, m.fees)
	}
}

// hostileBills wants a file refused as a whole that is broken, or somebody else's.
func (h Harness) hostileBills(t *testing.T, reader payments.BillReader, kind payments.BillKind, day time.Time, file []byte) {
	t.Helper()
	read := func(acc payments.Account, file []byte) error {
		return reader.ReadBill(acc, kind, day, bytes.NewReader(file), int64(len(file)), func(payments.BillLine) error { return nil })
	}
	flipped := bytes.Clone(file)
	flipped[len(flipped)/3] ^= 0x55
	for name, bad := range map[string][]byte{
		"empty": nil, "cut": file[:len(file)/2], "one bit": flipped, "a page": []byte("<html><body>502 Bad Gateway</body></html>"),
	} {
		want(t, string(kind)+", "+name, read(h.Account, bad), payments.ErrBillMalformed)
	}
	if kind == payments.TradeBill {
		other := h.Account
		other.MerchantNo = "9" + other.MerchantNo[1:]
		want(t, "the bill of another merchant", read(other, file), payments.ErrBillMalformed)
	}
}
