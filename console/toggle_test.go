package console_test

import (
	"sync"
	"testing"
	"time"

	"galleria/console/authz"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// T021: a permission is toggled two hundred times while twenty clients use it on two
// processes; no decision is wrong for longer than five seconds, and none is torn.
func TestT021_ToggledPermission(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	shop := d.env.Tenant
	d.env.Owner(t, "INSERT INTO platform.role (tenant_id, code, name, permissions) VALUES ($1, 'own_toggle', '开关', '{order.read}')", shop.ID.String())
	someone := d.hire(t, shop, "own_toggle")
	far := tenanttest.Attach(t, d.env.OwnerURL)
	enforcers := []*authz.Enforcer{
		authz.New(authz.Deps{DB: d.env.DB, Now: time.Now}), authz.New(authz.Deps{DB: far.DB, Now: time.Now}),
	}
	toggles := newToggles()
	done := make(chan struct{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	asked, wrong := 0, 0
	for client := range 20 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(5 * time.Millisecond):
				}
				began := time.Now()
				granted, err := enforcers[client%2].Granted(t.Context(), shop.ID, someone.ID)
				if err != nil {
					continue // an unreadable policy denies
				}
				mu.Lock()
				asked++
				if !toggles.possible(granted[authz.ProductRead], began, time.Now()) || !granted[authz.OrderRead] {
					wrong++
				}
				mu.Unlock()
			}
		})
	}
	for i := range 200 {
		on := i%2 == 0
		toggles.begin(on)
		setToggle(t, d.env.DB, shop.ID, on)
		toggles.end()
		if i%20 == 19 { // a state that lasts has to be seen
			time.Sleep(authz.CacheFor + 200*time.Millisecond)
			for n, e := range enforcers {
				if got, err := e.Allowed(t.Context(), shop.ID, someone.ID, authz.ProductRead); err != nil || got != on {
					t.Errorf("process %d after toggle %d: %t, %v; want %t", n, i, got, err, on)
				}
			}
		}
	}
	close(done)
	wg.Wait()
	if wrong > 0 || asked < 1000 {
		t.Errorf("%d of %d decisions wrong, want none of many", wrong, asked)
	}
}

func setToggle(t *testing.T, db *tenantdb.DB, shop tenant.ID, on bool) {
	t.Helper()
	codes := []string{"order.read"}
	if on {
		codes = append(codes, "product.read")
	}
	err := db.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE platform.role SET permissions = $1 WHERE tenant_id = $2 AND code = 'own_toggle'", codes, shop.String())
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// toggles is the history of the permission, for judging an answer.
type toggles struct {
	mu     sync.Mutex
	states []toggle
}

// toggle is one state: it may have held from begun on, and may be seen until five seconds
// after the next one has surely been stored.
type toggle struct {
	on     bool
	begun  time.Time
	stored time.Time // zero while under way
}

func newToggles() *toggles {
	long := time.Now().Add(-time.Hour)
	return &toggles{states: []toggle{{on: false, begun: long, stored: long}}}
}

func (h *toggles) begin(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states = append(h.states, toggle{on: on, begun: time.Now()})
}

func (h *toggles) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states[len(h.states)-1].stored = time.Now()
}

// possible tells whether some state that gives this answer could still be believed
// between the two moments.
func (h *toggles) possible(answer bool, from, to time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, s := range h.states {
		if s.on != answer || s.begun.After(to) {
			continue
		}
		if i == len(h.states)-1 || h.states[i+1].stored.IsZero() || from.Sub(h.states[i+1].stored) <= 5*time.Second {
			return true
		}
	}
	return false
}
