package cart_test

import (
	"fmt"
	"testing"

	"galleria/commerce/cart"
)

func TestSwitch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m, other := w.member(t, "openid-a"), w.member(t, "openid-b")
	w.put(t, m, w.skus[0], 4)
	w.put(t, m, w.skus[1], 3)
	w.put(t, other, w.skus[0], 7)
	stranger := w.sell(t, 1)
	do := func(in cart.SwitchInput) error {
		_, err := w.Switch(t.Context(), w.id, m, in)
		return err
	}
	want := func(want map[int64]int) {
		t.Helper()
		if got, _ := w.lines(t, m); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got lines %v, want %v", got, want)
		}
	}
	if err := do(cart.SwitchInput{From: w.skus[0], To: w.skus[2]}); err != nil {
		t.Fatal(err)
	}
	want(map[int64]int{w.skus[2]: 4, w.skus[1]: 3})
	if err := do(cart.SwitchInput{From: w.skus[2], To: w.skus[1], Qty: 5}); err != nil {
		t.Fatal(err)
	}
	want(map[int64]int{w.skus[1]: 8})
	wantCode(t, do(cart.SwitchInput{From: w.skus[2], To: w.skus[0]}), "NOT_FOUND") // again, and another's line
	wantCode(t, do(cart.SwitchInput{From: w.skus[1], To: w.skus[1]}), "VALIDATION")
	wantCode(t, do(cart.SwitchInput{From: w.skus[1], To: stranger[0]}), "VALIDATION")
	wantCode(t, do(cart.SwitchInput{From: w.skus[1], To: 99_999}), "VALIDATION")
	w.Owner(t, fmt.Sprintf("UPDATE %s.sku SET enabled = false WHERE id = $1", w.id), w.skus[3])
	wantCode(t, do(cart.SwitchInput{From: w.skus[1], To: w.skus[3]}), "SKU_UNAVAILABLE")
	want(map[int64]int{w.skus[1]: 8})
	w.put(t, m, w.skus[0], cart.MaxQty)
	if err := do(cart.SwitchInput{From: w.skus[0], To: w.skus[1]}); err != nil {
		t.Fatal(err)
	}
	want(map[int64]int{w.skus[1]: cart.MaxQty})
	if got, _ := w.lines(t, other); got[w.skus[0]] != 7 {
		t.Errorf("another member's cart is %v", got)
	}
}

// TestStatesOfLimits: the pieces of a product count in all its variants together.
func TestStatesOfLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.member(t, "openid-a")
	w.put(t, m, w.skus[0], 2)
	w.put(t, m, w.skus[1], 2)
	state := func(minQty, perOrder, lifetime int) cart.State {
		t.Helper()
		w.Owner(t, fmt.Sprintf("UPDATE %s.spu SET min_qty = %d, max_per_order = %d, max_lifetime = %d", w.id, minQty, perOrder, lifetime))
		c, err := w.Get(t.Context(), w.id, m)
		if err != nil {
			t.Fatal(err)
		}
		if c.Items[0].State != c.Items[1].State {
			t.Errorf("%s and %s, want both alike", c.Items[0].State, c.Items[1].State)
		}
		return c.Items[0].State
	}
	for _, c := range []struct {
		minQty, perOrder, lifetime int
		want                       cart.State
	}{{4, 0, 0, cart.OK}, {5, 0, 0, cart.BelowMin}, {1, 4, 0, cart.OK}, {1, 3, 0, cart.OverLimit}, {1, 0, 3, cart.OverLimit}} {
		if got := state(c.minQty, c.perOrder, c.lifetime); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	w.Owner(t, fmt.Sprintf("UPDATE %s.spu SET status = 'recycled', recycled_at = now()", w.id))
	c, err := w.Get(t.Context(), w.id, m)
	if err != nil || c.Items[0].State != cart.Deleted {
		t.Errorf("%+v %v, want deleted", c.Items, err)
	}
}
