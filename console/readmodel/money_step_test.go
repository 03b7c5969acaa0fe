package readmodel_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"galleria/console/readmodel"
)

// Where the money of one payment is, in every state that a shop sees.
func TestMoneySteps(t *testing.T) {
	t.Parallel()
	paid := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	now := paid.Add(30 * time.Hour)
	at := func(hours int) *time.Time { t := paid.Add(time.Duration(hours) * time.Hour); return &t }
	base := func(change func(f *readmodel.MoneyFacts)) readmodel.MoneyFacts {
		f := readmodel.MoneyFacts{OutTradeNo: "T1", Channel: "wechat", Amount: 10000, PaidAt: paid, Told: true}
		change(&f)
		return f
	}
	bill := &readmodel.BillFacts{Day: paid, Settled: 10000, FeeMilli: 60000, Booked: true, EnteredAt: *at(24)}
	told := func(state, fault string, tries int64) *readmodel.UploadFacts {
		return &readmodel.UploadFacts{State: state, Error: fault, Tries: tries, UploadedAt: at(2)}
	}
	for name, c := range map[string]struct {
		facts readmodel.MoneyFacts
		want  []string // kind state why amount
	}{
		"just paid": {base(func(*readmodel.MoneyFacts) {}), []string{
			"paid done  10000", "upload waits not_shipped 10000 frozen", "receipt later  10000 frozen", "settled waits bill_awaited 10000", "fee later fee_with_bill 0",
		}},
		"shipped, nobody told": {base(func(f *readmodel.MoneyFacts) { f.ShippedAt = at(1) }), []string{
			"paid done  10000", "upload waits upload_pending 10000 frozen", "receipt later  10000 frozen", "settled waits bill_awaited 10000", "fee later fee_with_bill 0",
		}},
		"told in vain, tried again": {base(func(f *readmodel.MoneyFacts) { f.Upload = told("pending", "10060012", 3) }), []string{
			"paid done  10000", "upload waits upload_retried 10000 frozen", "receipt later  10000 frozen", "settled waits bill_awaited 10000", "fee later fee_with_bill 0",
		}},
		"refused for good": {base(func(f *readmodel.MoneyFacts) { f.Upload, f.Bill = told("failed", "268485195", 30), bill }), []string{
			"paid done  10000", "upload stuck upload_failed 10000 frozen", "receipt later  10000 frozen", "settled later frozen_upload 10000", "fee done fee_booked 60",
		}},
		"part of it sent": {base(func(f *readmodel.MoneyFacts) { f.Upload = told("partial", "", 1) }), []string{
			"paid done  10000", "upload waits upload_partial 10000 frozen", "receipt later  10000 frozen", "settled waits bill_awaited 10000", "fee later fee_with_bill 0",
		}},
		"on its way to the buyer": {base(func(f *readmodel.MoneyFacts) { f.Upload, f.Bill = told("uploaded", "", 1), bill }), []string{
			"paid done  10000", "upload done  10000", "receipt waits receipt 10000 frozen", "settled later frozen_receipt 10000", "fee done fee_booked 60",
		}},
		"received and settled": {base(func(f *readmodel.MoneyFacts) { f.Upload, f.Bill, f.ReceivedAt = told("uploaded", "", 1), bill, at(20) }), []string{
			"paid done  10000", "upload done  10000", "receipt done  10000", "settled done in_bill 9940", "fee done fee_booked 60",
		}},
		"refunded in part, fee given back in part": {base(func(f *readmodel.MoneyFacts) {
			f.Upload, f.Bill, f.ReceivedAt, f.Refunded = told("uploaded", "", 1), bill, at(20), 5000
			f.Refunds = []readmodel.RefundFacts{
				{OutRefundNo: "R1", Amount: 5000, Status: "succeeded", FeeMilli: -30000, FinishedAt: at(25)},
				{OutRefundNo: "R2", Amount: 100, Status: "waiting", Hold: "balance"},
				{OutRefundNo: "R3", Amount: 200, Status: "refused"},
				{OutRefundNo: "R4", Amount: 300, Status: "waiting", Hold: "spacing"},
				{OutRefundNo: "R5", Amount: 400, Status: "abnormal"},
				{OutRefundNo: "R6", Amount: 500, Status: "awaiting_approval"},
				{OutRefundNo: "R7", Amount: 600, Status: "processing"},
			}
		}), []string{
			"paid done  10000", "upload done  5000", "receipt done  5000", "settled done in_bill 9970", "fee done fee_booked 30",
			"refund done  5000", "refund stuck refund_balance 100", "refund waits refund_spacing 300", "refund stuck refund_abnormal 400",
			"refund waits refund_approval 500", "refund waits refund_processing 600",
		}},
		"refunded before anything was sent": {base(func(f *readmodel.MoneyFacts) {
			f.Refunded, f.Refunds = 10000, []readmodel.RefundFacts{{OutRefundNo: "R1", Amount: 10000, Status: "settled", FinishedAt: at(3)}}
		}), []string{"paid done  10000", "settled waits bill_awaited 10000", "fee later fee_with_bill 0", "refund done  10000"}},
		"Alipay has no upload": {base(func(f *readmodel.MoneyFacts) { f.Channel, f.Told, f.Bill = "alipay", false, bill }), []string{
			"paid done  10000", "settled done in_bill 9940", "fee done fee_booked 60",
		}},
		"UnionPay, fee not in the books yet": {base(func(f *readmodel.MoneyFacts) {
			f.Channel, f.Told, f.Bill = "unionpay", false, &readmodel.BillFacts{Settled: 10000, FeeMilli: 55500, EnteredAt: *at(24)}
		}), []string{"paid done  10000", "settled done in_bill 9944", "fee waits fee_unbooked 56"}},
		"late money": {base(func(f *readmodel.MoneyFacts) { f.Surplus = true }), []string{
			"paid done surplus 10000", "settled waits bill_awaited 10000", "fee later fee_with_bill 0",
		}},
		"bill and books differ": {base(func(f *readmodel.MoneyFacts) { f.Told, f.Bill, f.Unlike = false, bill, 1 }), []string{
			"paid done  10000", "settled stuck difference 1", "fee done fee_booked 60",
		}},
		"the file cannot be believed": {base(func(f *readmodel.MoneyFacts) { f.Told, f.BadBill = false, true }), []string{
			"paid done  10000", "settled stuck bill_malformed 10000", "fee later fee_with_bill 0",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, s := range readmodel.MoneySteps(c.facts, now) {
				line := s.Kind + " " + string(s.State) + " " + s.Why + " " + strconv.FormatInt(int64(s.Amount), 10)
				if s.Frozen {
					line += " frozen"
				}
				got = append(got, line)
				if s.State == readmodel.MoneyDone && s.At == nil {
					t.Errorf("%s is done at no time", s.Kind)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%q\nwant\n%q", got, c.want)
			}
		})
	}
}
