package app

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"galleria/commerce/distribution"
	"galleria/console/courier"
	"galleria/tenant/signup"
	"galleria/tenant/vault"
)

// Config is what an installation sets, from the environment only. Every variable X may
// instead be given as X_FILE, the path of a file that holds the value.
type Config struct {
	// Environment is "production" or "development". Production refuses everything that is
	// only fit for trying out.
	Environment string `env:"GALLERIA_ENV" envDefault:"production"`
	// Addr is where `serve` listens.
	Addr string `env:"GALLERIA_ADDR" envDefault:"127.0.0.1:8080"`
	// PublicURL is the address under which browsers, Mini Programs and payment providers
	// reach this installation; callbacks go to <PublicURL>/notify/….
	PublicURL string `env:"GALLERIA_PUBLIC_URL,required"`
	// DatabaseURL logs in as the owner of the schemas. Only migrate, tenant and the stock
	// of spare schemas use that login; everything else uses the login roles.
	DatabaseURL string `env:"DATABASE_URL,required" secret:"url"`
	// RoleSecret is what the login roles' passwords derive from; 32 characters or more.
	RoleSecret string `env:"DATABASE_ROLE_SECRET,required" secret:"all"`
	// RedisURL is the queue and the shared rate limits. It may be lost at any time.
	RedisURL string `env:"REDIS_URL,required" secret:"url"`
	// KEK is the key-encryption key: 32 random bytes in base64 or hexadecimal.
	KEK string `env:"GALLERIA_KEK,required" secret:"all"`
	// OldKEKs are key-encryption keys that only unwrap, while `galleria keys rotate` replaces
	// them.
	OldKEKs []string `env:"GALLERIA_KEK_OLD" envSeparator:"," secret:"all"`
	// CookieKey signs the console's CSRF tokens; 32 characters or more.
	CookieKey string `env:"GALLERIA_COOKIE_KEY,required" secret:"all"`
	// TrustedProxies are the addresses whose X-Forwarded-For is believed.
	TrustedProxies []string `env:"GALLERIA_TRUSTED_PROXIES" envSeparator:","`
	// LogLevel is debug, info, warn or error.
	LogLevel slog.Level `env:"GALLERIA_LOG_LEVEL" envDefault:"info"`
	// LaneConns and PlatformConns size the pools: eight lanes of LaneConns, and one of
	// PlatformConns for the schema `platform`.
	LaneConns     int32 `env:"DATABASE_LANE_CONNS" envDefault:"4"`
	PlatformConns int32 `env:"DATABASE_PLATFORM_CONNS" envDefault:"8"`
	// StatementTimeout ends a statement.
	StatementTimeout time.Duration `env:"DATABASE_STATEMENT_TIMEOUT" envDefault:"5s"`
	// SpareSchemas is how many schemas are kept ready for new shops.
	SpareSchemas int `env:"GALLERIA_SPARE_SCHEMAS" envDefault:"4"`
	// WorkerConcurrency is how many events one worker handles at a time.
	WorkerConcurrency int `env:"GALLERIA_WORKER_CONCURRENCY" envDefault:"16"`
	// CallbackDays is for how many days the messages of providers are kept; their rows stay.
	CallbackDays int `env:"GALLERIA_CALLBACK_DAYS" envDefault:"180"`
	// Rates bound requests per second; a burst of a few times that is let through.
	// TenantRate: one shop, per process. ReadRate: one buyer or address, looking. WriteRate:
	// one buyer, changing something. LoginRate: one address, signing in to one shop. PayRate:
	// one buyer, beginning a payment.
	TenantRate int `env:"GALLERIA_TENANT_RATE" envDefault:"5000"`
	ReadRate   int `env:"GALLERIA_READ_RATE" envDefault:"200"`
	WriteRate  int `env:"GALLERIA_WRITE_RATE" envDefault:"20"`
	LoginRate  int `env:"GALLERIA_LOGIN_RATE" envDefault:"10"`
	PayRate    int `env:"GALLERIA_PAY_RATE" envDefault:"5"`
	// AddressRate: one address, all of the API. CallbackRate: the callbacks of one shop, and
	// twenty times that of one address, because a provider has few for all its merchants.
	// ConsoleRate: one person or address in the console, and ten times that of one shop.
	AddressRate  int `env:"GALLERIA_ADDRESS_RATE" envDefault:"1000"`
	CallbackRate int `env:"GALLERIA_CALLBACK_RATE" envDefault:"100"`
	ConsoleRate  int `env:"GALLERIA_CONSOLE_RATE" envDefault:"30"`
	// Places bound how many requests of a class one process works on at once; 0 is no bound.
	// Each class has its own, so that none can take the processor from another.
	APIPlaces int `env:"GALLERIA_API_PLACES" envDefault:"256"`
	// ShopPlaces is how many of the API's places the buyers of one Mini Program may hold;
	// those that come beside them wait in a queue of their own. 0 is no bound.
	ShopPlaces     int `env:"GALLERIA_SHOP_PLACES" envDefault:"16"`
	CallbackPlaces int `env:"GALLERIA_CALLBACK_PLACES" envDefault:"64"`
	ConsolePlaces  int `env:"GALLERIA_CONSOLE_PLACES" envDefault:"32"`
	// TenantJobs is how many of a worker's places one shop may hold; 0 is three quarters.
	TenantJobs int `env:"GALLERIA_TENANT_JOBS" envDefault:"0"`
	// MetricsAddr is where serve and worker show /metrics to Prometheus; empty is nowhere.
	// It must be a loopback or private address, unless MetricsPublic consents to another.
	MetricsAddr   string `env:"GALLERIA_METRICS_ADDR"`
	MetricsPublic bool   `env:"GALLERIA_METRICS_PUBLIC" envDefault:"false"`
	// ShutdownDelay is how long /readyz says no before `serve` stops to listen: the time a
	// load balancer takes to notice.
	ShutdownDelay time.Duration `env:"GALLERIA_SHUTDOWN_DELAY" envDefault:"0s"`
	// SecondFactor is "true" or "false": whether owners, finance and the platform's staff
	// have to set up a second factor before they work. Empty is true in production, where
	// false is refused, and false in development.
	SecondFactor string `env:"GALLERIA_REQUIRE_2FA"`
	// PasswordKiB is the memory of one hash of a password (argon2id, two passes); less than
	// 19456, OWASP's minimum, is refused in production. At most as many hashes as there are
	// processors are made at a time.
	PasswordKiB uint32 `env:"GALLERIA_PASSWORD_KIB" envDefault:"19456"`
	// SandboxURL is the provider sandbox, for shops that try things out. Refused in
	// production.
	SandboxURL string `env:"GALLERIA_SANDBOX_URL"`
	// EgressAddresses are the addresses under which providers see this installation's calls.
	// The console shows them to merchants, who have to allow them at WeChat.
	EgressAddresses []string `env:"GALLERIA_EGRESS_ADDRESSES"`
	// APIURL is where this installation reaches its own API for a shop's test purchase, such as
	// a load balancer's inside address; empty is PublicURL.
	APIURL string `env:"GALLERIA_API_URL"`
	// MediaDir is the folder of the pictures that merchants upload. Several servers share it.
	MediaDir string `env:"GALLERIA_MEDIA_DIR" envDefault:".galleria/pictures"`
	// MediaS3 keeps the pictures in an object store that speaks S3 (OSS and COS do) instead:
	// "https://endpoint/bucket?region=cn-hangzhou", with &path=true for a store that wants the
	// bucket in the path. Empty: MediaDir.
	MediaS3 string `env:"GALLERIA_MEDIA_S3"`
	// MediaS3Key and MediaS3Secret open it.
	MediaS3Key    string `env:"GALLERIA_MEDIA_S3_KEY" secret:"all"`
	MediaS3Secret string `env:"GALLERIA_MEDIA_S3_SECRET" secret:"all"`
	// Font is the file (TTF, OTF or TTC) of the font that writes Chinese on distributors' posters.
	// Empty: one of Debian's packages where it is installed, or else posters without words.
	Font string `env:"GALLERIA_FONT"`
	// Signup is whether merchants open shops by themselves: "open" at once, "review" when
	// platform staff have approved, "closed" not at all. Empty: open in development, closed
	// in production.
	Signup string `env:"GALLERIA_SIGNUP"`
	// SMTPURL is the mail server: smtp://user:password@host:587 (STARTTLS) or
	// smtps://user:password@host:465. Without it a production installation sends no mail; in
	// development messages are kept for /console/dev/messages.
	SMTPURL string `env:"GALLERIA_SMTP_URL" secret:"url"`
	// MailFrom is the sender of mail, such as "Galleria <no-reply@example.com>".
	MailFrom string `env:"GALLERIA_MAIL_FROM"`
	// SMSKeyID, SMSKeySecret and SMSSign are the installation's own account at Aliyun's Short
	// Message Service and the registered name before its messages: codes for merchants and staff
	// who use a phone number. Shops send to their buyers by accounts of their own.
	SMSKeyID     string `env:"GALLERIA_SMS_KEY_ID"`
	SMSKeySecret string `env:"GALLERIA_SMS_KEY_SECRET" secret:"all"`
	SMSSign      string `env:"GALLERIA_SMS_SIGN"`
	// SMSTemplates are the registered templates by kind, such as
	// "signup_code=SMS_1001,signup_known=SMS_1002"; see courier.Kind. A kind without one does
	// not go by text message.
	SMSTemplates string `env:"GALLERIA_SMS_TEMPLATES"`
}

