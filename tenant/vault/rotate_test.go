package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

func kek(t *testing.T, text string) *vault.LocalKEK {
	t.Helper()
	k, err := vault.NewLocalKEK(vault.NewSecret([]byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The first is the one of tenanttest.
const (
	keyA = "0123456789abcdef0123456789abcdef"
	keyB = "fedcba98765432100123456789abcdef"
)

func field(id tenant.ID) vault.Field { return vault.Field{Tenant: id, Owner: "app:x", Name: "secret"} }

func seal(t *testing.T, v *vault.Vault, id tenant.ID) []byte {
	t.Helper()
	sealed, err := v.Seal(t.Context(), field(id), vault.NewSecret([]byte(canary)))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func opens(t *testing.T, what string, v *vault.Vault, id tenant.ID, sealed []byte) {
	t.Helper()
	if s, err := v.Open(t.Context(), field(id), sealed); err != nil || string(s.Reveal()) != canary {
		t.Errorf("%s: %v, want it opened", what, err)
	}
}

func silent(context.Context, tenantdb.Tx) error { return nil }

// T113, the key-encryption key: rotated beside servers that know only one of the two keys.
func TestT113_KEKRotation(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	now := env.Clock().Now
	both := vault.New(env.DB, kek(t, keyB), now, kek(t, keyA))
	onlyOld, onlyNew := env.Vault, vault.New(env.DB, kek(t, keyB), now)
	sealed := map[tenant.ID][]byte{}
	for range 3 {
		id := env.OpenShop(t).ID
		sealed[id] = seal(t, onlyOld, id)
	}
	if err := onlyNew.Check(t.Context()); !errors.Is(err, vault.ErrWrongKEK) || !strings.Contains(err.Error(), kek(t, keyA).ID()) {
		t.Errorf("a server with only the new key: %v, want ErrWrongKEK that names the missing one", err)
	}
	if err := both.Check(t.Context()); err != nil {
		t.Errorf("a server with both: %v", err)
	}
	if promoted, err := both.PromoteKEK(t.Context(), silent); err != nil || !promoted {
		t.Fatalf("promote: %v, %v", promoted, err)
	}
	if promoted, err := both.PromoteKEK(t.Context(), silent); err != nil || promoted {
		t.Errorf("promote again: %v, %v; want nothing done", promoted, err)
	}
	never := func(context.Context, tenantdb.Tx, []string) error { return errors.New("noted") }
	if _, err := both.RetireKEKs(t.Context(), never); !errors.Is(err, vault.ErrRowsLeft) {
		t.Errorf("retire with rows left: %v, want ErrRowsLeft", err)
	}
	// The old key wraps nothing from now on; what it wrapped still opens everywhere.
	if _, err := onlyOld.Seal(t.Context(), field(env.OpenShop(t).ID), vault.NewSecret([]byte(canary))); !errors.Is(err, vault.ErrKeyAway) {
		t.Errorf("a new data key under the old key: %v, want ErrKeyAway", err)
	}
	var done atomic.Int64
	var wg sync.WaitGroup
	for range 3 { // interrupted or run twice: each key is wrapped anew once
		wg.Go(func() {
			n, err := both.Rewrap(context.WithoutCancel(t.Context()), func(int64) {})
			done.Add(n)
			if err != nil {
				t.Errorf("rewrap: %v", err)
			}
		})
	}
	wg.Wait()
	if left, err := both.LeftToRewrap(t.Context()); err != nil || left != 0 || done.Load() != 3 {
		t.Errorf("%d wrapped anew, %d left, %v; want 3 and none", done.Load(), left, err)
	}
	var retired []string
	noted := func(_ context.Context, _ tenantdb.Tx, ids []string) error { retired = ids; return nil }
	if ids, err := both.RetireKEKs(t.Context(), noted); err != nil || len(ids) != 1 || ids[0] != kek(t, keyA).ID() || len(retired) != 1 {
		t.Errorf("retired %v, noted %v, %v", ids, retired, err)
	}
	if err := onlyNew.Check(t.Context()); err != nil {
		t.Errorf("after the rotation, only the new key: %v", err)
	}
	for id, text := range sealed {
		opens(t, "a server that has the data key in memory", onlyOld, id, text)
		opens(t, "a server with only the new key", onlyNew, id, text)
		if _, err := vault.New(env.DB, kek(t, keyA), now).Open(t.Context(), field(id), text); !errors.Is(err, vault.ErrKeyAway) {
			t.Errorf("a server started with the retired key: %v, want ErrKeyAway", err)
		}
	}
	if err := vault.New(env.DB, kek(t, keyA), now, kek(t, keyB)).Check(t.Context()); !errors.Is(err, vault.ErrWrongKEK) {
		t.Errorf("the retired key as the current one: %v, want ErrWrongKEK", err)
	}
}

// forger is another key under the name of a known one.
type forger struct{ *vault.LocalKEK }

func (forger) ID() string { return "local-known" }

// A key service that answers to the right name with another key is noticed before anything
// is written.
func TestKeyCheckValue(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	right := vault.New(env.DB, forger{kek(t, keyA)}, env.Clock().Now)
	seal(t, right, env.Tenant.ID)
	if err := right.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	wrong := vault.New(env.DB, forger{kek(t, keyB)}, env.Clock().Now)
	if err := wrong.Check(t.Context()); !errors.Is(err, vault.ErrWrongKEK) {
		t.Errorf("another key under the same name: %v, want ErrWrongKEK", err)
	}
}

// credentials is app_credential as a column of sealed fields.
func credentials() vault.Column {
	return vault.Column{
		Name: "app_credential.secret_sealed",
		Page: func(ctx context.Context, q tenantdb.Querier, after string, _ []byte) (page []vault.Row, err error) {
			rows, err := q.Query(ctx, "SELECT app_id, secret_sealed FROM app_credential WHERE app_id > $1 ORDER BY app_id LIMIT 2", after)
			if err != nil {
				return nil, err
			}
			defer rows.Close()
			for rows.Next() {
				r := vault.Row{Owner: "app:x", Field: "secret"}
				if err := rows.Scan(&r.Key, &r.Sealed); err != nil {
					return nil, err
				}
				r.Prefix = vault.Prefix(r.Sealed)
				page = append(page, r)
			}
			return page, rows.Err()
		},
		Replace: func(ctx context.Context, tx tenantdb.Tx, row vault.Row, sealed []byte) (int64, error) {
			tag, err := tx.Exec(ctx, "UPDATE app_credential SET secret_sealed = $1 WHERE app_id = $2 AND secret_sealed = $3", sealed, row.Key, row.Sealed)
			return tag.RowsAffected(), err
		},
	}
}

func put(t *testing.T, env *tenanttest.Env, appID string, sealed []byte) {
	t.Helper()
	env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO app_credential (app_id, provider, secret_sealed, secret_last4) VALUES ($1, 'wechat', $2, '')
			ON CONFLICT (app_id) DO UPDATE SET secret_sealed = excluded.secret_sealed`, appID, sealed)
		return err
	})
}

// T113, data keys: a new primary, the old key opens until nothing needs it, and only then
// and only when no server can still seal with it it is destroyed.
func TestT113_DataKeyRotation(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	id, now := env.Tenant.ID, env.Clock().Now
	columns := []vault.Column{credentials()}
	late := vault.New(env.DB, kek(t, keyA), now) // a server with the old key in memory
	for i := range 5 {
		put(t, env, fmt.Sprintf("app-%d", i), seal(t, late, id))
	}
	old := seal(t, late, id)
	since, err := env.Vault.BeginDataRotation(t.Context(), tenant.ID{}, silent)
	if err != nil {
		t.Fatal(err)
	}
	for try, want := range []bool{true, false} { // taken up again, it renews no key twice
		if again, err := env.Vault.BeginDataRotation(t.Context(), tenant.ID{}, silent); err != nil || !again.Equal(since) {
			t.Errorf("begun again at %s, want %s (%v)", again, since, err)
		}
		if renewed, err := env.Vault.RenewKey(t.Context(), id, since); err != nil || renewed != want {
			t.Fatalf("try %d: renewed %v, %v", try, renewed, err)
		}
	}
	fresh := seal(t, env.Vault, id)
	if bytes.Equal(vault.Prefix(fresh), vault.Prefix(old)) {
		t.Error("the new key does not seal")
	}
	opens(t, "old text, server that knows the new key", env.Vault, id, old)
	lateSealed := seal(t, vault.New(env.DB, kek(t, keyA), now), id)
	opens(t, "new text, server that had the old key in memory", late, id, lateSealed)

	sweep, err := env.Vault.SweepTenant(t.Context(), id, columns)
	if err != nil || sweep.Resealed != 5 || sweep.Left != 0 || sweep.Waiting != 1 || sweep.Destroyed != 0 {
		t.Fatalf("first sweep %+v, %v", sweep, err)
	}
	// A server that had the old key in memory stores one more row with it.
	put(t, env, "app-9", old)
	env.Owner(t, "UPDATE platform.tenant_key SET superseded_at = now() - interval '16 minutes', sweep_at = now() WHERE state = 'old'")
	damaged := bytes.Clone(old)
	damaged[len(damaged)-1] ^= 1
	put(t, env, "app-8", damaged)
	if sweep, err = env.Vault.SweepTenant(t.Context(), id, columns); err != nil || sweep.Resealed != 1 || sweep.Left != 1 || sweep.Damaged != 1 || sweep.Destroyed != 0 {
		t.Errorf("a sweep with a damaged row %+v, %v; want it left and the old key kept", sweep, err)
	}
	status, err := env.Vault.DataKeys(t.Context(), id, columns)
	if err != nil || len(status) != 2 || status[0].Rows[columns[0].Name] != 1 || status[1].Rows[columns[0].Name] != 6 {
		t.Errorf("status %+v, %v; want 1 row on the old key and 6 on the new one", status, err)
	}
	put(t, env, "app-8", fresh)
	if err := env.Vault.SweepDue(t.Context(), columns); err != nil { // as the worker does
		t.Fatal(err)
	}
	if status, err = env.Vault.DataKeys(t.Context(), id, columns); err != nil || len(status) != 1 || status[0].Version != 2 {
		t.Errorf("status %+v, %v; want the old key destroyed", status, err)
	}
	if _, err := env.Vault.Open(t.Context(), field(id), old); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("a text of the destroyed key: %v, want ErrSealed", err)
	}
	if err := env.Vault.EndDataRotation(t.Context(), tenant.ID{}); err != nil {
		t.Error(err)
	}
}

// T113: a wrapped data key copied to another tenant, or with one bit flipped, opens nothing,
// says so durably, and harms nobody else.
func TestT113_DamagedDataKey(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	other, third := env.OpenShop(t), env.OpenShop(t)
	sealed := map[tenant.ID][]byte{}
	for _, id := range []tenant.ID{env.Tenant.ID, other.ID, third.ID} {
		sealed[id] = seal(t, env.Vault, id)
	}
	env.Owner(t, `UPDATE platform.tenant_key t SET wrapped_dek = f.wrapped_dek FROM platform.tenant_key f WHERE t.tenant_id = $1 AND f.tenant_id = $2`, other.ID.String(), env.Tenant.ID.String())
	env.Owner(t, `UPDATE platform.tenant_key SET wrapped_dek = set_bit(wrapped_dek, 200, 1 - get_bit(wrapped_dek, 200)) WHERE tenant_id = $1`, third.ID.String())
	v := vault.New(env.DB, kek(t, keyA), env.Clock().Now)
	opens(t, "the tenant whose key was copied", v, env.Tenant.ID, sealed[env.Tenant.ID])
	for _, id := range []tenant.ID{other.ID, third.ID} {
		for range 3 {
			if _, err := v.Open(t.Context(), field(id), sealed[id]); !errors.Is(err, vault.ErrSealed) {
				t.Errorf("open: %v, want ErrSealed", err)
			}
			if _, err := v.Seal(t.Context(), field(id), vault.NewSecret([]byte(canary))); !errors.Is(err, vault.ErrSealed) {
				t.Errorf("seal: %v, want ErrSealed", err)
			}
		}
		alarms, err := v.Alarms(t.Context(), id)
		if err != nil || len(alarms) == 0 || alarms[0].Kind != vault.Damaged || alarms[0].Seen != 1 {
			t.Errorf("alarms %+v, %v; want each matter once", alarms, err)
		}
	}
	if all, err := v.AllAlarms(t.Context(), 10); err != nil || len(all) != 4 {
		t.Errorf("%d alarms in all, %v; want the key and the field of two tenants", len(all), err)
	}
	left, err := vault.New(env.DB, kek(t, keyB), env.Clock().Now, kek(t, keyA)).PromoteKEK(t.Context(), silent)
	if err != nil || !left {
		t.Fatal(left, err)
	}
	both := vault.New(env.DB, kek(t, keyB), env.Clock().Now, kek(t, keyA))
	if n, err := both.Rewrap(t.Context(), func(int64) {}); n != 1 || !errors.Is(err, vault.ErrSealed) {
		t.Errorf("rewrap with damaged keys: %d, %v; want the intact one done and the others named", n, err)
	}
	if _, err := both.RetireKEKs(t.Context(), nil); !errors.Is(err, vault.ErrRowsLeft) {
		t.Errorf("retire: %v, want ErrRowsLeft", err)
	}
}

func TestUsageIsCountedInBatches(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	id := env.Tenant.ID
	env.Clock().Set(time.Date(2026, 11, 21, 10, 30, 0, 0, time.UTC))
	for range 1000 {
		env.Vault.Count(id, "payment_account:a", vault.Sign)
	}
	env.Vault.Count(id, "payment_account:a", vault.Verify)
	for range 2 { // the second has nothing to write
		if err := env.Vault.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	env.Clock().Advance(time.Hour)
	env.Vault.Count(id, "payment_account:a", vault.Sign)
	if err := env.Vault.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	uses, err := env.Vault.Usage(t.Context(), id, time.Time{})
	if err != nil || len(uses) != 2 || uses[0].Uses != 1001 || !uses[0].LastAt.Equal(env.Clock().Now()) || uses[1].Uses != 1 {
		t.Errorf("usage %+v, %v", uses, err)
	}
	if again, err := env.Vault.Usage(t.Context(), env.OpenShop(t).ID, time.Time{}); err != nil || len(again) != 0 {
		t.Errorf("another tenant's usage %+v, %v", again, err)
	}
}
