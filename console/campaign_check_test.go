package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"galleria/commerce/campaign"
	"galleria/console/authz"
	"galleria/tenant/tenantdb"
)

// TestBasketIsTried: staff see of a basket what every rule takes off it, and of those that take
// nothing off, why; nothing is ordered or held by it.
func TestBasketIsTried(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	reader := d.hire(t, d.env.Tenant, authz.Support)
	var product, sku, price int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT spu_id, id, price_fen FROM sku WHERE enabled AND price_fen > 200 ORDER BY id LIMIT 1").Scan(&product, &sku, &price)
	})
	now := time.Now()
	rooms := campaignsOf(d.env)
	for _, in := range []campaign.Input{
		{Kind: campaign.Timed, Title: "限时半价", OffBps: 5000, Products: []int64{product}},
		{Kind: campaign.Reduction, Title: "满万减千", ScopeOf: campaign.ScopeAll, Tiers: []campaign.Tier{{NeedFen: 1_000_000, OffFen: 100_000}}},
	} {
		in.StartsAt, in.EndsAt = now.Add(-time.Hour), now.Add(time.Hour)
		id, err := rooms.Save(t.Context(), d.env.Tenant.ID, 0, 0, in, "staff:1")
		if err == nil {
			err = rooms.Start(t.Context(), d.env.Tenant.ID, id, "staff:1")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b := d.signedIn(t, d.owner)
	page := "/console/" + d.env.Tenant.Handle + "/campaigns/check"
	b.wantStatus(page, http.StatusOK)
	b.wantPost(page, url.Values{}, http.StatusOK)
	b.see("请先选择商品")
	form := url.Values{"product": {fmt.Sprint(product)}}
	b.wantPost(page, form, http.StatusOK)
	qty := fmt.Sprintf("qty_%d", sku)
	b.see(qty)
	form.Set(qty, "0.5")
	b.wantPost(page, form, http.StatusUnprocessableEntity)
	b.see("1 到 999 之间的整数")
	form.Set(qty, "1")
	form.Set("member", "nobody")
	b.wantPost(page, form, http.StatusUnprocessableEntity)
	b.see("请填写会员编号")
	form.Set("member", "")
	b.wantPost(page, form, http.StatusOK)
	b.see("限时半价", "已使用", "满万减千", "未使用", "还差", fmt.Sprintf("¥%d.%02d", (price-price/2)/100, (price-price/2)%100))
	form.Set(qty, "999")
	b.wantPost(page, form, http.StatusUnprocessableEntity) // more than there is
	var held int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM orders o JOIN order_adjustment a ON a.order_id = o.id WHERE a.kind = 'timed'").Scan(&held)
	})
	if held != 0 {
		t.Errorf("%d orders by a trial", held)
	}
	d.signedIn(t, reader).wantStatus(page, http.StatusOK)
}
