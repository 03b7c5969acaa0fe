package console_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"galleria/commerce/trial"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// tryoutStub has an AppID once Setup was called; purchases are kept, and nobody makes them.
type tryoutStub struct {
	env   *tenanttest.Env
	ready bool
}

func (s *tryoutStub) App(context.Context, tenant.ID) (string, error) {
	if !s.ready {
		return "", fault.ErrNotFound
	}
	return "wx00000000000000aa", nil
}

func (s *tryoutStub) Setup(context.Context, tenant.ID, string) error { s.ready = true; return nil }

func (s *tryoutStub) Begin(ctx context.Context, shop tenant.ID, in trial.BeginInput) error {
	return trial.New(trial.Deps{DB: s.env.DB, Outbox: s.env.Outbox, Audit: s.env.Audit}).Begin(ctx, shop, in)
}

// The page of a test purchase says in every state what is and what can be done.
func TestTryoutPageFollowsThePurchase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.owner)
	page := "/console/" + d.env.Tenant.Handle + "/onboarding/purchase"
	b.wantStatus(page, http.StatusOK)
	b.see("帮我创建测试小程序和账户", "一件在架且有库存的商品", "/products/new")
	b.miss("data-tryout-begin")
	if res := b.post(page+"/setup", nil); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("setup: %d", res.StatusCode)
	}
	d.stock(t, d.env.Tenant, "阿哲")
	b.wantStatus(page, http.StatusOK)
	b.see("将使用 wx00000000000000aa", "开始试购", "data-tryout-begin", `data-tryout="waiting"`)
	if res := b.post(page, nil); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("begin: %d", res.StatusCode)
	}
	b.wantStatus(page, http.StatusOK)
	b.see(`data-tryout="running"`, `http-equiv="refresh"`, "模拟顾客登录小程序")
	set := func(sql string, args ...any) {
		t.Helper()
		d.env.InTenant(t, func(tx tenantdb.Tx) error { _, err := tx.Exec(t.Context(), sql, args...); return err })
	}
	set("UPDATE test_purchase SET step = 'cart', fault = 'NO_PRODUCT'")
	b.wantStatus(page, http.StatusOK)
	b.see(`data-tryout="stopped"`, "没有找到在架且有库存的商品", "从停下的地方继续", "重新开始")
	b.miss(`http-equiv="refresh"`)
	set("UPDATE test_purchase SET fault = 'SOMETHING_NEW', message = '<b>对方</b>'")
	b.wantStatus(page, http.StatusOK)
	b.see("商品放不进购物车", "&lt;b&gt;对方&lt;/b&gt;")
	set("UPDATE test_purchase SET fault = '', message = '', updated_at = $1", d.env.Clock().Now().Add(-time.Hour))
	b.wantStatus(page, http.StatusOK)
	b.see("后台没有响应")
	// The clerk may look, and not press.
	clerk := d.signedIn(t, d.clerk)
	clerk.wantStatus(page, http.StatusOK)
	clerk.miss("data-tryout-begin", "tryout-setup")
	if res := clerk.post(page, url.Values{"anew": {"1"}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("a clerk began a purchase: %d", res.StatusCode)
	}
}
