package miniprogram_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
	"galleria/tenant/plan"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

const goodSecret = "0123456789abcdef0123456789abcdef"

// bench is a service over a shop without apps, and the sandbox that its apps talk to.
type bench struct {
	*stage
}

func newBench(t *testing.T) *bench {
	t.Helper()
	s := setUp(t)
	s.env.Tenant = s.env.OpenShop(t)
	return &bench{s}
}

func secretOf(text string) miniprogram.KeysInput {
	return miniprogram.KeysInput{Secret: vault.NewSecret([]byte(text))}
}

func newAppID() string { return "wx" + tenanttest.RandomHex(8) }

// live is a live WeChat app as a merchant enters it.
func live(appID string) miniprogram.AddInput {
	return miniprogram.AddInput{AppID: appID, Provider: tenant.WeChat, Name: "小程序", Mode: miniprogram.Live, Keys: secretOf(goodSecret)}
}

func (b *bench) add(t *testing.T, in miniprogram.AddInput) tenant.AppID {
	t.Helper()
	id, err := b.service.Add(t.Context(), b.env.Tenant.ID, in)
	if err != nil {
		t.Fatalf("add %s: %v", in.AppID, err)
	}
	return id
}

// words maps the refused fields to what is said of them.
func words(err error) map[string]string {
	out := map[string]string{}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		for _, field := range f.Fields() {
			out[field.Path] = field.Message
		}
	}
	return out
}

func TestAddReadsWhatTheMerchantTypes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range map[string]struct {
		change func(in *miniprogram.AddInput)
		want   map[string]string
	}{
		"nothing":            {func(in *miniprogram.AddInput) { *in = miniprogram.AddInput{Provider: tenant.WeChat} }, map[string]string{"app_id": "missing", "name": "length", "secret": "missing", "mode": "not_served"}},
		"no provider":        {func(in *miniprogram.AddInput) { in.Provider = "douyin" }, map[string]string{"provider": "provider"}},
		"AppID too short":    {func(in *miniprogram.AddInput) { in.AppID = "wx0123456789abcde" }, map[string]string{"app_id": "form"}},
		"AppID in capitals":  {func(in *miniprogram.AddInput) { in.AppID = "WX0123456789ABCDEF" }, map[string]string{"app_id": "form"}},
		"AppID look-alike":   {func(in *miniprogram.AddInput) { in.AppID = "ｗx0123456789abcdef" }, map[string]string{"app_id": "form"}},
		"T108 AppID script":  {func(in *miniprogram.AddInput) { in.AppID = "<script>alert(1)" }, map[string]string{"app_id": "form"}},
		"another provider's": {func(in *miniprogram.AddInput) { in.AppID = "2021004100000001" }, map[string]string{"app_id": "form"}},
		"original id":        {func(in *miniprogram.AddInput) { in.AppID = "gh_0123456789ab" }, map[string]string{"app_id": "form"}},
		"short secret":       {func(in *miniprogram.AddInput) { in.Keys = secretOf(goodSecret[1:]) }, map[string]string{"secret": "form"}},
		"masked secret":      {func(in *miniprogram.AddInput) { in.Keys = secretOf("••••cdef") }, map[string]string{"secret": "form"}},
		"T100 a huge secret": {func(in *miniprogram.AddInput) { in.Keys = secretOf(strings.Repeat("a", 1<<20)) }, map[string]string{"secret": "form"}},
		"long name":          {func(in *miniprogram.AddInput) { in.Name = strings.Repeat("名", 31) }, map[string]string{"name": "length"}},
		"name with a line":   {func(in *miniprogram.AddInput) { in.Name = "a\nb" }, map[string]string{"name": "length"}},
		"live on sandbox":    {func(in *miniprogram.AddInput) { in.APIBase = b.url }, map[string]string{"mode": "not_served"}},
		"sandbox, no base":   {func(in *miniprogram.AddInput) { in.Mode = miniprogram.Sandbox }, map[string]string{"mode": "not_served"}},
		"sandbox elsewhere":  {func(in *miniprogram.AddInput) { in.Mode, in.APIBase = miniprogram.Sandbox, "https://api.weixin.qq.com" }, map[string]string{"mode": "not_served"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := live(newAppID())
			c.change(&in)
			_, err := b.service.Add(t.Context(), b.env.Tenant.ID, in)
			got := words(err)
			if len(got) != len(c.want) {
				t.Fatalf("refused %v (%v), want %v", got, err, c.want)
			}
			for field, word := range c.want {
				if got[field] != word {
					t.Errorf("%s: %q, want %q", field, got[field], word)
				}
			}
		})
	}
	if apps, err := b.service.Apps(t.Context(), b.env.Tenant.ID); err != nil || len(apps) != 0 {
		t.Errorf("after refusals the shop has %v, %v", apps, err)
	}
}

