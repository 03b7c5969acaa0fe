package app_test

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"galleria/cmd/internal/app"
	"galleria/commerce/notice"
	"galleria/console/courier"
)

func good() map[string]string {
	return map[string]string{
		"GALLERIA_PUBLIC_URL":  "https://shop.example.test",
		"DATABASE_URL":         "postgres://owner:hunter2hunter2@127.0.0.1:5432/galleria",
		"DATABASE_ROLE_SECRET": "b1946ac92492d2347c6235b4d2611184",
		"REDIS_URL":            "redis://:pa55word@127.0.0.1:6379/0",
		"GALLERIA_KEK":         "q8Yk1nLr0eX7Zt5vWm3JhD2oPcUa9sGfKi6BxTwQyRE=",
		"GALLERIA_COOKIE_KEY":  "591785b794601e212b260e25925636fd",
	}
}

func load(vars map[string]string) (app.Config, error) {
	return app.LoadConfig(func(name string) string { return vars[name] })
}

func TestConfigReportsEveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	_, err := load(map[string]string{"GALLERIA_ADDR": "x"})
	if err == nil {
		t.Fatal("an empty configuration was accepted")
	}
	for _, name := range []string{"GALLERIA_PUBLIC_URL", "DATABASE_URL", "DATABASE_ROLE_SECRET", "REDIS_URL", "GALLERIA_KEK", "GALLERIA_COOKIE_KEY"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not reported: %v", name, err)
		}
	}
}

func TestProductionRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ variable, value, says string }{
		"http":                {"GALLERIA_PUBLIC_URL", "http://shop.example.test", "https"},
		"sandbox":             {"GALLERIA_SANDBOX_URL", "http://127.0.0.1:9", "sandbox"},
		"remote without tls":  {"DATABASE_URL", "postgres://o:p@db.internal/galleria?sslmode=disable", "sslmode"},
		"known secret":        {"GALLERIA_COOKIE_KEY", "X-Litemall-Token-X-Litemall-Token", "GALLERIA_COOKIE_KEY"},
		"short secret":        {"DATABASE_ROLE_SECRET", "short", "DATABASE_ROLE_SECRET"},
		"constant secret":     {"DATABASE_ROLE_SECRET", strings.Repeat("a", 64), "DATABASE_ROLE_SECRET"},
		"constant kek":        {"GALLERIA_KEK", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "GALLERIA_KEK"},
		"short kek":           {"GALLERIA_KEK", "c2hvcnQ=", "GALLERIA_KEK"},
		"counted kek":         {"GALLERIA_KEK", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "GALLERIA_KEK"},
		"typed kek":           {"GALLERIA_KEK", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "GALLERIA_KEK"},
		"short old kek":       {"GALLERIA_KEK_OLD", "c2hvcnQ=", "GALLERIA_KEK_OLD"},
		"unknown sign-up":     {"GALLERIA_SIGNUP", "maybe", "GALLERIA_SIGNUP"},
		"sign-up, no mail":    {"GALLERIA_SIGNUP", "open", "GALLERIA_SMTP_URL"},
		"mail, no sender":     {"GALLERIA_SMTP_URL", "smtps://u:p@mail.example", "GALLERIA_MAIL_FROM"},
		"texts, no account":   {"GALLERIA_SMS_TEMPLATES", "signup_code=SMS_1,signup_known=SMS_2", "GALLERIA_SMS_KEY_ID"},
		"unknown environment": {"GALLERIA_ENV", "staging", "GALLERIA_ENV"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vars := good()
			vars[c.variable] = c.value
			if _, err := load(vars); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s=%s: %v, want an error about %q", c.variable, c.value, err, c.says)
			}
		})
	}
}

func TestConfigFromFilesPrintsMasked(t *testing.T) {
	t.Parallel()
	vars := good()
	path := filepath.Join(t.TempDir(), "kek")
	if err := os.WriteFile(path, []byte(vars["GALLERIA_KEK"]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := vars["GALLERIA_KEK"]
	delete(vars, "GALLERIA_KEK")
	vars["GALLERIA_KEK_FILE"] = path
	cfg, err := load(vars)
	if err != nil || cfg.KEK != want {
		t.Fatalf("from a file: %q, %v", cfg.KEK, err)
	}
	var out strings.Builder
	cfg.Print(&out)
	for _, secret := range []string{"hunter2", "pa55word", vars["DATABASE_ROLE_SECRET"], want, vars["GALLERIA_COOKIE_KEY"]} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the printed configuration shows %q", secret)
		}
	}
	if !strings.Contains(out.String(), "GALLERIA_ADDR=127.0.0.1:8080") {
		t.Errorf("printed: %s", out.String())
	}
}

