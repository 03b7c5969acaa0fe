package notice_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// A buyer of an Alipay Mini Program is told by Alipay's templates, by rules of their own.
func TestBuyersOfAlipay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.at("12:00")
	id, _ := tenant.ParseAppID("2021" + tenanttest.RandomHex(6))
	if err := w.Registry.AddApp(t.Context(), tenant.App{ID: id, Provider: tenant.Alipay, TenantID: w.Tenant.ID, Name: "支付宝店", Enabled: true}); err != nil {
		t.Fatal(err)
	}
	ali := notice.Template{AppID: id.String(), Event: notice.OrderPaid, TemplateID: "MDI4YzIxMDE=", Page: "pages/order", Fields: map[string]string{"keyword1": "title"}}
	bare := ali
	bare.Page = ""
	if err := w.SaveTemplate(t.Context(), w.Tenant.ID, bare, "staff:1"); !errors.Is(err, notice.ErrTemplate) {
		t.Errorf("without a page: %v", err)
	}
	if err := w.SaveTemplate(t.Context(), w.Tenant.ID, ali, "staff:1"); err != nil {
		t.Fatal(err)
	}
	allow := func() {
		if err := w.Report(t.Context(), w.Tenant.ID, ali.AppID, "0open", ali.TemplateID, true); err != nil {
			t.Fatal(err)
		}
	}
	begin := func() (b notice.Begun) {
		w.InTenant(t, func(tx tenantdb.Tx) (err error) {
			b, err = w.BeginTx(t.Context(), tx, notice.BeginInput{
				EventID: uuid.New(), Event: notice.OrderPaid, MemberID: w.member, AppID: ali.AppID, OpenID: "0open", Facts: notice.Sample(w.Clock().Now()),
			})
			return err
		})
		return b
	}
	if b := begin(); b.Ready || w.newest().Channel != notice.AlipayTemplate || w.newest().Reason != "not subscribed" {
		t.Errorf("%+v %+v", b, w.newest())
	}
	allow()
	b := begin()
	if !b.Ready || b.Message.Channel != notice.AlipayTemplate || b.Message.Data["keyword1"] != "高山云雾绿茶 等 2 件" {
		t.Fatalf("%+v", b)
	}
	w.finish(b.Message, notice.Outcome{State: notice.Sent})
	if got := w.newest(); got.State != notice.Sent || got.Channel != notice.AlipayTemplate {
		t.Errorf("%+v", got)
	}
	on := map[notice.Choice]bool{{Event: notice.OrderPaid, Audience: notice.Buyer, Channel: notice.WeChatSubscribe}: true}
	if err := w.SaveSettings(t.Context(), w.Tenant.ID, on, notice.Hours{}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	allow()
	if b := begin(); b.Ready || w.newest().Reason != "no template" {
		t.Errorf("switched off for Alipay: %+v %+v", b, w.newest())
	}
}
