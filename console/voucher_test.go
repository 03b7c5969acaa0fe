package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/commerce/voucher"
	"galleria/tenant/tenantdb"
)

// voucher puts a card of three uses on the shelf and returns its SKU.
func (d *desk) voucher(t *testing.T) (sku int64) {
	t.Helper()
	goods := catalog.New(catalog.Deps{DB: d.env.DB, Plans: d.env.Plans, Timers: d.env.Timers})
	category, err := goods.CreateCategory(t.Context(), d.env.Tenant.ID, catalog.CategoryInput{Name: "美发"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := goods.CreateProduct(t.Context(), d.env.Tenant.ID, catalog.ProductInput{
		CategoryID: category, Title: "洗剪吹次卡", Kind: catalog.Voucher, Voucher: catalog.VoucherTerms{Uses: 3, Days: 30, Refunds: true}, SKUs: []catalog.SKUInput{{PriceFen: 1500}},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel}).ReceiveTx(t.Context(), tx, "RK-voucher", []inventory.Line{{SKUID: p.SKUs[0].ID, Qty: 9}}, "system")
	})
	if err := goods.SetShelf(t.Context(), d.env.Tenant.ID, p.ID, catalog.OnShelf); err != nil {
		t.Fatal(err)
	}
	return p.SKUs[0].ID
}

// TestAVoucherIsRedeemedAtThePickupCheck: the code shows goods, uses left, validity and a masked
// buyer; a second press of the button uses nothing more; the order's page shows who used it.
func TestAVoucherIsRedeemedAtThePickupCheck(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	orderNo := d.buyCard(t, d.voucher(t))
	list, _, err := voucher.New(d.env.DB).OfOrder(t.Context(), d.env.Tenant.ID, orderNo, 0)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	code := list[0].Code
	b := d.signedIn(t, d.clerk)
	base := "/console/" + d.env.Tenant.Handle
	b.wantStatus(base+"/pickup", http.StatusOK)
	spaced := code[:4] + " " + code[4:8] + "-" + code[8:]
	b.wantPost(base+"/pickup", url.Values{"code": {spaced}}, http.StatusOK)
	b.see("洗剪吹次卡", "3 次，共 3 次", "确认核销", orderNo)
	key := regexp.MustCompile(`name="form" value="([0-9A-Z]+)"`).FindStringSubmatch(b.page)
	if key == nil {
		t.Fatal("the form has no key")
	}
	use := url.Values{"code": {code}, "do": {"redeem"}, "uses": {"2"}, "form": {key[1]}}
	for range 2 {
		wantTo(t, b.post(base+"/pickup", use), base+"/pickup?done=redeemed&of="+orderNo+"&left=1")
	}
	b.wantStatus(base+"/pickup?done=redeemed&of="+orderNo+"&left=1", http.StatusOK)
	b.see("这张券还剩 1 次")
	use.Set("form", "another")
	b.wantPost(base+"/pickup", use, http.StatusConflict)
	b.see("核销次数超过剩余次数")
	b.wantPost(base+"/pickup", url.Values{"code": {"1234123412341234"}}, http.StatusUnprocessableEntity)
	b.see("券码无效")
	b.wantStatus(base+"/orders/"+orderNo, http.StatusOK)
	b.see("…"+code[12:], "2 / 3", "券码核销")
	b.miss(code)
	use.Set("uses", "1")
	use.Set("form", "third")
	wantTo(t, b.post(base+"/pickup", use), base+"/pickup?done=redeemed&of="+orderNo+"&left=0")
	b.wantStatus(base+"/pickup", http.StatusOK)
	b.wantPost(base+"/pickup", url.Values{"code": {code}}, http.StatusOK)
	b.see("已用完", "这张券现在不能核销")
	b.miss("确认核销")
}

// TestVoucherTermsInTheProductForm: they are judged beside their fields, kept, and shown again.
func TestVoucherTermsInTheProductForm(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	sku := d.voucher(t)
	var product int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT spu_id FROM sku WHERE id = $1", sku).Scan(&product)
	})
	b := d.signedIn(t, d.owner)
	page := fmt.Sprintf("/console/%s/products/%d", d.env.Tenant.Handle, product)
	b.wantStatus(page, http.StatusOK)
	b.see("每张可用 3 次，付款后 30 天内有效，到期未用自动退款")
	b.wantStatus(page+"/edit", http.StatusOK)
	for _, want := range []string{`name="voucher_uses" value="3"`, `name="voucher_days" value="30"`} {
		if !regexp.MustCompile(want).MatchString(b.page) {
			t.Errorf("the form lacks %s", want)
		}
	}
}
