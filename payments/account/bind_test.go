package account_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/account"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// One account serves an app on a channel; moving that is one act with its entry in the log,
// and an account without an app serves nothing.
func TestOneAccountServesAnApp(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	const play = "http://127.0.0.1:1"
	s := newService(env, play)
	k := newKeys(t)
	app := env.App(t, env.Tenant).ID
	serving := func() int64 {
		acc, err := s.ForApp(t.Context(), env.Tenant.ID, payments.WeChat, app.String())
		if err != nil && !errors.Is(err, fault.ErrNotFound) {
			t.Fatal(err)
		}
		return acc.ID
	}
	in := k.input(t)
	in.Mode, in.BaseURL, in.AppIDs = payments.Sandbox, play, []tenant.AppID{app}
	test, err := s.Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil {
		t.Fatal(err)
	}
	in.Mode, in.BaseURL = payments.Live, "" // the same merchant number, for real money
	live, err := s.Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil || len(live.AppIDs) != 0 || serving() != test.ID {
		t.Fatalf("live account %v serves %v (%v); the test account must go on", live.ID, live.AppIDs, err)
	}
	if err := s.Bind(t.Context(), env.Tenant.ID, account.BindInput{AccountID: live.ID, AppID: app}); !errors.Is(err, account.ErrBindingMoved) {
		t.Errorf("binding what another serves, unseen: %v", err)
	}
	move := account.BindInput{AccountID: live.ID, AppID: app, From: test.ID, Actor: "staff:3"}
	if err := s.Bind(t.Context(), env.Tenant.ID, move); err != nil || serving() != live.ID {
		t.Errorf("move: %v, served by %d", err, serving())
	}
	if err := s.Bind(t.Context(), env.Tenant.ID, move); !errors.Is(err, account.ErrBindingMoved) {
		t.Errorf("moving again from where it is not: %v", err)
	}
	var moves int
	if err := env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.audit_log WHERE tenant_id = $1 AND action = 'payment_account.app_bound' AND actor = 'staff:3'", env.Tenant.ID.String()).Scan(&moves)
	}); err != nil || moves != 1 {
		t.Errorf("%d entries of the move, want 1 (%v)", moves, err)
	}
	if err := s.SetEnabled(t.Context(), env.Tenant.ID, live.ID, false, "staff:3"); err != nil || serving() != 0 {
		t.Errorf("disabled: %v, served by %d; a disabled account must not fall back to another", err, serving())
	}
	if err := s.SetEnabled(t.Context(), env.Tenant.ID, live.ID, true, "staff:3"); err != nil || serving() != live.ID {
		t.Errorf("enabled: %v, served by %d", err, serving())
	}
	if err := s.Unbind(t.Context(), env.Tenant.ID, live.ID, app.String(), "staff:3"); err != nil || serving() != 0 {
		t.Errorf("unbound: %v, served by %d", err, serving())
	}
	if err := s.Rename(t.Context(), env.Tenant.ID, live.ID, "正式", "staff:3"); err != nil {
		t.Error(err)
	}
	if shown, err := s.Show(t.Context(), env.Tenant.ID, live.ID); err != nil || shown.Name != "正式" {
		t.Errorf("renamed: %q %v", shown.Name, err)
	}
}

// Only the shop's own AppIDs can be bound, and WeChat Pay serves WeChat's.
func TestForeignAppsAreNotBound(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	other := env.OpenShop(t)
	foreign := env.App(t, other).ID
	ali, _ := tenant.ParseAppID("2021" + tenanttest.RandomHex(6))
	if err := env.Registry.AddApp(t.Context(), tenant.App{ID: ali, Provider: tenant.Alipay, TenantID: env.Tenant.ID, Name: "支付宝店"}); err != nil {
		t.Fatal(err)
	}
	in := newKeys(t).input(t)
	added, err := s.Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil {
		t.Fatal(err)
	}
	for appID, code := range map[tenant.AppID]string{foreign: "APP_NOT_OF_SHOP", ali: "APP_OF_OTHER_PROVIDER"} {
		for _, err := range []error{
			s.Bind(t.Context(), env.Tenant.ID, account.BindInput{AccountID: added.ID, AppID: appID}),
			func() error {
				in := in
				in.MerchantNo, in.AppIDs = "1900000002", []tenant.AppID{appID}
				_, err := s.Add(t.Context(), env.Tenant.ID, in.add())
				return err
			}(),
		} {
			if f, ok := errors.AsType[*fault.Error](err); !ok || len(f.Fields()) != 1 || f.Fields()[0].Why.Code() != code {
				t.Errorf("%s: %v, want %s", appID, err, code)
			}
		}
	}
}

