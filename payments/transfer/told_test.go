package transfer_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox"
	"galleria/payments/transfer"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// What happened to a transfer is told once each, what was said with the provider is kept
// without what identifies the receiver, and a trouble is told once however long it lasts.
func TestTransferIsToldAndItsExchangesKept(t *testing.T) {
	t.Parallel()
	k := newKitOf(t, "1900000050") // of its own: its balance is changed
	a := k.create("W1")
	if err := k.provider.SetBalance(sandbox.Balance{MchID: k.mchid}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := k.step(a.OutBillNo); got.LastCode != "PROVIDER_NOT_ENOUGH" || !got.Retryable() {
			t.Errorf("without money: %s, %q", got.Status, got.LastCode)
		}
	}
	if err := k.provider.SetBalance(sandbox.Balance{MchID: k.mchid, Fen: 100_000}); err != nil {
		t.Fatal(err)
	}
	if err := k.service.Retry(t.Context(), k.Tenant.ID, a.OutBillNo, "staff:3"); err != nil {
		t.Fatal(err)
	}
	got := k.step(a.OutBillNo)
	if got.Status != transfer.Waiting || got.LastCode != "" {
		t.Errorf("with money: %s, %q", got.Status, got.LastCode)
	}
	if err := k.service.Retry(t.Context(), k.Tenant.ID, a.OutBillNo, "staff:3"); !errors.Is(err, transfer.ErrOver) {
		t.Errorf("retry of what waits for its receiver: %v", err)
	}
	if err := k.service.Cancel(t.Context(), k.Tenant.ID, a.OutBillNo, "staff:3", "填错了"); err != nil {
		t.Fatal(err)
	}
	k.eventually("the provider has cancelled", func() bool { return k.step(a.OutBillNo).Status == transfer.Cancelled })

	var told, kept string
	k.InTenant(t, func(tx tenantdb.Tx) error {
		err := tx.QueryRow(t.Context(), `SELECT string_agg(e.event || ':' || e.to_status || ':' || e.actor || ':' || e.note, E'\n' ORDER BY e.id)
			FROM transfer_event e JOIN transfer t ON t.id = e.transfer_id WHERE t.out_bill_no = $1`, a.OutBillNo).Scan(&told)
		if err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), "SELECT json_agg(x)::text FROM payment_exchange x WHERE x.out_bill_no = $1", a.OutBillNo).Scan(&kept)
	})
	want := []string{
		"create:created:staff:3:", "submit:submitted:system:", "held:submitted:system:PROVIDER_NOT_ENOUGH", "retried:submitted:staff:3:", "waits:wait_user_confirm:provider:wechat:",
		"cancel:cancelling:staff:3:填错了", "cancelled:cancelled:provider:wechat:",
	}
	if lines := strings.Split(told, "\n"); !slices.Equal(lines, want) {
		t.Errorf("told:\n%s", told)
	}
	for _, secret := range []string{sandbox.OpenID(k.appID, "li"), "李小满"} {
		if strings.Contains(kept, secret) {
			t.Errorf("%s is kept in clear", secret)
		}
	}
	var rows []struct {
		Step, Code, Asked, Answered string
		Answer                      int
	}
	if err := json.Unmarshal([]byte(kept), &rows); err != nil {
		t.Fatal(err)
	}
	steps := map[string]bool{}
	for _, r := range rows {
		steps[r.Step] = true
		if strings.Contains(r.Answered, `"package_info": "`) && !strings.Contains(r.Answered, `"package_info": "***"`) {
			t.Error("what the receiver confirms with is kept in clear")
		}
	}
	if !steps["transfer"] || !steps["transfer_query"] || !steps["transfer_cancel"] || rows[0].Code != "PROVIDER_NOT_ENOUGH" {
		t.Errorf("kept steps %v, first code %q", steps, rows[0].Code)
	}
}

// A merchant whose service provider signs for it pays people with an account of its own: the
// shop is told so before anything is written, and the channel itself sends nothing.
func TestTransferOfASubMerchantIsRefused(t *testing.T) {
	t.Parallel()
	k := newKitOf(t, "1900000051")
	const sub = "1900005151"
	if _, err := k.provider.AddRelation(sandbox.Relation{SpMchID: k.mchid, SubMchID: sub}); err != nil {
		t.Fatal(err)
	}
	m, err := k.provider.AddMerchant(sandbox.MerchantInput{MchID: k.mchid})
	if err != nil {
		t.Fatal(err)
	}
	app := k.App(t, k.Tenant)
	if err := k.Registry.AddApp(t.Context(), tenant.App{ID: app.ID, Provider: tenant.WeChat, TenantID: k.Tenant.ID, Name: "sub"}); err != nil {
		t.Fatal(err)
	}
	_, err = k.accounts.Add(t.Context(), k.Tenant.ID, account.AddInput{
		Mode: payments.Sandbox, Name: "特约商户", MerchantNo: sub, BaseURL: k.provider.http.URL, AppIDs: []tenant.AppID{app.ID},
		Keys: account.WeChatKeys{
			Relation: account.ServiceProvider, SpMchID: k.mchid, SpAppID: k.appID,
			PrivateKey: vault.NewSecret([]byte(m.PrivateKeyPEM)), APIv3Key: vault.NewSecret([]byte(m.APIv3Key)), Serial: m.CertificateSerial,
			KeyMode: payments.KeyModePublicKey, PublicKeyID: m.PublicKeyID, PublicKey: m.PublicKeyPEM,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	in := k.input("W1")
	in.AppID = app.ID.String()
	if _, err := k.service.Create(t.Context(), k.Tenant.ID, in); !errors.Is(err, transfer.ErrPartner) {
		t.Errorf("create: %v, want TRANSFER_PARTNER", err)
	}
	if n := k.count("SELECT count(*) FROM transfer"); n != 0 {
		t.Errorf("%d transfers were written", n)
	}
}
