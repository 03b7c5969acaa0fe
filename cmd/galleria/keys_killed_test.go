package main

import (
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"galleria/cmd/internal/app"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

const (
	killedKEK    = "q8Yk1nLr0eX7Zt5vWm3JhD2oPcUa9sGfKi6BxTwQyRE="
	replacingKEK = "e0I/FilqiQTDZy3k/RK3VOWBYULSVE+QOaSHPMgNxBA="
	killedArgs   = "GALLERIA_TEST_KEYS_ARGS"
)

// keysVars is the environment of `galleria keys` on a database, with the old key-encryption
// key beside the new one if it has been replaced.
func keysVars(database, kek, old string) map[string]string {
	u, err := url.Parse(database)
	if err != nil {
		panic(err)
	}
	secret, _ := u.User.Password()
	return map[string]string{
		"GALLERIA_ENV": "development", "GALLERIA_PUBLIC_URL": "http://127.0.0.1:1", "DATABASE_URL": database, "DATABASE_ROLE_SECRET": secret,
		"REDIS_URL": "redis://127.0.0.1:1/0", "GALLERIA_KEK": kek, "GALLERIA_KEK_OLD": old, "GALLERIA_COOKIE_KEY": "591785b794601e212b260e25925636fd",
	}
}

// TestKeysProcess is `galleria keys rotate`, to be killed.
func TestKeysProcess(t *testing.T) {
	database := tenanttest.InProcess(t)
	args := strings.Fields(os.Getenv(killedArgs))
	kek, old := killedKEK, ""
	if args[len(args)-1] == "--kek" {
		kek, old = replacingKEK, killedKEK
	}
	if code, out, errs := callRun(t, keysVars(database, kek, old), append([]string{"keys"}, args...)...); code != 0 {
		t.Fatalf("exit %d:\n%s%s", code, out, errs)
	}
}

// T113: the command itself dies by SIGKILL, rotating data keys or the key-encryption key.
// What merchants stored opens at every moment; the command, run again, ends the work.
func TestT113_KeysCommandKilled(t *testing.T) {
	t.Parallel()
	const appSecret = "5f1c0a9be27d4836a1b2c3d4e5f60718"
	begin := func(t *testing.T) (env *tenanttest.Env, opens func(when, kek, old string)) {
		t.Helper()
		env = tenanttest.NewAlone(t)
		ids := []tenant.ID{env.Tenant.ID, env.OpenShop(t).ID}
		ground := func(kek, old string) *app.Ground {
			vars := keysVars(env.OwnerURL, kek, old)
			cfg, err := app.LoadConfig(func(name string) string { return vars[name] })
			if err != nil {
				t.Fatal(err)
			}
			g, err := app.NewGround(t.Context(), cfg, slog.New(slog.DiscardHandler), time.Now)
			if err != nil {
				t.Fatal(err)
			}
			return g
		}
		g := ground(killedKEK, "")
		defer g.Close()
		for i, id := range ids {
			appID, _ := tenant.ParseAppID("wx0123456789abcde" + strconv.Itoa(i))
			err := miniprogram.New(miniprogram.Deps{DB: g.DB, Vault: g.Vault, Now: g.Now}).PutCredential(t.Context(), id, miniprogram.CredentialInput{
				AppID: appID, Provider: tenant.WeChat, Secret: vault.NewSecret([]byte(appSecret)),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		return env, func(when, kek, old string) {
			t.Helper()
			g := ground(kek, old)
			defer g.Close()
			for _, id := range ids {
				rows := 0
				for _, c := range app.SealedColumns() {
					var page []vault.Row
					err := g.DB.Read(t.Context(), id, func(r *tenantdb.Reader) (err error) {
						page, err = c.Page(t.Context(), r, "", nil)
						return err
					})
					if err != nil {
						t.Fatal(err)
					}
					for _, row := range page {
						rows++
						secret, err := g.Vault.Open(t.Context(), vault.Field{Tenant: id, Owner: row.Owner, Name: row.Field}, row.Sealed)
						if err != nil || string(secret.Reveal()) != appSecret {
							t.Errorf("%s: %s of %s does not open: %v", when, c.Name, id, err)
						}
					}
				}
				if rows != 1 {
					t.Errorf("%s: %d sealed rows of %s, want 1", when, rows, id)
				}
			}
		}
	}
	for _, args := range []string{"rotate --data --all", "rotate --kek"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			kek, old := killedKEK, ""
			if args == "rotate --kek" {
				kek, old = replacingKEK, killedKEK
			}
			env, _ := begin(t)
			process := func(env *tenanttest.Env) tenanttest.Process {
				return tenanttest.Process{Test: "TestKeysProcess", Env: []string{killedArgs + "=" + args}, OwnerURL: env.OwnerURL}
			}
			trips := len(process(env).Rehearse(t))
			for _, n := range []int{trips / 3, trips / 2, trips * 2 / 3, trips - 2} {
				t.Run("trip "+strconv.Itoa(n)+" of "+strconv.Itoa(trips), func(t *testing.T) {
					t.Parallel()
					env, opens := begin(t)
					process(env).Kill(t, n, tenanttest.Unsent)
					opens("after the kill", kek, old)
					vars := keysVars(env.OwnerURL, kek, old)
					if code, out, errs := callRun(t, vars, append([]string{"keys"}, strings.Fields(args)...)...); code != 0 {
						t.Fatalf("again: exit %d:\n%s%s", code, out, errs)
					}
					opens("after the second run", kek, "")
				})
			}
		})
	}
}
