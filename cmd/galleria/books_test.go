package main

import (
	"crypto/rand"
	"encoding/base64"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"galleria/cmd/internal/app"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// house is an installation with one shop and a provider, and how commands are run on it.
type house struct {
	*tenanttest.Env
	services *app.Services
	provider *sandbox.Server
	play     string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	env := tenanttest.NewAlone(t)
	owner, err := url.Parse(env.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := owner.User.Password()
	h := &house{Env: env}
	if h.provider, err = sandbox.Open(sandbox.Config{Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(h.provider.Handler())
	t.Cleanup(func() { _ = h.provider.Close(); web.Close() })
	h.play = web.URL
	kek := make([]byte, 32)
	_, _ = rand.Read(kek)
	ground, err := app.NewGround(t.Context(), app.Config{
		Environment: "development", DatabaseURL: env.OwnerURL, RoleSecret: secret, KEK: base64.StdEncoding.EncodeToString(kek), StatementTimeout: time.Minute,
		CookieKey: "591785b794601e212b260e25925636fd", PublicURL: "http://127.0.0.1:1", SandboxURL: h.play, MediaDir: t.TempDir(),
	}, env.Log, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ground.Close)
	if h.services, err = app.NewServices(ground); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) galleria(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	sh := shell{getenv: func(string) string { return "" }, stdin: strings.NewReader(""), stdout: &out, stderr: &errs}
	var err error
	if args[0] == "books" {
		err = checkBooks(t.Context(), sh, h.services.Ground, args[1:])
	} else {
		err = reconcileDay(t.Context(), sh, h.services.Ground, args[1:])
	}
	return exitCode(args[0], err, &errs), out.String(), errs.String()
}

// A shop with good books passes; what is wrong in one is named with the shop, and ends the
// command with 1. Nothing is written.
func TestBooksCommand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	handle := h.Tenant.Handle
	for _, args := range [][]string{{"books"}, {"books", "-tenant", handle}} {
		if code, out, errs := h.galleria(t, args...); code != 0 || !strings.Contains(out, "ok   "+handle) || !strings.Contains(out, " 0 findings") {
			t.Errorf("%v: %d\n%s%s", args, code, out, errs)
		}
	}
	if code, out, _ := h.galleria(t, "books", "-list"); code != 0 || !strings.Contains(out, "R1   refund   what goes back") || strings.Contains(out, "P1 ") {
		t.Errorf("-list: %d\n%s", code, out)
	}
	h.Owner(t, "INSERT INTO platform.timer (tenant_id, topic, key, due_at) VALUES ($1, 'order.expire', 'FORGOTTEN1', now() - interval '1 day')", h.Tenant.ID.String())
	if code, out, errs := h.galleria(t, "books"); code != 1 || !strings.Contains(out, "BAD  "+handle+": E7 no timer is overdue: 1, such as order.expire:FORGOTTEN1") || !strings.Contains(out, " 1 findings") {
		t.Errorf("a forgotten timer: %d\n%s%s", code, out, errs)
	}
	for args, want := range map[string]int{"books x": 2, "books -tenant nobody-here": 1} {
		if code, _, _ := h.galleria(t, strings.Fields(args)...); code != want {
			t.Errorf("%s: %d, want %d", args, code, want)
		}
	}
}

// The command opens, fetches and matches the days of an account and shows one; again and
// again with the same outcome.
func TestReconcileCommand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	merchant, err := h.provider.AddMerchant(sandbox.MerchantInput{MchID: "1900004411"})
	if err != nil {
		t.Fatal(err)
	}
	acc, err := h.services.Accounts.Add(t.Context(), h.Tenant.ID, account.AddInput{
		Mode: payments.Sandbox, Name: "微信支付", MerchantNo: "1900004411", BaseURL: h.play, AppIDs: []tenant.AppID{h.App(t, h.Tenant).ID},
		Keys: account.WeChatKeys{
			PrivateKey: vault.NewSecret([]byte(merchant.PrivateKeyPEM)), APIv3Key: vault.NewSecret([]byte(merchant.APIv3Key)), Serial: merchant.CertificateSerial,
			KeyMode: payments.KeyModePublicKey, PublicKeyID: merchant.PublicKeyID, PublicKey: merchant.PublicKeyPEM,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	day := lastDay(time.Now()).AddDate(0, 0, -2)
	h.Owner(t, "UPDATE "+h.Tenant.ID.String()+".payment_account SET created_at = $1 WHERE account_key = $2", day, acc.Key)
	args := []string{"reconcile", "-tenant", h.Tenant.Handle, "-day", day.Format(time.DateOnly)}
	for _, extra := range [][]string{nil, nil, {"-again"}} {
		code, out, errs := h.galleria(t, append(args, extra...)...)
		if code != 0 || !strings.Contains(out, day.Format(time.DateOnly)+" wechat 1900004411: closed") || !strings.Contains(out, "0.00 yuan in 0 (ours)") {
			t.Errorf("%v: %d\n%s%s", extra, code, out, errs)
		}
	}
	for _, bad := range [][]string{{"reconcile"}, {"reconcile", "-tenant", h.Tenant.Handle, "-day", "yesterday"}} {
		if code, _, _ := h.galleria(t, bad...); code != 2 {
			t.Errorf("%v: %d, want 2", bad, code)
		}
	}
	if code, _, errs := h.galleria(t, "reconcile", "-tenant", h.Tenant.Handle, "-day", "2020-01-01"); code != 1 || !strings.Contains(errs, "no such day") {
		t.Errorf("a day before the account: %d %s", code, errs)
	}
}