func TestAppIsAddedRenamedRekeyedDisabledAndRemoved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	go b.env.Resolver.Run(t.Context())
	ctx, shop := t.Context(), b.env.Tenant.ID
	in := live(" " + newAppID() + " ")
	in.Name = " 门店 "
	app := b.add(t, in)
	if scope, err := b.env.Resolver.ByApp(ctx, app.String()); err != nil || scope.Tenant.ID != shop || scope.App.Provider != tenant.WeChat {
		t.Fatalf("resolved to %+v, %v", scope, err)
	}
	if err := b.service.Rename(ctx, shop, app, "旗舰店"); err != nil {
		t.Error(err)
	}
	other := strings.Repeat("f0", 16)
	if err := b.service.ReplaceKeys(ctx, shop, app, secretOf(other)); err != nil {
		t.Error(err)
	}
	if err := b.service.ReplaceKeys(ctx, shop, app, secretOf("••••f0f0")); words(err)["secret"] != "form" {
		t.Errorf("T112 the mask as a secret: %v, want it refused", err)
	}
	got, err := b.service.App(ctx, shop, app)
	if err != nil || got.Name != "旗舰店" || got.KeyEnds != "f0f0" || got.Mode != miniprogram.Live || !got.Enabled {
		t.Errorf("app is %+v, %v", got, err)
	}
	if err := b.service.SetEnabled(ctx, shop, app, false); err != nil {
		t.Error(err)
	}
	waitFor(t, func() bool {
		_, err := b.env.Resolver.ByApp(ctx, app.String())
		return errors.Is(err, registry.ErrUnknownApp)
	})
	if err := b.service.SetEnabled(ctx, shop, app, true); err != nil {
		t.Error(err)
	}
	waitFor(t, func() bool { _, err := b.env.Resolver.ByApp(ctx, app.String()); return err == nil })
	refused := fault.New(fault.Conflict, "APP_IN_USE", "", "in use")
	if err := b.service.Remove(ctx, shop, app, func(context.Context, tenantdb.Tx) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("removal of an app in use: %v", err)
	}
	if err := b.service.Remove(ctx, shop, app, nothingDepends); err != nil {
		t.Error(err)
	}
	if _, err := b.service.App(ctx, shop, app); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("removed app: %v, want NOT_FOUND", err)
	}
	want := []string{"app.bound", "app.renamed", "app.secret_set", "app.disabled", "app.enabled", "app.removed"}
	if got := actionsOn(t, b.env, app); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the log has %v, want %v", got, want)
	}
	b.add(t, live(app.String())) // the AppID is free again
}

func nothingDepends(context.Context, tenantdb.Tx) error { return nil }

// waitFor gives a NOTIFY time to arrive.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatal("other processes never heard of it")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func actionsOn(t *testing.T, env *tenanttest.Env, app tenant.AppID) (actions []string) {
	t.Helper()
	err := env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		rows, err := tx.Query(t.Context(), "SELECT action FROM platform.audit_log WHERE tenant_id = $1 AND object = $2 ORDER BY seq", env.Tenant.ID.String(), "app:"+app.String())
		if err != nil {
			return err
		}
		actions, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return actions
}

