package main

import (
	"encoding/base64"
	"log/slog"
	"strings"
	"testing"
	"time"

	"galleria/cmd/internal/app"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// Keys are drawn, shown and rotated on the command line; a rotation that is run without the
// old key, or again after it was interrupted, says what is left.
func TestKeysCommand(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	draw := func() string {
		code, out, errs := callRun(t, nil, "keys", "new")
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(out))
		if code != 0 || err != nil || len(raw) != 32 {
			t.Fatalf("keys new: %d %q %q", code, out, errs)
		}
		return strings.TrimSpace(out)
	}
	first, second := draw(), draw()
	vars := keysVars(env.OwnerURL, first, "")
	cfg, err := app.LoadConfig(func(name string) string { return vars[name] })
	if err != nil {
		t.Fatal(err)
	}
	g, err := app.NewGround(t.Context(), cfg, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	appID, _ := tenant.ParseAppID("wx0123456789abcdef")
	err = miniprogram.New(miniprogram.Deps{DB: g.DB, Vault: g.Vault, Now: g.Now}).PutCredential(t.Context(), env.Tenant.ID, miniprogram.CredentialInput{
		AppID: appID, Provider: tenant.WeChat, Secret: vault.NewSecret([]byte("5f1c0a9be27d4836a1b2c3d4e5f60718")),
	})
	if err != nil {
		t.Fatal(err)
	}
	step := func(name string, code int, says string, args ...string) {
		t.Helper()
		got, out, errs := callRun(t, vars, append([]string{"keys"}, args...)...)
		if got != code || !strings.Contains(out+errs, says) {
			t.Errorf("%s: exit %d, want %d and %q:\n%s%s", name, got, code, says, out, errs)
		}
		if strings.Contains(out+errs, first) || strings.Contains(out+errs, second) {
			t.Errorf("%s prints a key", name)
		}
	}
	step("no action", 2, "want new, status or rotate")
	step("neither", 2, "want --kek", "rotate")
	step("data of nobody", 2, "want --kek", "rotate", "--data")
	step("status", 0, "1 (app_credential.secret_sealed 1)", "status")
	step("data", 0, "1 new data keys, 1 rows sealed anew, 0 left", "rotate", "--data", "--tenant", env.Tenant.Handle)
	step("status of one", 0, "old", "status", "--tenant", env.Tenant.Handle)
	vars["GALLERIA_KEK"] = second
	step("without the old key", 1, "GALLERIA_KEK_OLD", "rotate", "--kek")
	vars["GALLERIA_KEK_OLD"] = first
	step("with both", 0, "is retired", "rotate", "--kek")
	step("again", 0, "0 left on an old key", "rotate", "--kek")
	delete(vars, "GALLERIA_KEK_OLD")
	step("the new key alone", 0, "retired", "status")
	step("all data", 0, "1 new data keys", "rotate", "--data", "--all")
}
