package web_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/web/middleware"
	"galleria/web/miniapi"
)

// T110: the API is taken, every place of it and every connection of the shop's lane. A
// callback of that very shop is answered and counts; API calls that find no room are told
// when to come again; the console has room of its own.
func TestT110CallbacksAreAnsweredWhileTheAPIIsTaken(t *testing.T) {
	t.Parallel()
	const apiPlaces = 4
	h := newHouse(t, func(s *settings) {
		s.places = middleware.NewPlaces(map[middleware.Class]int{middleware.ClassAPI: apiPlaces, middleware.ClassCallback: 4, middleware.ClassConsole: 4})
		s.options = append(s.options, tenanttest.WithConfig(func(c *tenantdb.Config) { c.LaneConns = apiPlaces }))
	})
	s := h.open(t, h.Tenant, 1)
	h.merchant(t, s, "1900000301")
	header, body := h.genuine(t, s, "1900000301")
	buyers := make([]*client, 3*apiPlaces)
	for i := range buyers {
		buyers[i] = h.login(t, s, "o-storm-"+id(int64(i)))
	}
	// Whoever writes waits for this transaction, which holds the shop's carts.
	release, held := make(chan struct{}), make(chan struct{})
	var storm sync.WaitGroup
	storm.Go(func() {
		// As any other: the reserve is what the callbacks are to find free.
		err := h.DB.InTenant(context.WithoutCancel(t.Context()), s.ID, func(tx tenantdb.Tx) error {
			if _, err := tx.Exec(t.Context(), "LOCK TABLE cart_line IN ACCESS EXCLUSIVE MODE"); err != nil {
				return err
			}
			close(held)
			<-release
			return nil
		})
		if err != nil {
			t.Errorf("hold the carts: %v", err)
		}
	})
	<-held
	stop := make(chan struct{})
	var mu sync.Mutex
	statuses, silent := map[int]int{}, 0
	for _, b := range buyers {
		storm.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got := b.call(t, http.MethodGet, "/cart", nil)
				mu.Lock()
				statuses[got.status]++
				if got.status == http.StatusServiceUnavailable && got.header.Get("Retry-After") == "" {
					silent++
				}
				mu.Unlock()
			}
		})
	}
	eventually(t, "the API is taken", func() bool { return h.places.State()[0].Taken == apiPlaces && h.places.State()[0].Waiting > 0 })
	began := time.Now()
	const repeats = 10
	for range repeats {
		if got := h.notice(t, "/notify/wechat/"+s.account, header, body); got.status != http.StatusOK && got.status != http.StatusNoContent {
			t.Errorf("callback in the storm: %d %s", got.status, got.body)
		}
	}
	took := time.Since(began) / repeats
	if h.places.State()[0].Taken == 0 {
		t.Error("the storm was over before the callbacks were answered")
	}
	if n := h.succeeded(t, s); n != 1 {
		t.Errorf("%d payments succeeded, want 1", n)
	}
	eventually(t, "API calls are sent away", func() bool { return h.places.State()[0].Refused > 0 })
	close(stop)
	close(release)
	storm.Wait()
	if silent > 0 || statuses[http.StatusServiceUnavailable] == 0 {
		t.Errorf("statuses of the storm %v, %d of them without Retry-After", statuses, silent)
	}
	t.Logf("a callback took %s while the API answered %v", took, statuses)
}

// T110: one shop at ten times its budget is told so, another shop's buyers are answered
// every time.
func TestT110OneShopsStormIsItsOwn(t *testing.T) {
	t.Parallel()
	const budget = 10
	h := newHouse(t, func(s *settings) { s.limits = miniapi.Limits{Tenant: middleware.Rate{PerSecond: 1, Burst: budget}} })
	h.Clock().Advance(0)
	a, b := h.open(t, h.Tenant, 1), h.open(t, h.OpenShop(t), 1)
	statuses := map[int]int{}
	for i := range 10 * budget {
		got := h.client(a).call(t, http.MethodGet, "/shop", nil, "X-Forwarded-For", "203.0.113."+id(int64(i)), "Forwarded", "for=203.0.113."+id(int64(i)), "X-Real-IP", "198.51.100."+id(int64(i)))
		statuses[got.status]++
		if got.status == http.StatusTooManyRequests && got.header.Get("Retry-After") == "" {
			t.Error("a refusal without Retry-After")
		}
		if i%budget == 0 {
			h.client(b).must(t, http.StatusOK, http.MethodGet, "/shop", nil)
		}
	}
	if statuses[http.StatusOK] != budget || statuses[http.StatusTooManyRequests] != 9*budget {
		t.Errorf("statuses %v, want %d answered and the rest refused", statuses, budget)
	}
}

