package account_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox"
	"galleria/payments/wechat"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

const freshAPIv3 = "ZYXWVUTSRQPONMLKJIHGFEDCBA654321"

// T112: what people get to see of an account is fingerprints and last characters, and sending
// that back changes nothing.
func TestT112_MaskedValuesChangeNothing(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	in := newKeys(t).input(t)
	added, err := s.Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil {
		t.Fatal(err)
	}
	shown, err := json.Marshal(added)
	if err != nil {
		t.Fatal(err)
	}
	api, private := added.Secrets[0], added.Secrets[1]
	if api.Last4 != "stuv" || private.Last4 != "" || api.Fingerprint != in.APIv3Key.Fingerprint() || len(private.Fingerprint) != 32 {
		t.Errorf("shown %+v", added.Secrets)
	}
	for _, secret := range []string{string(in.APIv3Key.Reveal()), "PRIVATE KEY"} {
		if bytes.Contains(shown, []byte(secret)) {
			t.Errorf("the account shows %.12q", secret)
		}
	}
	for name, back := range map[string]account.WeChatKeys{
		"nothing": {},
		"masked": {
			PrivateKey: vault.NewSecret([]byte(private.Masked())), APIv3Key: vault.NewSecret([]byte(api.Masked())),
			Serial: added.Config.MerchantSerial, KeyMode: added.Config.KeyMode, PublicKeyID: added.Config.PublicKeyID,
		},
		"the same again": {PrivateKey: in.PrivateKey, APIv3Key: in.APIv3Key},
	} {
		got, err := s.Replace(t.Context(), env.Tenant.ID, account.ReplaceInput{AccountID: added.ID, Actor: "staff:1", Keys: back})
		if err != nil || got.KeyVersion != 1 || len(got.KeySets) != 1 || got.Secrets[0] != api {
			t.Errorf("%s: %+v, %v; want nothing changed", name, got, err)
		}
	}
	opened, err := s.ByID(t.Context(), env.Tenant.ID, added.ID)
	if err != nil || !opened.APIv3Key.Equal(in.APIv3Key) {
		t.Errorf("the key changed: %v", err)
	}
}