// An AppID belongs to one shop: of many that claim it at the same moment one has it, and
// the others learn nothing but that.
func TestOneOfManyShopsThatClaimAnAppIDHasIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	shops := []tenant.Tenant{b.env.Tenant}
	for range 5 {
		shops = append(shops, b.env.OpenShop(t))
	}
	appID := newAppID()
	errs := make([]error, len(shops))
	var wg sync.WaitGroup
	for i, shop := range shops {
		wg.Go(func() { _, errs[i] = b.service.Add(t.Context(), shop.ID, live(appID)) })
	}
	wg.Wait()
	var won []string
	for i, err := range errs {
		switch {
		case err == nil:
			won = append(won, shops[i].ID.String())
		case !errors.Is(err, registry.ErrAppTaken):
			t.Errorf("shop %d: %v, want APP_TAKEN", i, err)
		default:
			for _, other := range shops {
				if other.ID != shops[i].ID && (strings.Contains(err.Error(), other.ID.String()) || strings.Contains(err.Error(), other.Name)) {
					t.Errorf("the refusal %q names another shop", err)
				}
			}
		}
	}
	if len(won) != 1 {
		t.Fatalf("%d shops have the AppID: %v", len(won), won)
	}
	var refusals, sealed int
	err := b.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.audit_log WHERE action = 'app.claim_refused' AND object = $1", "app:"+appID).Scan(&refusals)
	})
	if err != nil || refusals != 2*(len(shops)-1) {
		t.Errorf("%d entries about refused claims, %v; want one in each claimant's log and one in the platform's", refusals, err)
	}
	for i, shop := range shops {
		apps, err := b.service.Apps(t.Context(), shop.ID)
		if err != nil {
			t.Error(err)
		}
		sealed += len(apps)
		if (errs[i] == nil) != (len(apps) == 1) {
			t.Errorf("shop %d was answered %v and has %d apps", i, errs[i], len(apps))
		}
	}
	if sealed != 1 {
		t.Errorf("%d shops list the app", sealed)
	}
	winner := tenant.Tenant{}
	for i, err := range errs {
		if err == nil {
			winner = shops[i]
		}
	}
	if _, err := b.service.Add(t.Context(), winner.ID, live(appID)); !errors.Is(err, registry.ErrAppHere) {
		t.Errorf("the owner adds it again: %v, want APP_HERE", err)
	}
}

// The first live app and the first of the sandbox are in every plan, others need many_apps,
// also when they come at the same moment.
func TestFurtherAppsNeedThePlan(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	shop := b.env.Tenant.ID
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = b.service.Add(t.Context(), shop, live(newAppID())) })
	}
	wg.Wait()
	added := 0
	for _, err := range errs {
		switch {
		case err == nil:
			added++
		case !errors.Is(err, plan.ErrFeature):
			t.Errorf("%v, want FEATURE_NOT_IN_PLAN", err)
		}
	}
	if added != 1 {
		t.Errorf("%d of 4 apps added in the starter plan, want 1", added)
	}
	trial := live(newAppID())
	trial.Mode, trial.APIBase = miniprogram.Sandbox, b.url
	b.add(t, trial)
	trial.AppID = newAppID()
	if _, err := b.service.Add(t.Context(), shop, trial); !errors.Is(err, plan.ErrFeature) {
		t.Errorf("second app of the sandbox: %v, want FEATURE_NOT_IN_PLAN", err)
	}
	if got := actionsOn(t, b.env, mustApp(t, trial.AppID)); len(got) != 0 {
		t.Errorf("what was refused left %v in the log", got)
	}
	rich := b.env.OpenShop(t)
	err := b.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return b.env.Plans.AssignTx(t.Context(), tx, rich.ID, "pro", "test", "test")
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := b.service.Add(t.Context(), rich.ID, live(newAppID())); err != nil {
			t.Errorf("in the pro plan: %v", err)
		}
	}
}

func mustApp(t *testing.T, text string) tenant.AppID {
	t.Helper()
	id, ok := tenant.ParseAppID(text)
	if !ok {
		t.Fatalf("%q is no AppID", text)
	}
	return id
}

