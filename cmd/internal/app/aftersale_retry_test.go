package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"galleria/payments/sandbox"
)

// A refund of a case that its provider closed is asked for again from the refund's page as
// well as from the case's: the case follows to a new number, the money goes back once, and
// nobody brings the first number back.
func TestRefundOfACaseIsRetriedFromItsPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("case-retry", 10)
	b, staff := w.login(s, "小明"), w.signIn(s)
	pages := "/console/" + s.Handle
	orderNo, line := b.paid(1)
	b.sent(orderNo, line, 1)
	caseNo := b.apply(orderNo, "refund", line, 1)
	if err := w.sandbox.Arm(sandbox.Fault{Target: sandbox.TargetRefund, Mode: sandbox.ModeRefundClosed, Match: s.mchID}); err != nil {
		t.Fatal(err)
	}
	staff.submit(pages+"/aftersales/"+caseNo, pages+"/aftersales/"+caseNo+"/act", map[string][]string{"event": {"approve"}, "sure": {"1"}})
	eventually(t, 60*time.Second, "the provider to close the refund", func() bool {
		w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'payments.refund_query' AND due_at > now()", []any{s.ID.String()})
		return b.ofCase(caseNo).Status == "refund_stopped"
	})
	var first string
	w.scan(s, "SELECT out_refund_no FROM refund WHERE status = 'failed'", nil, &first)
	retry := pages + "/refunds/" + first
	staff.submit(retry, retry+"/retry", nil)
	eventually(t, 2*time.Minute, "the minute that the provider wants between two refunds of a payment", func() bool {
		w.owner("UPDATE "+s.ID.String()+".refund SET sent_at = sent_at - interval '61 seconds' WHERE out_refund_no = $1", []any{first})
		w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'payments.refund_query' AND due_at > now()", []any{s.ID.String()})
		return b.ofCase(caseNo).Status == "refunded"
	})
	b.settles(caseNo, int64(s.prices[0]))
	var second string
	w.scan(s, "SELECT out_refund_no FROM aftersale_case WHERE case_no = $1", []any{caseNo}, &second)
	if second == first || second == "" {
		t.Errorf("the case goes on with %q, want another number than %q", second, first)
	}
	if status, page := staff.press(retry, retry+"/retry", nil); status != http.StatusConflict {
		t.Errorf("the first number once more: %d %.300s", status, page)
	}
	for no, want := range map[string]string{first: "CLOSED", second: "SUCCESS"} {
		found := ""
		for _, r := range w.sandbox.Books().Refunds {
			if r.OutRefundNo == no {
				found = r.Status
			}
		}
		if found != want {
			t.Errorf("the provider says of %s: %q, want %s", no, found, want)
		}
	}
	if n := w.count(s, "SELECT count(*) FROM refund WHERE status = 'succeeded'"); n != 1 {
		t.Errorf("%d refunds succeeded, want one", n)
	}
	if page := staff.get(pages + "/refunds/" + second); !strings.Contains(page, caseNo) {
		t.Error("the refund's page does not lead to its case")
	}
}
