package vault_test

import (
	"context"
	"strconv"
	"testing"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// rotateKEK is what `galleria keys rotate --kek` does.
func rotateKEK(ctx context.Context, v *vault.Vault) error {
	if _, err := v.PromoteKEK(ctx, silent); err != nil {
		return err
	}
	if _, err := v.Rewrap(ctx, func(int64) {}); err != nil {
		return err
	}
	_, err := v.RetireKEKs(ctx, func(context.Context, tenantdb.Tx, []string) error { return nil })
	return err
}

// TestRotationProcess is the process that rotates, to be killed.
func TestRotationProcess(t *testing.T) {
	env := tenanttest.Attach(t, tenanttest.InProcess(t))
	if err := rotateKEK(t.Context(), vault.New(env.DB, kek(t, keyB), env.Clock().Now, kek(t, keyA))); err != nil {
		t.Fatal(err)
	}
}

// T113: the rotation dies by SIGKILL at each of its round trips. What is left is counted,
// everything opens in between, and the next run leaves no key on the old one.
func TestT113_RotationKilledAndResumed(t *testing.T) {
	t.Parallel()
	const shops = 3
	begin := func(t *testing.T) (*tenanttest.Env, map[tenant.ID][]byte) {
		t.Helper()
		env := tenanttest.NewAlone(t)
		before := vault.New(env.DB, kek(t, keyA), env.Clock().Now)
		sealed := map[tenant.ID][]byte{env.Tenant.ID: seal(t, before, env.Tenant.ID)}
		for len(sealed) < shops {
			id := env.OpenShop(t).ID
			sealed[id] = seal(t, before, id)
		}
		return env, sealed
	}
	env, _ := begin(t)
	trips := tenanttest.Process{Test: "TestRotationProcess", OwnerURL: env.OwnerURL}.Rehearse(t)
	if len(trips) < shops+2 {
		t.Fatalf("%d round trips of a rotation of %d keys", len(trips), shops)
	}
	for _, n := range []int{2, len(trips) / 2, len(trips)/2 + 1, len(trips)/2 + 2, len(trips)/2 + 3, len(trips) - 1} {
		t.Run("trip "+strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			env, sealed := begin(t)
			tenanttest.Process{Test: "TestRotationProcess", OwnerURL: env.OwnerURL}.Kill(t, n, tenanttest.Unsent)
			both := vault.New(env.DB, kek(t, keyB), env.Clock().Now, kek(t, keyA))
			left, err := both.LeftToRewrap(t.Context())
			if err != nil || left < 0 || left > shops {
				t.Fatalf("%d left after the kill, %v", left, err)
			}
			t.Logf("%d of %d keys left after the kill", left, shops)
			for id, text := range sealed {
				opens(t, "in between", both, id, text)
			}
			done, err := both.Rewrap(t.Context(), func(int64) {})
			if err != nil || done > left {
				t.Errorf("resumed: %d rewrapped of %d left, %v", done, left, err)
			}
			if err := rotateKEK(t.Context(), both); err != nil {
				t.Fatalf("resumed: %v", err)
			}
			if left, err = both.LeftToRewrap(t.Context()); err != nil || left != 0 {
				t.Errorf("%d left after the resumed run, %v", left, err)
			}
			alone := vault.New(env.DB, kek(t, keyB), env.Clock().Now)
			for id, text := range sealed {
				opens(t, "the new key alone", alone, id, text)
			}
		})
	}
}
