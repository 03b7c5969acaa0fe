package factor_test

import (
	"context"
	"testing"

	"galleria/console/factor"
	"galleria/console/staff"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// The key-encryption key is replaced: authenticators that the old one sealed open with the
// new one alone afterwards.
func TestT113_AuthenticatorsAreSealedAnew(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	people, err := staff.New(staff.Deps{DB: env.DB, PasswordKiB: 64})
	if err != nil {
		t.Fatal(err)
	}
	kek := func(text string) vault.KEK {
		k, err := vault.NewLocalKEK(vault.NewSecret([]byte(text)))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	before, after := kek("q8Yk1nLr0eX7Zt5vWm3JhD2oPcUa9sGf"), kek("Zt5vWm3JhD2oPcUa9sGfq8Yk1nLr0eX7")
	factors := func(kek vault.KEK, older ...vault.KEK) (*factor.Service, *vault.Vault) {
		v := vault.New(env.DB, kek, env.Clock().Now, older...)
		return factor.New(factor.Deps{DB: env.DB, Vault: v, Throttle: people, Now: env.Clock().Now}), v
	}
	old, _ := factors(before)
	var ids []int64
	keys := map[int64]string{}
	for _, login := range []string{"first", "second", "third"} {
		m, err := people.Add(t.Context(), staff.AddInput{Login: login, Name: login, Password: "violet-Kettle-41-harbour"})
		if err != nil {
			t.Fatal(err)
		}
		offer, err := old.Begin(t.Context(), m.ID, login)
		if err != nil {
			t.Fatal(err)
		}
		ids, keys[m.ID] = append(ids, m.ID), offer.Key
	}
	both, v := factors(after, before)
	if _, err := v.PromoteKEK(t.Context(), func(context.Context, tenantdb.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{len(ids), 0} {
		if n, err := both.Reseal(t.Context()); err != nil || n != want {
			t.Fatalf("%d sealed anew, %v; want %d", n, err, want)
		}
	}
	alone, _ := factors(after)
	for i, id := range ids {
		offer, err := alone.Begin(t.Context(), id, []string{"first", "second", "third"}[i])
		if err != nil || offer.Key != keys[id] {
			t.Errorf("%d: with the new key alone: %v", id, err)
		}
	}
}
