package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/cmd/internal/app"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// Every column of bytes in the migrated schema is either known to the rotation or known not
// to be sealed: a new one that is neither fails here, and not in the next rotation.
func TestEverySealedColumnIsRotated(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	plain := map[string]bool{ // hashes, and what the vault itself keeps
		"idempotency_key.body_hash": true, "member_session.access_hash": true, "member_session.refresh_hash": true,
		"member_session.refresh_family": true, "payment_anomaly.body_hash": true, "staff_session.token_hash": true,
		"kek.check_value": true, "tenant_key.wrapped_dek": true, "tenant_key.prefix": true, "tenant_key.check_value": true,
		"staff_proof.token_hash": true, "staff_recovery.code_hash": true, "staff_invite.token_hash": true, "platform_invite.token_hash": true,
		"audit_log.hash": true, "audit_log.prev_hash": true, "audit_head.hash": true, "audit_anchor.hash": true, "audit_anchor_day.digest": true,
		"bill_file.sha256": true, "parcel_track_event.digest": true, "picture.sum": true, "port_job.sum": true, "refund_evidence.sum": true, "withdrawal_proof.sum": true,
		"bill_file_part.data":  true, // a provider's file as it packed it: numbers and masked names, see payments/reconcile
		"verification.visitor": true, "verification.code_mac": true,
		"member.phone_index": true, "address.phone_index": true, "sms_count.phone_index": true, "virtual_card.digest": true,
		"staff_totp.sealed": true, "staff_totp.new_sealed": true, // by the key-encryption key: console/factor seals them anew
	}
	registered := map[string]bool{}
	for _, c := range app.SealedColumns() {
		registered[c.Name] = true
	}
	var found []string
	err := env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		// information_schema shows only what the role may touch; the catalogue shows all.
		return tx.QueryRow(t.Context(), `SELECT array_agg(c.relname || '.' || a.attname) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
			JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname IN ($1, 'platform') AND c.relkind = 'r' AND NOT a.attisdropped AND a.attnum > 0
			  AND (a.atttypid = 'bytea'::regtype OR a.attname LIKE '%sealed%')`, env.Tenant.ID.String()).Scan(&found)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, column := range found {
		_, name, _ := strings.Cut(column, ".")
		switch {
		case registered[column] && plain[column]:
			t.Errorf("%s is both sealed and not", column)
		case strings.Contains(name, "sealed") && !registered[column] && !plain[column]:
			t.Errorf("%s is sealed and no rotation reaches it: add it to SealedColumns", column)
		case !registered[column] && !plain[column]:
			t.Errorf("%s holds bytes: add it to SealedColumns, or to the list of those that are not sealed", column)
		}
		delete(registered, column)
	}
	if len(registered) > 0 || len(found) == 0 {
		t.Errorf("registered and not in the schema: %v", registered)
	}
}

// T113: key-encryption key and data keys are rotated while buyers pay, beside a server that
// has only the old key-encryption key and one that has both. No payment fails; afterwards no
// row is on an old key, and a server with only the new one serves.
func TestT113_RotationUnderLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shops := []*shop{w.openShop("rotate-a", 10_000), w.openShop("rotate-b", 10_000)}
	oldKEK, newKEK := w.config.KEK, "q8Yk1nLr0eX7Zt5vWm3JhD2oPcUa9sGfKi6BxTwQyRE="
	w.config.KEK, w.config.OldKEKs = newKEK, []string{oldKEK}
	second := w.another()
	g := w.ground()

	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var mu sync.Mutex
	var orders []placedBy
	var failed atomic.Int64
	for i, base := range []string{w.base, second, w.base, second} {
		c := w.in(t)
		c.base = base
		b := c.login(shops[i%2], fmt.Sprintf("买家%d", i))
		body := b.orderBody(1)
		wg.Go(func() {
			for ctx.Err() == nil {
				no, ok := b.buyOnce(body)
				if !ok {
					failed.Add(1)
					continue
				}
				mu.Lock()
				orders = append(orders, placedBy{b, no})
				mu.Unlock()
			}
		})
	}
	bought := func(n int) {
		eventually(t, 60*time.Second, "purchases", func() bool { mu.Lock(); defer mu.Unlock(); return len(orders) >= n })
	}
	bought(8)
	silent := func(context.Context, tenantdb.Tx) error { return nil }
	since, err := g.Vault.BeginDataRotation(t.Context(), tenant.ID{}, silent)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shops {
		if renewed, err := g.Vault.RenewKey(t.Context(), s.ID, since); err != nil || !renewed {
			t.Fatalf("renew: %v, %v", renewed, err)
		}
	}
	bought(16)
	for _, s := range shops {
		if sweep, err := g.Vault.SweepTenant(t.Context(), s.ID, app.SealedColumns()); err != nil || sweep.Left != 0 || sweep.Waiting != 1 {
			t.Errorf("sweep %+v, %v", sweep, err)
		}
	}
	if promoted, err := g.Vault.PromoteKEK(t.Context(), silent); err != nil || !promoted {
		t.Fatalf("promote: %v, %v", promoted, err)
	}
	if n, err := g.Vault.Rewrap(t.Context(), func(int64) {}); err != nil || n != 4 {
		t.Errorf("%d data keys wrapped anew, %v; want 4", n, err)
	}
	if ids, err := g.Vault.RetireKEKs(t.Context(), func(context.Context, tenantdb.Tx, []string) error { return nil }); err != nil || len(ids) != 1 {
		t.Errorf("retired %v, %v", ids, err)
	}
	bought(32)
	stop()
	wg.Wait()
	if failed.Load() > 0 {
		t.Errorf("%d purchases failed during the rotation", failed.Load())
	}
	// The old key leaves the configuration; the old data keys leave the database.
	w.config.OldKEKs = nil
	third := w.another()
	w.owner("UPDATE platform.tenant_key SET superseded_at = now() - interval '1 hour' WHERE state = 'old'", nil)
	alone := w.ground()
	for _, s := range shops {
		c := w.in(t)
		c.base = third
		b := c.login(s, "最后一位")
		no, ok := b.buyOnce(b.orderBody(1))
		if !ok {
			t.Error("a purchase at a server with only the new key failed")
		}
		orders = append(orders, placedBy{b, no})
	}
	for _, o := range orders {
		o.buyer.waitFor(o.no, "paid", 30*time.Second)
	}
	for _, s := range shops {
		if sweep, err := alone.Vault.SweepTenant(t.Context(), s.ID, app.SealedColumns()); err != nil || sweep.Left != 0 || sweep.Destroyed != 1 {
			t.Errorf("last sweep %+v, %v", sweep, err)
		}
		keys, err := alone.Vault.DataKeys(t.Context(), s.ID, app.SealedColumns())
		if err != nil || len(keys) != 1 || keys[0].Version != 2 || keys[0].Rows["payment_event.body_sealed"] == 0 || keys[0].Rows["payment_secret.sealed"] != 2 {
			t.Errorf("data keys %+v, %v", keys, err)
		}
	}
	t.Logf("%d purchases, none failed", len(orders))
}