// T007: what is another shop's is answered like what does not exist, and nothing is asked
// of the provider.
func TestT007AnotherShopsAppDoesNotExist(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	theirs := b.env.Tenant.ID
	in := live(newAppID())
	in.Mode, in.APIBase = miniprogram.Sandbox, b.url
	app := b.add(t, in)
	mine := b.env.OpenShop(t).ID
	before := b.calls.of("/cgi-bin/stable_token")
	for name, act := range map[string]func() error{
		"show":    func() error { _, err := b.service.App(t.Context(), mine, app); return err },
		"rename":  func() error { return b.service.Rename(t.Context(), mine, app, "x") },
		"disable": func() error { return b.service.SetEnabled(t.Context(), mine, app, false) },
		"re-key":  func() error { return b.service.ReplaceKeys(t.Context(), mine, app, secretOf(strings.Repeat("0", 32))) },
		"check":   func() error { _, err := b.service.CheckNow(t.Context(), mine, app); return err },
		"remove":  func() error { return b.service.Remove(t.Context(), mine, app, nothingDepends) },
	} {
		if err := act(); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: %v, want NOT_FOUND", name, err)
		}
	}
	if n := b.calls.of("/cgi-bin/stable_token") - before; n != 0 {
		t.Errorf("%d calls with another shop's keys", n)
	}
	if got, err := b.service.App(t.Context(), theirs, app); err != nil || got.Name != "小程序" || !got.Enabled || got.KeyEnds != "cdef" {
		t.Errorf("the owner's app is %+v, %v", got, err)
	}
}

// T004: a shop's role sees and changes its own rows of the directory of apps only, and can
// give none away.
func TestT004DirectoryOfAppsIsWalled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mine := b.add(t, live(newAppID()))
	other := b.env.OpenShop(t)
	foreign := b.env.App(t, other)
	b.env.InTenant(t, func(tx tenantdb.Tx) error {
		var n int
		if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.app").Scan(&n); err != nil || n != 1 {
			t.Errorf("sees %d apps, %v; want its own", n, err)
		}
		for _, sql := range []string{
			"UPDATE platform.app SET name = 'x' WHERE app_id = '" + foreign.ID.String() + "'", "DELETE FROM platform.app WHERE app_id = '" + foreign.ID.String() + "'",
		} {
			if tag, err := tx.Exec(t.Context(), sql); err != nil || tag.RowsAffected() != 0 {
				t.Errorf("%s: %v, %v", sql, tag, err)
			}
		}
		return nil
	})
	for _, sql := range []string{
		"UPDATE platform.app SET tenant_id = '" + other.ID.String() + "' WHERE app_id = '" + mine.String() + "'",
		"INSERT INTO platform.app (app_id, provider, tenant_id, name) VALUES ('" + newAppID() + "', 'wechat', '" + other.ID.String() + "', 'x')",
	} {
		err := b.env.DB.InTenant(t.Context(), b.env.Tenant.ID, func(tx tenantdb.Tx) error { _, err := tx.Exec(t.Context(), sql); return err })
		if err == nil {
			t.Errorf("%s was done", sql)
		}
	}
}