// The keys of one merchant number in two shops are two accounts with two routes, and
// neither shop reaches the other's.
func TestSameMerchantNumberInTwoShops(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	other := env.OpenShop(t)
	in := newKeys(t).input(t)
	mine, err := s.Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := s.Add(t.Context(), other.ID, in.add())
	if err != nil || theirs.Key == mine.Key {
		t.Fatalf("second shop: %v %v", theirs.Key, err)
	}
	for key, shop := range map[string]tenant.ID{mine.Key: env.Tenant.ID, theirs.Key: other.ID} {
		if route, err := env.Resolver.ByAccountKey(t.Context(), key); err != nil || route.Tenant.ID != shop {
			t.Errorf("route of %s leads to %v (%v)", key, route.Tenant.ID, err)
		}
	}
	// A route that is there stays where it leads.
	if err := env.Registry.AddAccountRoute(t.Context(), mine.Key, "wechat", in.MerchantNo, other.ID); err != nil {
		t.Log(err)
	}
	if route, err := env.Resolver.ByAccountKey(t.Context(), mine.Key); err != nil || route.Tenant.ID != env.Tenant.ID {
		t.Errorf("a claimed route leads to %v (%v)", route.Tenant.ID, err)
	}
	if _, err := s.ByKey(t.Context(), other.ID, mine.Key); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("the other shop opens it: %v", err)
	}
}

// T112: a live account never gets an address of its own, whatever writes the row, and a
// sandbox account never loses its.
func TestT112_ModesDoNotMix(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	const play = "http://127.0.0.1:1"
	s := newService(env, play)
	in := newKeys(t).input(t)
	if _, err := s.Add(t.Context(), env.Tenant.ID, in.add()); err != nil {
		t.Fatal(err)
	}
	in.Mode, in.BaseURL = payments.Sandbox, play
	test, err := s.Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`UPDATE payment_account SET config = config || '{"base_url":"http://127.0.0.1:1"}' WHERE mode = 'live'`,
		`UPDATE payment_account SET mode = 'live' WHERE mode = 'sandbox'`,
		`UPDATE payment_account SET mode = 'sandbox' WHERE mode = 'live'`,
		`UPDATE payment_account SET config = config - 'base_url' WHERE mode = 'sandbox'`,
	} {
		err := env.DB.InTenant(t.Context(), env.Tenant.ID, func(tx tenantdb.Tx) error {
			_, err := tx.Exec(t.Context(), sql)
			return err
		})
		if !tenantdb.Violates(err, "payment_account_address") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	// An installation without the sandbox, production, does not open the test account.
	if _, err := newService(env).ByID(t.Context(), env.Tenant.ID, test.ID); !errors.Is(err, account.ErrForeignSandbox) {
		t.Errorf("without a sandbox: %v", err)
	}
}