// A replacement is one version of everything; what stays is carried on, what is wrong is
// refused by its field, and the act is in the log of the same transaction.
func TestReplaceKeys(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	k := newKeys(t)
	in := k.input(t)
	added, err := s.Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil {
		t.Fatal(err)
	}
	other := newKeys(t)
	replace := func(r account.ReplaceInput) (account.Account, error) {
		r.AccountID, r.Actor = added.ID, "staff:7"
		return s.Replace(t.Context(), env.Tenant.ID, r)
	}
	refused := errors.New("the provider does not know these keys")
	for name, c := range map[string]struct {
		in    account.WeChatKeys
		field string
	}{
		"short APIv3 key":               {account.WeChatKeys{APIv3Key: vault.NewSecret([]byte("short"))}, "api_v3_key"},
		"private key without a serial":  {account.WeChatKeys{PrivateKey: vault.NewSecret([]byte(pkcs8(t, other.merchant)))}, "merchant_serial"},
		"certificate of another number": {account.WeChatKeys{Certificate: certificate(t, other.merchant, 9)}, "private_key"},
		"public key without a body":     {account.WeChatKeys{PublicKeyID: "PUB_KEY_ID_0119000000019999"}, "public_key"},
	} {
		_, err := replace(account.ReplaceInput{Keys: c.in})
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || len(f.Fields()) == 0 || f.Fields()[0].Path != c.field {
			t.Errorf("%s: %v, want a fault at %s", name, err, c.field)
		}
	}
	if _, err := replace(account.ReplaceInput{
		Keys: account.WeChatKeys{APIv3Key: vault.NewSecret([]byte(freshAPIv3))},
		Probe: func(_ context.Context, acc payments.Account) error {
			if string(acc.APIv3Key.Reveal()) != freshAPIv3 || !acc.PrivateKey.Equal(mustOpen(t, s, env, added.ID).PrivateKey) {
				t.Error("the probe got other keys than those to be stored")
			}
			return refused
		},
	}); !errors.Is(err, refused) {
		t.Errorf("a probe that fails: %v", err)
	}
	if got := mustOpen(t, s, env, added.ID); !got.APIv3Key.Equal(in.APIv3Key) || len(got.Earlier) != 0 {
		t.Error("a refused replacement changed something")
	}
	got, err := replace(account.ReplaceInput{Keys: account.WeChatKeys{APIv3Key: vault.NewSecret([]byte(freshAPIv3))}})
	if err != nil || got.KeyVersion != 2 || len(got.KeySets) != 2 || got.KeySets[0].CreatedBy != "staff:7" || got.KeySets[1].DestroyAt == nil {
		t.Fatalf("replaced %+v, %v", got, err)
	}
	opened := mustOpen(t, s, env, added.ID)
	if string(opened.APIv3Key.Reveal()) != freshAPIv3 || opened.PrivateKey.IsZero() || len(opened.Earlier) != 1 || !opened.Earlier[0].APIv3Key.Equal(in.APIv3Key) {
		t.Errorf("opened %+v", opened)
	}
	env.InTenant(t, func(tx tenantdb.Tx) error {
		var n int
		if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.timer WHERE topic = 'payments.keys_destroy'").Scan(&n); err != nil || n != 1 {
			t.Errorf("%d timers to destroy the old keys, %v", n, err)
		}
		return nil
	})
	var actor, detail string
	err = env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT actor, detail::text FROM platform.audit_log WHERE tenant_id = $1 AND action = 'payment_account.keys_replaced'", env.Tenant.ID.String()).Scan(&actor, &detail)
	})
	if err != nil || actor != "staff:7" || !strings.Contains(detail, "api_v3_key") || strings.Contains(detail, freshAPIv3) {
		t.Errorf("log: %s %s %v", actor, detail, err)
	}
	// Seven days later the old set is gone, from the tables and from memory.
	env.Clock().Advance(7*24*time.Hour + time.Minute)
	for range 2 {
		if err := s.DestroyReplaced(t.Context(), env.Tenant.ID, added.ID); err != nil {
			t.Fatal(err)
		}
	}
	if opened = mustOpen(t, s, env, added.ID); len(opened.Earlier) != 0 || string(opened.APIv3Key.Reveal()) != freshAPIv3 {
		t.Errorf("after seven days %+v", opened.Earlier)
	}
	env.InTenant(t, func(tx tenantdb.Tx) error {
		var n int
		if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM payment_secret WHERE version = 1").Scan(&n); err != nil || n != 0 {
			t.Errorf("%d old secrets are left, %v", n, err)
		}
		return nil
	})
}

func mustOpen(t *testing.T, s *account.Service, env *tenanttest.Env, id int64) payments.Account {
	t.Helper()
	acc, err := s.ByID(t.Context(), env.Tenant.ID, id)
	if err != nil {
		t.Fatal(err)
	}
	return acc
}