// A live check stores what the provider said of the present keys, in words that can be
// shown, and nothing secret.
func TestCheckOfWeChatKeys(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		errcode string // armed at the provider, "" for its own answer
		secret  string // "" for the right one
		appID   bool   // the provider knows it
		want    miniprogram.Check
	}{
		"right":            {want: miniprogram.Check{Code: miniprogram.CheckOK}, appID: true},
		"wrong secret":     {secret: strings.Repeat("f", 32), appID: true, want: miniprogram.Check{Code: miniprogram.CheckSecret, ProviderCode: "40125", Message: "invalid appsecret"}},
		"unknown AppID":    {want: miniprogram.Check{Code: miniprogram.CheckAppID, ProviderCode: "40013", Message: "invalid appid"}},
		"address":          {errcode: "40164", appID: true, want: miniprogram.Check{Code: miniprogram.CheckAddress, ProviderCode: "40164", Message: "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist", Address: "203.0.113.7"}},
		"frozen":           {errcode: "40243", appID: true, want: miniprogram.Check{Code: miniprogram.CheckFrozen, ProviderCode: "40243", Message: "appsecret is frozen"}},
		"daily quota":      {errcode: "45009", appID: true, want: miniprogram.Check{Code: miniprogram.CheckQuota, ProviderCode: "45009", Message: "reach max api daily quota limit"}},
		"busy":             {errcode: "-1", appID: true, want: miniprogram.Check{Code: miniprogram.CheckBusy, ProviderCode: "-1", Message: "system error"}},
		"no permission":    {errcode: "48001", appID: true, want: miniprogram.Check{Code: miniprogram.CheckPermission, ProviderCode: "48001", Message: "api unauthorized"}},
		"unheard-of error": {errcode: "99999", appID: true, want: miniprogram.Check{Code: miniprogram.CheckOther, ProviderCode: "99999"}},
		"cut connection":   {errcode: "drop", appID: true, want: miniprogram.Check{Code: miniprogram.CheckBusy}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			appID, secret := newAppID(), goodSecret
			if c.appID {
				if _, err := b.provider.AddApp(sandbox.AppInput{AppID: appID, Secret: goodSecret}); err != nil {
					t.Fatal(err)
				}
			}
			if c.secret != "" {
				secret = c.secret
			}
			app := b.add(t, miniprogram.AddInput{AppID: appID, Provider: tenant.WeChat, Name: "试", Mode: miniprogram.Sandbox, APIBase: b.url, Keys: secretOf(secret)})
			switch c.errcode {
			case "":
			case "drop":
				b.arm(t, sandbox.Fault{Target: sandbox.TargetToken, Mode: sandbox.ModeDrop, Count: 2})
			default:
				b.arm(t, sandbox.Fault{Target: sandbox.TargetToken, Mode: sandbox.ModeError, Value: c.errcode, Count: 2})
			}
			got, err := b.service.CheckNow(t.Context(), b.env.Tenant.ID, app)
			if err != nil {
				t.Fatal(err)
			}
			if got.At.IsZero() || (c.want.ProviderCode != "") != (got.RequestID != "") {
				t.Errorf("checked at %v, request id %q", got.At, got.RequestID)
			}
			stored, err := b.service.App(t.Context(), b.env.Tenant.ID, app)
			if err != nil || stored.Check != got {
				t.Errorf("stored %+v, %v; want %+v", stored.Check, err, got)
			}
			got.At, got.RequestID = time.Time{}, ""
			if got != c.want {
				t.Errorf("found %+v, want %+v", got, c.want)
			}
			if strings.Contains(stored.Check.Message, secret) {
				t.Error("the stored words show the secret")
			}
		})
	}
}

func TestCheckIsThrottledAndGoesWithItsKeys(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.env.Clock().Set(b.env.Clock().Now())
	appID, shop := newAppID(), b.env.Tenant.ID
	if _, err := b.provider.AddApp(sandbox.AppInput{AppID: appID, Secret: goodSecret}); err != nil {
		t.Fatal(err)
	}
	app := b.add(t, miniprogram.AddInput{AppID: appID, Provider: tenant.WeChat, Name: "试", Mode: miniprogram.Sandbox, APIBase: b.url, Keys: secretOf(goodSecret)})
	before := b.calls.of("/cgi-bin/stable_token")
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = b.service.CheckNow(t.Context(), shop, app) })
	}
	wg.Wait()
	done := 0
	for _, err := range errs {
		switch {
		case err == nil:
			done++
		case !errors.Is(err, miniprogram.ErrCheckTooSoon) || fault.RetryAfterOf(err) == 0:
			t.Errorf("%v, want CHECK_TOO_SOON with a time to wait", err)
		}
	}
	if n := b.calls.of("/cgi-bin/stable_token") - before; done != 1 || n != 1 {
		t.Errorf("8 presses at once: %d checks, %d calls; want 1", done, n)
	}
	b.env.Clock().Advance(miniprogram.CheckEvery)
	if _, err := b.service.CheckNow(t.Context(), shop, app); err != nil {
		t.Errorf("after a while: %v", err)
	}
	if err := b.service.ReplaceKeys(t.Context(), shop, app, secretOf(strings.Repeat("e", 32))); err != nil {
		t.Fatal(err)
	}
	if got, err := b.service.App(t.Context(), shop, app); err != nil || got.Check.Code != miniprogram.NeverChecked || !got.Check.At.IsZero() {
		t.Errorf("new keys have the check %+v, %v; want none", got.Check, err)
	}
	if got, err := b.service.CheckNow(t.Context(), shop, app); err != nil || got.Code != miniprogram.CheckSecret {
		t.Errorf("new keys are checked at once: %+v, %v", got, err)
	}
}