// LoadConfig reads and checks the configuration and reports every fault at once.
func LoadConfig(getenv func(string) string) (Config, error) {
	vars, faults := environment(getenv)
	var cfg Config
	if err := env.ParseWithOptions(&cfg, env.Options{Environment: vars}); err != nil {
		if all, ok := errors.AsType[env.AggregateError](err); ok {
			faults = append(faults, all.Errors...)
		} else {
			faults = append(faults, err)
		}
		return Config{}, errors.Join(faults...)
	}
	return cfg, errors.Join(append(faults, cfg.faults()...)...)
}

// environment collects the variables of Config, following X_FILE.
func environment(getenv func(string) string) (vars map[string]string, faults []error) {
	vars = make(map[string]string)
	for _, name := range variables() {
		if v := getenv(name); v != "" {
			vars[name] = v
			continue
		}
		path := getenv(name + "_FILE")
		if path == "" {
			continue
		}
		b, err := readPrivate(path, secretive(name))
		if err != nil {
			faults = append(faults, fmt.Errorf("%s_FILE: %w", name, err))
			continue
		}
		vars[name] = strings.TrimRight(string(b), "\r\n")
	}
	return vars, faults
}

// errReadable is a file with a secret that everybody on the machine may read or change.
var errReadable = errors.New("is open to every user of this machine: chmod 600 it (in a container: mount the secret with mode 0400)")

