package devserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"path/filepath"

	"galleria/cmd/internal/app"
)

// config makes the configuration of a development installation whose secrets live in the
// data directory.
func (d dataDir) config(publicURL, databaseURL, redisURL, sandboxURL string, getenv func(string) string) (app.Config, error) {
	kek, err := d.secret("key-encryption-key")
	if err != nil {
		return app.Config{}, err
	}
	role, err := d.secret("database-roles")
	if err != nil {
		return app.Config{}, err
	}
	cookie, err := d.secret("cookie")
	if err != nil {
		return app.Config{}, err
	}
	raw, err := hex.DecodeString(kek)
	if err != nil {
		return app.Config{}, err
	}
	fixed := map[string]string{
		"GALLERIA_ENV": "development", "GALLERIA_PUBLIC_URL": publicURL, "GALLERIA_SANDBOX_URL": sandboxURL,
		"GALLERIA_MEDIA_DIR": filepath.Join(string(d), "pictures"),
		"DATABASE_URL":       databaseURL, "REDIS_URL": redisURL, "DATABASE_ROLE_SECRET": role,
		"GALLERIA_KEK": base64.StdEncoding.EncodeToString(raw), "GALLERIA_COOKIE_KEY": cookie,
	}
	// What is not fixed may be tuned from outside. Nobody but the person at this machine
	// calls, who may well want to see what it can take.
	loose := map[string]string{
		"GALLERIA_TENANT_RATE": "1000000", "GALLERIA_READ_RATE": "1000000", "GALLERIA_WRITE_RATE": "10000",
		"GALLERIA_LOGIN_RATE": "10000", "GALLERIA_PAY_RATE": "10000", "GALLERIA_ADDRESS_RATE": "1000000",
		"GALLERIA_CONSOLE_RATE": "10000", "GALLERIA_CALLBACK_RATE": "10000", "GALLERIA_LOG_LEVEL": "warn",
	}
	return app.LoadConfig(func(name string) string {
		if v, ok := fixed[name]; ok {
			return v
		}
		if v := getenv(name); v != "" {
			return v
		}
		return loose[name]
	})
}

// passwords derives the demo logins' passwords, which stay the same as long as the data
// directory does.
func (d dataDir) passwords() (func(login string) string, error) {
	key, err := d.secret("demo-logins")
	if err != nil {
		return nil, err
	}
	return func(login string) string {
		m := hmac.New(sha256.New, []byte(key))
		m.Write([]byte(login))
		// Grouped, so that a person can type it.
		s := hex.EncodeToString(m.Sum(nil))
		return s[0:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:16]
	}, nil
}
