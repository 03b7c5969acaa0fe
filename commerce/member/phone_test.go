package member_test

import (
	"errors"
	"sync"
	"testing"

	"galleria/commerce/member"
	"galleria/tenant/tenantdb"
)

func (w *world) newMember(t *testing.T, openID string) int64 {
	t.Helper()
	w.login(t, openID)
	return w.scalar(t, "SELECT member_id FROM member_identity WHERE openid = $1", openID)
}

// T012, T111: a phone lies sealed, is found by its index, shows its ends, and belongs to one
// member; whoever comes with the number of another one gets no account by it.
func TestT012PhoneBelongsToOneMember(t *testing.T) {
	t.Parallel()
	b := newWorld(t)
	a, c := b.newMember(t, "a"), b.newMember(t, "c")
	for range 2 {
		if hint, err := b.SetPhone(t.Context(), b.id, a, "13800138000"); err != nil || hint != "138****8000" {
			t.Fatalf("%q, %v", hint, err)
		}
	}
	for _, same := range []string{"13800138000", "+8613800138000"} {
		if _, err := b.SetPhone(t.Context(), b.id, c, same); !errors.Is(err, member.ErrPhoneTaken) {
			t.Errorf("%s of another member: %v", same, err)
		}
	}
	var clear int
	b.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM member m WHERE m::text ~ '\\m1[3-9][0-9]{9}\\M'").Scan(&clear)
	})
	if clear != 0 {
		t.Error("a phone lies in clear")
	}
	if got, err := b.Phone(t.Context(), b.id, a); err != nil || string(got.Reveal()) != "13800138000" {
		t.Errorf("opened: %v", err)
	}
	if _, err := b.Phone(t.Context(), b.id, c); err == nil {
		t.Error("a member without a phone has one")
	}
	if got, err := b.Get(t.Context(), b.id, a); err != nil || got.PhoneHint != "138****8000" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := b.SetPhone(t.Context(), b.id, a, "call me"); err == nil {
		t.Error("no number was taken")
	}
}

// The first phones of a shop at once: they share one index key, so one number has one member.
func TestFirstPhonesAtOnce(t *testing.T) {
	t.Parallel()
	b := newWorld(t)
	ids := make([]int64, 8)
	for i := range ids {
		ids[i] = b.newMember(t, string(rune('a'+i)))
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	set := 0
	for _, id := range ids {
		wait.Go(func() {
			_, err := b.SetPhone(t.Context(), b.id, id, "13900139000")
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				set++
			} else if !errors.Is(err, member.ErrPhoneTaken) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if set != 1 {
		t.Errorf("%d members have one number", set)
	}
}