// readPrivate reads a file; one with a secret must not be open to all.
func readPrivate(path string, secret bool) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	const others = 0o007
	if secret && info.Mode().Perm()&others != 0 {
		return nil, fmt.Errorf("%s %w", path, errReadable)
	}
	return os.ReadFile(path)
}

// secretive reports a variable that holds a secret.
func secretive(name string) bool {
	for f := range reflect.TypeFor[Config]().Fields() {
		if known, _, _ := strings.Cut(f.Tag.Get("env"), ","); known == name {
			return f.Tag.Get("secret") != ""
		}
	}
	return false
}

func variables() []string {
	var names []string
	for f := range reflect.TypeFor[Config]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		names = append(names, name)
	}
	return names
}

// complaints collects what is wrong with a configuration.
type complaints []error

func (l *complaints) add(bad bool, format string, args ...any) {
	if bad {
		*l = append(*l, fmt.Errorf(format, args...))
	}
}

func (c Config) faults() []error {
	var l complaints
	public, err := url.Parse(c.PublicURL)
	l.add(err != nil || public.Host == "" || (public.Scheme != "https" && public.Scheme != "http"), "GALLERIA_PUBLIC_URL: %q is not an http(s) address", c.PublicURL)
	l.add(c.Environment != "production" && c.Environment != "development", "GALLERIA_ENV: %q is neither production nor development", c.Environment)
	if _, _, err := c.keks(); err != nil {
		l = append(l, err)
	} else if key, err := decodeKey(c.KEK); err == nil {
		l.add(vault.Guessable(key), "GALLERIA_KEK: was typed or copied from an example; draw one: galleria keys new")
	}
	l.add(weak(c.RoleSecret), "DATABASE_ROLE_SECRET: must be 32 characters or more, and not an example; make one with `openssl rand -hex 32`")
	l.add(weak(c.CookieKey), "GALLERIA_COOKIE_KEY: must be 32 characters or more, and not an example; make one with `openssl rand -hex 32`")
	if c.APIURL != "" {
		own, err := url.Parse(c.APIURL)
		l.add(err != nil || own.Host == "" || (own.Scheme != "https" && own.Scheme != "http"), "GALLERIA_API_URL: %q is not an http(s) address", c.APIURL)
	}
	if err := c.metricsAddrFault(); err != nil {
		l.add(true, "GALLERIA_METRICS_ADDR: %w", err)
	}
	l.add(c.LaneConns < 1 || c.PlatformConns < 2, "DATABASE_LANE_CONNS must be at least 1 and DATABASE_PLATFORM_CONNS at least 2")
	c.complainOfPeople(&l)
	if c.Production() && err == nil {
		c.complainInProduction(&l, public)
	}
	return l
}