// Callbacks that the provider sealed and signed with the replaced keys are still understood
// for seven days, and not longer.
func TestCallbacksUnderWayOutliveAReplacement(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	now := time.Now()
	server, err := sandbox.Open(sandbox.Config{Now: func() time.Time { return env.Clock().Now() }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	web := httptest.NewServer(server.Handler())
	t.Cleanup(web.Close)
	s := newService(env, web.URL)
	m, err := server.AddMerchant(sandbox.MerchantInput{MchID: "1900000077"})
	if err != nil {
		t.Fatal(err)
	}
	added, err := s.Add(t.Context(), env.Tenant.ID, account.AddInput{
		Mode: payments.Sandbox, Name: "换钥匙", MerchantNo: m.MchID, BaseURL: web.URL,
		Keys: account.WeChatKeys{
			PrivateKey: vault.NewSecret([]byte(m.PrivateKeyPEM)), APIv3Key: vault.NewSecret([]byte(m.APIv3Key)), Serial: m.CertificateSerial,
			KeyMode: payments.KeyModePublicKey, PublicKeyID: m.PublicKeyID, PublicKey: m.PublicKeyPEM,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	channel := wechat.New(wechat.Deps{Keys: s, Now: func() time.Time { return env.Clock().Now() }, Log: slog.New(slog.DiscardHandler), Signers: 1})
	parse := func() error {
		h, body, err := server.Notification(sandbox.NotificationInput{MchID: m.MchID})
		if err != nil {
			t.Fatal(err)
		}
		_, err = channel.ParseNotification(t.Context(), mustOpen(t, s, env, added.ID), payments.Notice{Header: h, Body: body})
		return err
	}
	if err := parse(); err != nil {
		t.Fatalf("before: %v", err)
	}
	k := newKeys(t)
	if _, err := s.Replace(t.Context(), env.Tenant.ID, account.ReplaceInput{
		AccountID: added.ID, Keys: account.WeChatKeys{APIv3Key: vault.NewSecret([]byte(freshAPIv3)), PublicKeyID: "PUB_KEY_ID_0119000000770000000000000001", PublicKey: public(t, k.provider)},
	}); err != nil {
		t.Fatal(err)
	}
	if err := parse(); err != nil {
		t.Errorf("a callback of the replaced keys: %v", err)
	}
	env.Clock().Set(now.Add(7*24*time.Hour + time.Hour)) // even if the job that destroys them is late
	if err := parse(); !errors.Is(err, payments.ErrNoticeSignature) {
		t.Errorf("after seven days: %v, want SIGNATURE_INVALID", err)
	}
	if err := env.Vault.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	shown, err := s.Show(t.Context(), env.Tenant.ID, added.ID)
	if err != nil || shown.LastUsed[vault.Verify].IsZero() || shown.LastUsed[vault.Decrypt].IsZero() || !shown.LastUsed[vault.Sign].IsZero() {
		t.Errorf("last used %v, %v", shown.LastUsed, err)
	}
}

// T113: an account whose keys were moved or damaged answers a fault that says so, is flagged
// once, and goes on as soon as its keys are stored again; the account beside it never notices.
func TestT113_DamagedAccount(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	k := newKeys(t)
	in := k.input(t)
	healthy, err := s.Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil {
		t.Fatal(err)
	}
	schema := env.Tenant.ID.String()
	for i, harm := range []string{
		`UPDATE %s.payment_secret SET sealed = set_bit(sealed, 100, 1 - get_bit(sealed, 100)) WHERE account_id = $1`,
		`UPDATE %s.payment_secret SET sealed = set_bit(sealed, 20, 1 - get_bit(sealed, 20)) WHERE account_id = $1`, // the key's name
		`UPDATE %[1]s.payment_secret t SET sealed = f.sealed FROM %[1]s.payment_secret f WHERE t.account_id = $1 AND f.account_id = t.account_id AND f.field <> t.field`,
	} {
		in.MerchantNo = fmt.Sprintf("190000010%d", i)
		added, err := s.Add(t.Context(), env.Tenant.ID, in.add())
		if err != nil {
			t.Fatal(err)
		}
		env.Owner(t, fmt.Sprintf(harm, schema), added.ID)
		for range 5 {
			_, err := s.ByID(t.Context(), env.Tenant.ID, added.ID)
			if fault.CodeOf(err) != "KEYS_DAMAGED" || fault.KindOf(err) != fault.Unavailable {
				t.Errorf("harm %d: %v, want KEYS_DAMAGED", i, err)
			}
		}
		flagged := func() (n int) {
			alarms, err := env.Vault.Alarms(t.Context(), env.Tenant.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range alarms {
				if a.Owner == payments.KeyOwner(added.Key) && a.Kind == vault.Damaged && a.Seen == 1 {
					n++
				}
			}
			return n
		}
		if flagged() != 1 {
			t.Errorf("harm %d: %d alarms, want one", i, flagged())
		}
		if _, err := s.ByID(t.Context(), env.Tenant.ID, healthy.ID); err != nil {
			t.Errorf("harm %d: the account beside it: %v", i, err)
		}
		if _, err := s.Replace(t.Context(), env.Tenant.ID, account.ReplaceInput{AccountID: added.ID, Keys: account.WeChatKeys{APIv3Key: in.APIv3Key}}); fault.CodeOf(err) != "VALIDATION" {
			t.Errorf("harm %d: half a repair: %v, want VALIDATION", i, err)
		}
		if _, err := s.Replace(t.Context(), env.Tenant.ID, account.ReplaceInput{
			AccountID: added.ID, Keys: account.WeChatKeys{PrivateKey: in.PrivateKey, APIv3Key: in.APIv3Key, Serial: in.Serial},
		}); err != nil {
			t.Fatalf("harm %d: repair: %v", i, err)
		}
		if _, err := s.ByID(t.Context(), env.Tenant.ID, added.ID); err != nil || flagged() != 0 {
			t.Errorf("harm %d: after the repair: %v, %d alarms", i, err, flagged())
		}
	}
}

// A certificate's end is announced 60, 30 and 7 days before and on the day, once each, and
// no more after it was replaced.
func TestCertificatesAnnounceTheirEnd(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	k := newKeys(t)
	in := k.input(t)
	in.Serial, in.Certificate = "", certificate(t, k.merchant, 0x5157F09EFDC0)
	added, err := s.Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil {
		t.Fatal(err)
	}
	shown := added.KeySets[0].CertNotAfter
	if shown == nil {
		t.Fatal("the certificate's end is not kept")
	}
	day := 24 * time.Hour
	for i, c := range []struct {
		at     time.Duration // before the end
		events int
	}{{61 * day, 0}, {60 * day, 1}, {45 * day, 1}, {29 * day, 2}, {7 * day, 3}, {6 * day, 3}, {-time.Minute, 4}, {-day, 4}} {
		env.Clock().Set(shown.Add(-c.at))
		for range 2 {
			if err := s.CheckExpiry(t.Context(), env.Tenant.ID, added.Key); err != nil {
				t.Fatal(err)
			}
		}
		alarms, err := env.Vault.Alarms(t.Context(), env.Tenant.ID)
		if events := env.Events(t, outbox.Topic("payments.key_expiring")); err != nil || len(events) != c.events || len(alarms) != min(c.events, 1) {
			t.Errorf("step %d: %d events, %d alarms, %v; want %d", i, len(events), len(alarms), err, c.events)
		}
	}
	alarms, err := env.Vault.Alarms(t.Context(), env.Tenant.ID)
	if err != nil || len(alarms) != 1 || *alarms[0].DaysLeft != 0 || alarms[0].Subject != "merchant_certificate" {
		t.Errorf("alarms %+v, %v", alarms, err)
	}
	env.Clock().Set(time.Now())
	fresh := newKeys(t)
	if _, err := s.Replace(t.Context(), env.Tenant.ID, account.ReplaceInput{
		AccountID: added.ID, Keys: account.WeChatKeys{PrivateKey: vault.NewSecret([]byte(pkcs8(t, fresh.merchant))), Serial: "5157F09EFDC096DE15EBE81A47057A7232F1B8E2"},
	}); err != nil {
		t.Fatal(err)
	}
	if alarms, err := env.Vault.Alarms(t.Context(), env.Tenant.ID); err != nil || len(alarms) != 0 {
		t.Errorf("alarms after the replacement %+v, %v", alarms, err)
	}
}
