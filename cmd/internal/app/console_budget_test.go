package app_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"galleria/cmd/internal/app"
)

// T110: the console over an address's budget answers with a page that says when to come
// again, whatever headers say about the address; callbacks and the API go on.
func TestT110ConsoleBudgetIsAnsweredWithAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *app.Config) { c.ConsoleRate = 1 }) // five at once
	statuses := map[int]int{}
	for i := range 20 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.base+"/console/login", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP"} {
			req.Header.Set(name, "203.0.113."+itoa(int64(i)))
		}
		res, err := w.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		statuses[res.StatusCode]++
		if res.StatusCode == http.StatusTooManyRequests && (res.Header.Get("Retry-After") == "" || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") || !strings.Contains(string(page), "<html")) {
			t.Errorf("a refusal with Retry-After %q and type %q", res.Header.Get("Retry-After"), res.Header.Get("Content-Type"))
		}
	}
	if statuses[http.StatusOK] < 5 || statuses[http.StatusTooManyRequests] < 10 {
		t.Errorf("statuses %v, want about five pages and the rest refused", statuses)
	}
	b := w.login(w.openShop("calm", 5), "C1")
	b.must(http.StatusOK, http.MethodGet, "/me", nil, nil)
}