// complainOfPeople looks at how people sign up and sign in, and at what they see.
func (c Config) complainOfPeople(l *complaints) {
	l.add(c.SecondFactor != "" && c.SecondFactor != "true" && c.SecondFactor != "false", "GALLERIA_REQUIRE_2FA: %q is neither true nor false", c.SecondFactor)
	l.add(c.PasswordKiB < 8 || c.PasswordKiB > 1<<20, "GALLERIA_PASSWORD_KIB: must be 8 to 1048576")
	if c.Font != "" {
		err := distribution.CheckFont(c.Font)
		l.add(err != nil, "GALLERIA_FONT: %w", err)
	}
	mail, err := c.mail(nil)
	l.add(err != nil, "GALLERIA_SMTP_URL, GALLERIA_MAIL_FROM: %w", err)
	texts, err := c.texts(nil, nil)
	l.add(err != nil, "GALLERIA_SMS_TEMPLATES: %w", err)
	switch c.SignupMode() {
	case signup.ModeOpen, signup.ModeReview:
		l.add(c.Production() && !mail.Goes(courier.Mail, courier.SignUpCode) && !texts.Goes(courier.SMS, courier.SignUpCode), "GALLERIA_SIGNUP: sign-up in production needs GALLERIA_SMTP_URL, or GALLERIA_SMS_TEMPLATES with signup_code, or nobody can prove an address")
	case signup.ModeClosed:
	default:
		l.add(true, "GALLERIA_SIGNUP: %q is none of open, review, closed", c.Signup)
	}
}

