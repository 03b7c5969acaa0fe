package vault_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

const canary = "canary-9f8e7d6c5b4a-secret"

func TestSealedSecretOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	other := env.OpenShop(t)
	home := vault.Field{Tenant: env.Tenant.ID, Owner: "payment_account:a", Name: "private_key"}
	sealed, err := env.Vault.Seal(t.Context(), home, vault.NewSecret([]byte(canary)))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte(canary)) {
		t.Fatal("the ciphertext contains the secret")
	}
	if got, err := env.Vault.Open(t.Context(), home, sealed); err != nil || string(got.Reveal()) != canary {
		t.Fatalf("open: %v, %v", got, err)
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	for name, c := range map[string]struct {
		field  vault.Field
		sealed []byte
	}{
		"another tenant": {vault.Field{Tenant: other.ID, Owner: home.Owner, Name: home.Name}, sealed},
		"another owner":  {vault.Field{Tenant: home.Tenant, Owner: "payment_account:b", Name: home.Name}, sealed},
		"another field":  {vault.Field{Tenant: home.Tenant, Owner: home.Owner, Name: "api_v3_key"}, sealed},
		"one bit":        {home, flipped},
		"nothing":        {home, nil},
	} {
		if _, err := env.Vault.Open(t.Context(), c.field, c.sealed); !errors.Is(err, vault.ErrSealed) {
			t.Errorf("%s: %v, want ErrSealed", name, err)
		}
	}
}

func TestAnotherKEKOpensNothing(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	field := vault.Field{Tenant: env.Tenant.ID, Owner: "app:x", Name: "secret"}
	sealed, err := env.Vault.Seal(t.Context(), field, vault.NewSecret([]byte(canary)))
	if err != nil {
		t.Fatal(err)
	}
	kek, err := vault.NewLocalKEK(vault.NewSecret([]byte("another key, also thirty-two byt")))
	if err != nil {
		t.Fatal(err)
	}
	other := vault.New(env.DB, kek, env.Clock().Now)
	if _, err := other.Open(t.Context(), field, sealed); !errors.Is(err, vault.ErrKeyAway) {
		t.Errorf("open with another key: %v, want ErrKeyAway", err)
	}
	if alarms, err := other.Alarms(t.Context(), env.Tenant.ID); err != nil || len(alarms) != 0 {
		t.Errorf("a process with a wrong key calls intact keys damaged: %v, %v", alarms, err)
	}
	// Nor does it seal anything, not even for a tenant that has no data key yet.
	if _, err := other.Seal(t.Context(), vault.Field{Tenant: env.OpenShop(t).ID, Owner: "app:x", Name: "secret"}, vault.NewSecret([]byte(canary))); !errors.Is(err, vault.ErrKeyAway) {
		t.Errorf("seal with another key: %v, want ErrKeyAway", err)
	}
	if err := other.Check(t.Context()); !errors.Is(err, vault.ErrWrongKEK) || !strings.Contains(err.Error(), "GALLERIA_KEK_OLD") {
		t.Errorf("check with another key: %v, want ErrWrongKEK", err)
	}
}

func TestWeakKEKIsRefused(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "short", strings.Repeat("a", 32), strings.Repeat("x", 33)} {
		if _, err := vault.NewLocalKEK(vault.NewSecret([]byte(key))); err == nil {
			t.Errorf("key %q was accepted", key)
		}
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	s := vault.NewSecret([]byte(canary))
	holder := struct{ Key vault.Secret }{s}
	encoded, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "holder", holder)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s, "holder", holder)
	texts := []string{
		string(encoded), log.String(), s.Fingerprint(),
		fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s, s, s, s), fmt.Sprintf("%+v %#v", holder, &holder), fmt.Errorf("x: %v", s).Error(),
	}
	for _, text := range texts {
		if strings.Contains(text, "canary") || strings.Contains(text, fmt.Sprintf("%x", canary)) || strings.Contains(text, fmt.Sprintf("%d", []byte(canary))) {
			t.Errorf("printed: %s", text)
		}
	}
	if got := s.Last4(); got != "cret" {
		t.Errorf("Last4 = %q", got)
	}
	if got := vault.NewSecret([]byte("short")).Last4(); got != "" {
		t.Errorf("Last4 of a short secret shows %q", got)
	}
}
