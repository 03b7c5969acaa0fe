package picture_test

import (
	"errors"
	"testing"
	"time"

	"galleria/commerce/picture"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// T102: what buyers upload and attach to nothing goes, with its storage; what a case shows or
// staff uploaded stays, and so does what was uploaded anew a moment ago.
func TestT102UnattachedUploadsAreSwept(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := serviceOf(env, picture.NewFolder(t.TempDir()))
	take := func(side int, actor string) string {
		t.Helper()
		address, err := s.Take(t.Context(), env.Tenant.ID, picture.TakeInput{Raw: encoded(t, photo(side, 300), "jpeg"), Name: "a.jpg", Actor: actor})
		if err != nil {
			t.Fatal(err)
		}
		return address
	}
	lost, shown, again, staff := take(300, "member:7"), take(400, "member:7"), take(500, "member:7"), take(600, "staff:1")
	env.InTenant(t, func(tx tenantdb.Tx) error {
		for _, sql := range []string{
			`INSERT INTO member (nickname) VALUES ('小明')`,
			`INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, payable_fen, address, expires_at, placed_at, paid_at) VALUES ('O000000001', 1, 'wx', 'paid', 100, 100, '{}', now(), now(), now())`,
			`INSERT INTO aftersale_case (case_no, order_id, order_no, member_id, app_id, kind, status, reason, share_fen, freight_fen, amount_fen, unsent, test, opened_by, opened_at)
			 VALUES ('S2611220000AA', 1, 'O000000001', 1, 'wx', 'refund', 'requested', 'other', 100, 0, 100, true, false, 'member:1', now())`,
		} {
			if _, err := tx.Exec(t.Context(), sql); err != nil {
				return err
			}
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO aftersale_message (case_id, at, actor, event, to_status, pictures) VALUES (1, now(), 'member:1', 'apply', 'requested', ARRAY[$1::text])`, shown)
		if err == nil {
			_, err = tx.Exec(t.Context(), "UPDATE picture SET uploaded_at = uploaded_at - interval '49 hours'")
		}
		return err
	})
	if got := take(500, "member:8"); got != again {
		t.Fatalf("one file has the addresses %s and %s", got, again)
	}
	for i, want := range []int{1, 0} {
		if n, err := s.SweepUnattached(t.Context(), env.Tenant.ID); err != nil || n != want {
			t.Errorf("run %d swept %d, %v, want %d", i, n, err, want)
		}
	}
	env.InTenant(t, func(tx tenantdb.Tx) error {
		for address, want := range map[string]bool{lost: false, shown: true, again: true, staff: true} {
			var there bool
			if err := tx.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM picture WHERE $1 = '/media/shop/' || key)", address).Scan(&there); err != nil {
				return err
			}
			if there != want {
				t.Errorf("%s is kept: %t, want %t", address, there, want)
			}
		}
		return nil
	})
	if used(t, env) != stored(t, env) {
		t.Errorf("%d bytes counted, %d kept", used(t, env), stored(t, env))
	}
}

// T102: what one uploads in a day is bounded; tomorrow there is room again.
func TestT102UploadsOfADayAreBounded(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := serviceOf(env, picture.NewFolder(t.TempDir()))
	take := func(side int) error {
		_, err := s.Take(t.Context(), env.Tenant.ID, picture.TakeInput{Raw: encoded(t, photo(side, 300), "jpeg"), Actor: "member:7", MostPerDay: 2})
		return err
	}
	for _, side := range []int{300, 400, 400} { // the same again is none more
		if err := take(side); err != nil {
			t.Fatal(err)
		}
	}
	if err := take(500); !errors.Is(err, picture.ErrTooMany) {
		t.Errorf("one more: %v, want PICTURE_TOO_MANY", err)
	}
	env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE picture SET uploaded_at = uploaded_at - $1::interval", 25*time.Hour)
		return err
	})
	if err := take(500); err != nil {
		t.Errorf("a day later: %v", err)
	}
}