// complainInProduction refuses what is good enough for trying things out only.
func (c Config) complainInProduction(l *complaints, public *url.URL) {
	l.add(c.SecondFactor == "false", "GALLERIA_REQUIRE_2FA: production needs the second factor")
	l.add(c.PasswordKiB < 19*1024, "GALLERIA_PASSWORD_KIB: production needs 19456 or more")
	l.add(public.Scheme != "https", "GALLERIA_PUBLIC_URL: production needs https")
	l.add(loopbackURL(public), "GALLERIA_PUBLIC_URL: buyers and providers cannot reach this machine's own loopback; set the address they use")
	l.add(c.SandboxURL != "", "GALLERIA_SANDBOX_URL: the sandbox takes play money and is refused in production; unset it, or set GALLERIA_ENV=development")
	l.add(plainRemote(c.DatabaseURL), "DATABASE_URL: a database on another host needs sslmode=require or better in production")
	l.add(weakPassword(c.DatabaseURL), "DATABASE_URL: the password is empty or one that every example has; give the owner a random one (`openssl rand -hex 24`)")
	l.add(weakPassword(c.RedisURL), "REDIS_URL: a Redis on another host needs a password (requirepass, or an ACL user)")
	l.add(c.RoleSecret == c.CookieKey, "GALLERIA_COOKIE_KEY: is the same as DATABASE_ROLE_SECRET; make one of its own with `openssl rand -hex 32`")
}

// Production reports whether this is a production installation.
func (c Config) Production() bool { return c.Environment == "production" }

// SignupMode is whether merchants open shops by themselves.
func (c Config) SignupMode() signup.Mode {
	switch {
	case c.Signup != "":
		return signup.Mode(c.Signup)
	case c.Production():
		return signup.ModeClosed
	}
	return signup.ModeOpen
}

// RequireSecondFactor reports whether guarded roles need a second factor here.
func (c Config) RequireSecondFactor() bool {
	return c.SecondFactor == "true" || (c.SecondFactor == "" && c.Production())
}

// keks returns the key-encryption key and the older ones.
func (c Config) keks() (kek vault.KEK, older []vault.KEK, err error) {
	if kek, err = localKEK(c.KEK); err != nil {
		return nil, nil, fmt.Errorf("GALLERIA_KEK: %w", err)
	}
	for _, text := range c.OldKEKs {
		if strings.TrimSpace(text) == "" {
			continue
		}
		old, err := localKEK(text)
		if err != nil {
			return nil, nil, fmt.Errorf("GALLERIA_KEK_OLD: %w", err)
		}
		older = append(older, old)
	}
	return kek, older, nil
}

func localKEK(text string) (vault.KEK, error) {
	key, err := decodeKey(text)
	if err != nil {
		return nil, err
	}
	return vault.NewLocalKEK(key)
}

var errNoKey = errors.New("is neither base64 nor hexadecimal")

// decodeKey reads a key in hexadecimal or base64. The error does not quote it.
func decodeKey(text string) (vault.Secret, error) {
	text = strings.TrimSpace(text)
	raw, err := hex.DecodeString(text)
	if err != nil {
		raw, err = base64.StdEncoding.DecodeString(text)
	}
	if err != nil {
		return vault.Secret{}, errNoKey
	}
	return vault.NewSecret(raw), nil
}

// weak recognises secrets that protect nothing: short ones, one repeated character, and
// those that circulate in examples and in other systems' sources.
func weak(s string) bool {
	if len(s) < 32 || strings.Count(s, s[:1]) == len(s) {
		return true
	}
	lower := strings.ToLower(s)
	for _, known := range []string{"changeme", "example", "x-litemall-token", "mall-portal-secret", "default", "secret", "password"} {
		if strings.Contains(lower, known) {
			return true
		}
	}
	return false
}

func plainRemote(databaseURL string) bool {
	u, err := url.Parse(databaseURL)
	if err != nil || ownHost(u) {
		return false // reported when connecting
	}
	mode := u.Query().Get("sslmode")
	return mode != "require" && mode != "verify-ca" && mode != "verify-full"
}

// Print writes the effective configuration with secrets masked, one variable a line.
func (c Config) Print(w io.Writer) {
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		_, _ = fmt.Fprintf(w, "%s=%s\n", name, mask(f.Tag.Get("secret"), fmt.Sprint(v.Field(i).Interface())))
	}
}

func mask(how, value string) string {
	switch {
	case value == "" || value == "[]":
		return ""
	case how == "all":
		return "[set]"
	case how == "url":
		if u, err := url.Parse(value); err == nil {
			return u.Redacted()
		}
		return "[set]"
	}
	return value
}