// A live check keeps what came out, is not repeated at once, and is out of date when the
// keys change.
func TestCheckNow(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	added, err := s.Add(t.Context(), env.Tenant.ID, newKeys(t).input(t).add())
	if err != nil || added.Check.Outcome != account.Unchecked || !added.Check.At.IsZero() {
		t.Fatalf("%+v %v", added.Check, err)
	}
	asked := 0
	check := func(answer error) (account.Check, error) {
		return s.CheckNow(t.Context(), env.Tenant.ID, account.CheckInput{AccountID: added.ID, Actor: "staff:3", Probe: func(_ context.Context, acc payments.Account) error {
			asked++
			if acc.ID != added.ID || acc.PrivateKey.IsZero() {
				t.Error("the probe got another account")
			}
			return answer
		}})
	}
	refused := payments.ErrRefused.WithData(map[string]any{payments.DataProviderCode: "SIGN_ERROR", payments.DataProviderMessage: "签名错误" + strings.Repeat("。", 200)})
	if got, err := check(refused); err != nil || got.Outcome != account.BadSignature || got.Code != "SIGN_ERROR" {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := check(nil); !errors.Is(err, account.ErrCheckedJustNow) || asked != 1 {
		t.Errorf("at once again: %v, asked %d times", err, asked)
	}
	env.Owner(t, "UPDATE "+env.Tenant.ID.String()+".payment_account SET check_begun_at = check_begun_at - interval '1 minute'")
	if got, err := check(nil); err != nil || got.Outcome != account.Fits {
		t.Errorf("%+v %v", got, err)
	}
	shown, err := s.Show(t.Context(), env.Tenant.ID, added.ID)
	if err != nil || shown.Check.Outcome != account.Fits || !shown.Check.Current || shown.Check.At.Before(time.Now().Add(-time.Hour)) || !shown.UpdatedAt.Equal(added.UpdatedAt) {
		t.Errorf("shown %+v %v", shown.Check, err)
	}
	shown, err = s.Replace(t.Context(), env.Tenant.ID, account.ReplaceInput{AccountID: added.ID, Keys: account.WeChatKeys{APIv3Key: secret(freshAPIv3)}})
	if err != nil || shown.Check.Current {
		t.Errorf("after a replacement: %+v %v", shown.Check, err)
	}
}

// Every code of a provider that concerns the keys has its meaning, and what is not an
// answer says nothing about them.
func TestJudge(t *testing.T) {
	t.Parallel()
	refused := func(code, message string) error {
		return payments.ErrRefused.WithData(map[string]any{payments.DataProviderCode: code, payments.DataProviderMessage: message})
	}
	for _, c := range []struct {
		channel payments.Code
		err     error
		want    account.Outcome
	}{
		{payments.WeChat, nil, account.Fits},
		{payments.WeChat, refused("SIGN_ERROR", "签名错误，请检查后再试"), account.BadSignature},
		{payments.WeChat, refused("SIGN_ERROR", "商户证书序列号有误。请使用签名私钥匹配的证书序列号"), account.BadCertificate},
		{payments.WeChat, refused("SIGN_ERROR", "商户号与签名信息不匹配"), account.BadMerchant},
		{payments.WeChat, refused("PARAM_ERROR", "微信支付公钥ID或平台证书序列号Wechatpay-Serial错误"), account.BadAnswer},
		{payments.WeChat, refused("NO_AUTH", ""), account.BadPermission},
		{payments.WeChat, refused("MCH_NOT_EXISTS", ""), account.BadMerchant},
		{payments.WeChat, refused("APPID_MCHID_NOT_MATCH", ""), account.BadApp},
		{payments.WeChat, refused("SOMETHING_NEW", ""), account.Refused},
		{payments.WeChat, payments.ErrBadResponse.WithData(map[string]any{payments.DataSuspect: "api_v3_key"}), account.BadAPIv3Key},
		{payments.WeChat, payments.ErrBadResponse, account.BadAnswer},
		{payments.WeChat, payments.ErrTimeout, account.Unreachable},
		{payments.WeChat, payments.ErrProviderBusy, account.Busy},
		{payments.Alipay, payments.ErrNoChannel, account.NotBuilt},
		{payments.Alipay, refused("isv.invalid-signature", ""), account.BadSignature},
		{payments.Alipay, refused("isv.invalid-app-id", ""), account.BadApp},
		{payments.Alipay, refused("isv.app-cert-expired", ""), account.BadCertificate},
		{payments.Alipay, refused("isv.insufficient-isv-permissions", ""), account.BadPermission},
		{payments.Alipay, refused("ACQ.PARTNER_ERROR", ""), account.BadMerchant},
		{payments.UnionPay, refused("11", ""), account.BadSignature},
		{payments.UnionPay, refused("31", ""), account.BadMerchant},
		{payments.UnionPay, refused("43", ""), account.BadPermission},
		{payments.UnionPay, account.ErrForeignSandbox, account.NoSandbox},
		{payments.UnionPay, errors.New("a defect"), account.Unreachable},
	} {
		if got := account.Judge(c.channel, c.err); got.Outcome != c.want {
			t.Errorf("%s %v: %s, want %s", c.channel, c.err, got.Outcome, c.want)
		}
	}
}

// The outcomes that the table allows are those of the code.
func TestOutcomesAreTheTables(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	var def string
	env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'payment_account_check_outcome' AND conrelid = 'payment_account'::regclass").Scan(&def)
	})
	var inTable, inCode []string
	for _, m := range regexp.MustCompile(`'([a-z0-9_]*)'`).FindAllStringSubmatch(def, -1) {
		inTable = append(inTable, m[1])
	}
	for _, o := range account.Outcomes() {
		inCode = append(inCode, string(o))
	}
	slices.Sort(inTable)
	slices.Sort(inCode)
	if !slices.Equal(inTable, inCode) {
		t.Errorf("table %v, code %v", inTable, inCode)
	}
}
