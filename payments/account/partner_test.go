package account_test

import (
	"errors"
	"slices"
	"testing"

	"galleria/payments"
	"galleria/payments/account"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// wrongFields lists which fields were refused, with their codes.
func wrongFields(err error) []string {
	var all []string
	if f, ok := errors.AsType[*fault.Error](err); ok {
		for _, field := range f.Fields() {
			all = append(all, field.Path+" "+field.Why.Code())
		}
	}
	slices.Sort(all)
	return all
}

// A service provider signs for the shop's sub-merchant: what does not fit is named by its
// field, and the account is the sub-merchant's.
func TestPartnerAccount(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := newService(env)
	k := newKeys(t)
	app := env.App(t, env.Tenant)
	good := func() input {
		in := k.input(t)
		in.MerchantNo, in.Relation, in.SpMchID, in.SpAppID = "1900000301", account.ServiceProvider, " 1900000001 ", "wxsp000000000001"
		return in
	}
	for what, c := range map[string]struct {
		bend func(*input)
		want []string
	}{
		"no provider":            {func(in *input) { in.SpMchID, in.SpAppID = "", "" }, []string{"sp_appid WECHAT_APP_ID_FORM", "sp_mchid SP_MCHID_FORM"}},
		"itself":                 {func(in *input) { in.SpMchID = in.MerchantNo }, []string{"sp_mchid SP_IS_SUB_MERCHANT"}},
		"the provider's app":     {func(in *input) { in.SubAppID = in.SpAppID }, []string{"sub_appid SUB_APP_IS_SP_APP"}},
		"a direct merchant's":    {func(in *input) { in.Relation = account.DirectMerchant }, []string{"sp_appid PARTNER_FIELD_UNUSED", "sp_mchid PARTNER_FIELD_UNUSED"}},
		"no relation":            {func(in *input) { in.Relation = "friend" }, []string{"relation RELATION_UNKNOWN"}},
		"an app not served":      {func(in *input) { in.SubAppID, in.AppIDs = "wxsub00000000001", []tenant.AppID{app.ID} }, []string{"app_ids[0] APP_NOT_SERVED"}},
		"not an AppID of WeChat": {func(in *input) { in.SubAppID = "2021000000000000" }, []string{"sub_appid WECHAT_APP_ID_FORM"}},
	} {
		in := good()
		c.bend(&in)
		if _, err := s.Add(t.Context(), env.Tenant.ID, in.add()); !slices.Equal(wrongFields(err), c.want) {
			t.Errorf("%s: %v, want %v", what, wrongFields(err), c.want)
		}
	}
	in := good()
	in.AppIDs = []tenant.AppID{app.ID}
	added, err := s.Add(t.Context(), env.Tenant.ID, in.add())
	if err != nil {
		t.Fatal(err)
	}
	acc, err := s.ForApp(t.Context(), env.Tenant.ID, payments.WeChat, app.ID.String())
	if err != nil || acc.MerchantNo != "1900000301" || acc.SignerNo() != "1900000001" || !acc.Config.Partner() || acc.Config.SpAppID != "wxsp000000000001" {
		t.Fatalf("the account is %+v, %v", acc.Config, err)
	}

	// An empty form leaves the relation as it is; before anything was collected it may change.
	shown, err := s.Replace(t.Context(), env.Tenant.ID, account.ReplaceInput{AccountID: added.ID, Keys: account.WeChatKeys{}})
	if err != nil || shown.KeyVersion != 1 {
		t.Fatalf("nothing changed: v%d %v", shown.KeyVersion, err)
	}
	_, err = s.Replace(t.Context(), env.Tenant.ID, account.ReplaceInput{AccountID: added.ID, Keys: account.WeChatKeys{
		Relation: account.ServiceProvider, SpMchID: "1900000002", SpAppID: "wxsp000000000002", SubAppID: "wxsub00000000001",
	}})
	if err != nil {
		t.Fatalf("another provider: %v", err)
	}
	if err := s.Bind(t.Context(), env.Tenant.ID, account.BindInput{AccountID: added.ID, AppID: app.ID, From: 0}); !slices.Equal(wrongFields(err), []string{"app_ids[0] APP_NOT_SERVED"}) {
		t.Errorf("an app that the provider does not serve: %v", err)
	}
	env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO payment_attempt (out_trade_no, business_no, account_id, channel, app_id, payer, title, amount_fen, status, expires_at, created_at, updated_at)
			VALUES ('20261121060000X7K2Q9M4T5V8', 'O1', $1, 'wechat', 'wx', 'o', 't', 1, 'created', now(), now(), now())`, added.ID)
		return err
	})
	_, err = s.Replace(t.Context(), env.Tenant.ID, account.ReplaceInput{AccountID: added.ID, Keys: account.WeChatKeys{Relation: account.DirectMerchant}})
	if !slices.Equal(wrongFields(err), []string{"relation RELATION_IN_USE"}) {
		t.Errorf("after it collected: %v", err)
	}
}

func TestPartnerRefusalsAreTold(t *testing.T) {
	t.Parallel()
	said := func(code, message string) account.Outcome {
		err := payments.ErrRefused.WithData(map[string]any{payments.DataProviderCode: code, payments.DataProviderMessage: message})
		return account.Judge(payments.WeChat, err).Outcome
	}
	for message, want := range map[string]account.Outcome{"受理关系不存在": account.BadRelation, "商户无此接口权限": account.BadPermission} {
		if got := said("NO_AUTH", message); got != want {
			t.Errorf("%s: %s, want %s", message, got, want)
		}
	}
	if got := said("PARAM_ERROR", "受理机构必须传入sub_mch_id"); got != account.BadRelation {
		t.Errorf("a provider that says for nobody: %s", got)
	}
}
