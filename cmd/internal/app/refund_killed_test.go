package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/payments"
	"galleria/tenant/tenanttest"
)

// T073: the process that asks for a refund is killed after the provider has done it and
// before its answer is read. The next one asks about the same number, and the money goes back
// once.
func TestT073_KilledInMidRefund(t *testing.T) {
	t.Parallel()
	done, dead := make(chan struct{}), make(chan struct{})
	w := &world{t: t, idle: true, before: func(w *world) string { return w.holdRefunds(done, dead) }}
	w.on(tenanttest.NewAlone(t).OwnerURL)
	_, kill := w.victim()
	s := w.openShop("killed", 10)
	b := w.login(s, "T073")
	no := b.order(1).OrderNo
	b.pay(no)
	b.waitFor(no, "paid", 30*time.Second)
	made, err := w.Payments.AskRefund(t.Context(), s.ID, payments.AskInput{
		BusinessNo: no, AmountFen: s.prices[0], Reason: payments.ByStaff, Note: "缺货", SourceKind: payments.SourceStaff, SourceNo: "T073", Actor: "staff:1",
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("the provider was not asked")
	}
	kill()
	close(dead)
	if tries := w.count(s, "SELECT tries FROM refund WHERE out_refund_no = $1 AND status IN ('requested', 'processing')", made.OutRefundNo); tries != 1 {
		t.Errorf("the refund was tried %d times before the kill, want once", tries)
	}
	w.process()
	eventually(t, 60*time.Second, "the order closed with its money", func() bool {
		w.owner("UPDATE platform.outbox SET next_at = now() WHERE tenant_id = $1 AND done_at IS NULL AND dead_at IS NULL AND next_at > now()", []any{s.ID.String()})
		w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'payments.refund_query' AND due_at > now()", []any{s.ID.String()})
		time.Sleep(500 * time.Millisecond)
		return b.status(no) == "closed"
	})
	refunds := w.sandbox.Books().Refunds
	if len(refunds) != 1 || refunds[0].OutRefundNo != made.OutRefundNo || refunds[0].RefundFen != s.prices[0] {
		t.Errorf("the provider knows %+v, want one refund %s of %d", refunds, made.OutRefundNo, s.prices[0])
	}
	if n := w.count(s, "SELECT on_hand FROM stock_level WHERE sku_id = $1 AND reserved = 0", s.skus[0]); n != 10 {
		t.Errorf("%d on hand after an unsent order went back whole, want 10", n)
	}
}

// holdRefunds stands before the sandbox: of the first refund it says on done that the
// provider has done it, and keeps the answer until dead.
func (w *world) holdRefunds(done, dead chan struct{}) string {
	w.t.Helper()
	behind, err := url.Parse(w.play)
	if err != nil {
		w.t.Fatal(err)
	}
	var once sync.Once
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(behind) },
		ModifyResponse: func(res *http.Response) error {
			if res.Request.Method == http.MethodPost && strings.HasSuffix(res.Request.URL.Path, "/refund/domestic/refunds") && res.StatusCode == http.StatusOK {
				once.Do(func() {
					close(done)
					<-dead
				})
			}
			return nil
		},
		ErrorHandler: func(rw http.ResponseWriter, _ *http.Request, _ error) { rw.WriteHeader(http.StatusBadGateway) },
	}
	front := httptest.NewServer(proxy)
	w.t.Cleanup(front.Close)
	return front.URL
}