// T112: a file with a secret that others on the machine may read or change is refused; one
// without a secret is not.
func TestT112_WorldReadableKeyFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		variable string
		mode     os.FileMode
		refused  bool
	}{
		"key, mine":      {"GALLERIA_KEK", 0o600, false},
		"key, group":     {"GALLERIA_KEK", 0o440, false},
		"key, readable":  {"GALLERIA_KEK", 0o644, true},
		"key, writable":  {"GALLERIA_KEK", 0o602, true},
		"old key":        {"GALLERIA_KEK_OLD", 0o644, true},
		"cookie key":     {"GALLERIA_COOKIE_KEY", 0o644, true},
		"database":       {"DATABASE_URL", 0o644, true},
		"public address": {"GALLERIA_PUBLIC_URL", 0o644, false},
	} {
		vars := good()
		vars["GALLERIA_KEK_OLD"] = "3f9a1c7be05d2846a1f0c3d5e7b96824cafe17d08b6e42f35a9d0c1b7e8f6a24"
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(vars[c.variable]+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		value := vars[c.variable]
		delete(vars, c.variable)
		vars[c.variable+"_FILE"] = path
		_, err := load(vars)
		if refused := err != nil; refused != c.refused || (err != nil && (!strings.Contains(err.Error(), c.variable) || strings.Contains(err.Error(), value))) {
			t.Errorf("%s with mode %o: %v, want refused %v", name, c.mode, err, c.refused)
		}
	}
}

// The example names every variable there is, so that nobody has to read the source.
func TestExampleNamesEveryVariable(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := load(good())
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cfg.Print(&out)
	for line := range strings.Lines(out.String()) {
		name, _, _ := strings.Cut(line, "=")
		if !strings.Contains(string(example), "\n"+name+"=") && !strings.Contains(string(example), "\n#"+name+"=") {
			t.Errorf(".env.example does not name %s", name)
		}
	}
}

// TestStaffTexts: an account for text messages opens sign-up by phone; a list of templates that
// would tell who has an account, or names what there is not, is refused.
func TestStaffTexts(t *testing.T) {
	t.Parallel()
	with := func(templates string) map[string]string {
		vars := good()
		maps.Copy(vars, map[string]string{
			"GALLERIA_SIGNUP": "open", "GALLERIA_SMS_KEY_ID": "LTAI", "GALLERIA_SMS_KEY_SECRET": "k3yOfTheAccount", "GALLERIA_SMS_SIGN": "格乐", "GALLERIA_SMS_TEMPLATES": templates,
		})
		return vars
	}
	for templates, says := range map[string]string{
		"signup_code=SMS_1": "signup_known",
		"signup_code=SMS_1, signup_known=SMS_2, soon=SMS_3": "soon",
		"signup_code": "kind=template",
		"signup_code=SMS_1,signup_known=SMS_2,signup_code=SMS_3": "two templates",
		"password_reset=SMS_1": "signup_code", // nobody could prove an address
	} {
		if _, err := load(with(templates)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want an error about %q", templates, err, says)
		}
	}
	cfg, err := load(with("signup_code=SMS_1, signup_known=SMS_2"))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if cfg.Print(&out); strings.Contains(out.String(), "k3yOfTheAccount") {
		t.Error("the printed configuration shows the account's secret")
	}
	v := &vendor{}
	c, err := cfg.Courier(v, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if !c.Goes(courier.SMS, courier.SignUpCode) || c.Goes(courier.SMS, courier.PasswordReset) || c.Goes(courier.Mail, courier.SignUpCode) {
		t.Error("goes where it cannot, or not where it can")
	}
	err = c.Send(t.Context(), courier.Message{Way: courier.SMS, To: "+8613800000000", Kind: courier.SignUpCode, Text: "not sent", Values: map[string]string{courier.ValueCode: "123456"}})
	if err != nil || v.key.KeyID != "LTAI" || v.key.SignName != "格乐" || v.text.Template != "SMS_1" || string(v.text.Phone.Reveal()) != "+8613800000000" || v.text.Values["code"] != "123456" {
		t.Errorf("sent %+v by %+v: %v", v.text, v.key, err)
	}
}

// vendor keeps the last text message that it was given.
type vendor struct {
	notice.Texter

	key  notice.SMSKey
	text notice.Text
}

func (v *vendor) SendText(_ context.Context, key notice.SMSKey, m notice.Text) (string, error) {
	v.key, v.text = key, m
	return "1", nil
}