// T110: what a shop's plan allows its Mini Programs in a minute is the limit, below what the
// installation allows any shop; a new agreement holds as soon as what is remembered of the
// shop is read again, another shop has its own.
func TestT110CallsAMinuteOfThePlan(t *testing.T) {
	t.Parallel()
	const calls = 60
	h := newHouse(t, func(s *settings) { s.limits = miniapi.Limits{Tenant: middleware.Rate{PerSecond: 1000, Burst: 1000}} })
	h.Clock().Advance(0)
	a, b := h.open(t, h.Tenant, 1), h.open(t, h.OpenShop(t), 1)
	agree := func(n int64) {
		t.Helper()
		err := h.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
			return h.Plans.AgreeTx(t.Context(), tx, a.ID, plan.APICalls, plan.Limit{Soft: n, Hard: n}, "test")
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	storm := func(n int) (answered int) {
		t.Helper()
		for range n {
			got := h.client(a).call(t, http.MethodGet, "/shop", nil)
			switch {
			case got.status == http.StatusOK:
				answered++
			case got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "":
				t.Errorf("%d %s", got.status, got.body)
			}
		}
		return answered
	}
	agree(calls)
	h.Clock().Advance(time.Minute)
	eventually(t, "the plan is known", func() bool {
		scope, err := h.Resolver.ByApp(t.Context(), a.app.ID.String())
		return err == nil && scope.CallsPerMinute == calls
	})
	if got := storm(2 * calls); got != calls {
		t.Errorf("%d of %d answered, want %d", got, 2*calls, calls)
	}
	for range 5 {
		h.client(b).must(t, http.StatusOK, http.MethodGet, "/shop", nil)
	}
	agree(2 * calls)
	h.Clock().Advance(time.Minute)
	eventually(t, "the new agreement is known", func() bool {
		scope, err := h.Resolver.ByApp(t.Context(), a.app.ID.String())
		return err == nil && scope.CallsPerMinute == 2*calls
	})
	if got := storm(calls); got != calls {
		t.Errorf("%d of %d answered under the new agreement", got, calls)
	}
}

// T110: budgets of an address, per class; what headers say about it changes nothing.
func TestT110AddressBudgetsPerClass(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(s *settings) {
		rate := middleware.Rate{PerSecond: 1, Burst: 3}
		s.budgets = middleware.Budgets{Address: map[middleware.Class]middleware.Rate{middleware.ClassAPI: rate, middleware.ClassCallback: rate}}
	})
	h.Clock().Advance(0)
	s := h.open(t, h.Tenant, 1)
	spoof := func(i int) http.Header {
		ip := "203.0.113." + id(int64(i))
		return http.Header{"X-Forwarded-For": {ip}, "X-Real-Ip": {ip}, "Forwarded": {"for=" + ip}, "Cf-Connecting-Ip": {ip}, "True-Client-Ip": {ip}}
	}
	api, callbacks := map[int]int{}, map[int]int{}
	for i := range 8 {
		got := h.client(s).call(t, http.MethodGet, "/shop", nil, "X-Forwarded-For", spoof(i).Get("X-Forwarded-For"), "Forwarded", spoof(i).Get("Forwarded"))
		api[got.status]++
		got = h.notice(t, "/notify/wechat/"+strings.Repeat("a", 26), spoof(i), []byte("{}"))
		callbacks[got.status]++
		if got.status == http.StatusTooManyRequests && got.header.Get("Retry-After") != "1" {
			t.Errorf("refusal with Retry-After %q", got.header.Get("Retry-After"))
		}
	}
	if api[http.StatusOK] != 3 || api[http.StatusTooManyRequests] != 5 {
		t.Errorf("the API answered %v", api)
	}
	if callbacks[http.StatusNotFound] != 3 || callbacks[http.StatusTooManyRequests] != 5 {
		t.Errorf("the callbacks' door answered %v", callbacks)
	}
}