type placedBy struct {
	buyer *buyer
	no    string
}

// ground is the installation as a command sees it.
func (w *world) ground() *app.Ground {
	w.t.Helper()
	g, err := app.NewGround(w.t.Context(), w.config, slog.New(w.logs()), time.Now)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(g.Close)
	return g
}

// buyOnce orders and pays, and says whether every answer was the expected one.
func (b *buyer) buyOnce(body map[string]any) (orderNo string, ok bool) {
	status, answer := b.call(http.MethodPost, "/orders", body, header{"Idempotency-Key": tenanttest.RandomHex(8)})
	if status != http.StatusCreated {
		b.w.t.Errorf("order: %d %s", status, answer)
		return "", false
	}
	no := fieldOf(answer, "order_no")
	status, answer = b.call(http.MethodPost, "/orders/"+no+"/pay", nil)
	if status != http.StatusOK {
		b.w.t.Errorf("pay: %d %s", status, answer)
		return no, false
	}
	res := b.w.send(http.MethodPost, b.w.play+"/_control/pay", http.Header{"Content-Type": {"application/json"}}, answer)
	if res.status != http.StatusOK {
		b.w.t.Errorf("the phone: %d %s", res.status, res.body)
	}
	return no, res.status == http.StatusOK
}

// fieldOf reads one text of a JSON object.
func fieldOf(body []byte, name string) string {
	_, rest, _ := strings.Cut(string(body), `"`+name+`":"`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// A server that lacks the key in use does not start, and says which key it lacks.
func TestServerWithTheWrongKeyDoesNotStart(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	w := &world{t: t, log: &logbook{out: t.Output()}}
	w.config = app.Config{
		Environment: "development", DatabaseURL: env.OwnerURL, KEK: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", LaneConns: 1, PlatformConns: 2,
		RoleSecret: secretOf(t, env.OwnerURL), StatementTimeout: 5 * time.Second,
	}
	g := w.ground()
	if err := g.Ready(t.Context()); err != nil {
		t.Fatalf("a new installation: %v", err)
	}
	putCredential(t, g, env.Tenant.ID)
	if err := g.Ready(t.Context()); err != nil {
		t.Errorf("with its key: %v", err)
	}
	w.config.KEK = "q8Yk1nLr0eX7Zt5vWm3JhD2oPcUa9sGfKi6BxTwQyRE="
	if err := w.ground().Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "GALLERIA_KEK_OLD") {
		t.Errorf("with another key: %v, want a refusal", err)
	}
	if findings := app.Examine(t.Context(), w.config, nil); !slices.ContainsFunc(findings, func(f app.Finding) bool {
		return (f.Code == "keys.bad" || f.Code == "keys.other") && f.Level == app.Failure
	}) {
		t.Errorf("the doctor finds nothing wrong with the keys: %+v", findings)
	}
}

func secretOf(t *testing.T, databaseURL string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := u.User.Password()
	return secret
}

// putCredential has something sealed.
func putCredential(t *testing.T, g *app.Ground, id tenant.ID) {
	t.Helper()
	appID, _ := tenant.ParseAppID("wx0123456789abcdef")
	err := miniprogram.New(miniprogram.Deps{DB: g.DB, Vault: g.Vault, Now: g.Now}).PutCredential(t.Context(), id, miniprogram.CredentialInput{
		AppID: appID, Provider: tenant.WeChat, Secret: vault.NewSecret([]byte("0123456789abcdef0123456789abcdef")),
	})
	if err != nil {
		t.Fatal(err)
	}
}
