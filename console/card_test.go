package console_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"galleria/commerce/catalog"
	"galleria/commerce/member"
	"galleria/commerce/order"
	"galleria/console/authz"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// TestCardsInTheConsole takes cards in, is told of those that are there already, takes a batch
// out, and looks at what an order got, which is written down; who may not look does not see the
// way there.
func TestCardsInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	shelf := catalog.New(catalog.Deps{DB: d.env.DB, Plans: d.env.Plans, Timers: d.env.Timers})
	category, err := shelf.CreateCategory(t.Context(), d.env.Tenant.ID, catalog.CategoryInput{Name: "会员"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := shelf.CreateProduct(t.Context(), d.env.Tenant.ID, catalog.ProductInput{CategoryID: category, Title: "视频月卡", Kind: catalog.VirtualCard, SKUs: []catalog.SKUInput{{PriceFen: 1500}}})
	if err == nil {
		err = shelf.SetShelf(t.Context(), d.env.Tenant.ID, p.ID, catalog.OnShelf)
	}
	if err != nil {
		t.Fatal(err)
	}
	keeper := d.hire(t, d.env.Tenant, authz.Warehouse) // before the rights are remembered
	b := d.signedIn(t, d.owner)
	shop, sku := "/console/"+d.env.Tenant.Handle, fmt.Sprint(p.SKUs[0].ID)
	one := shop + "/products/" + fmt.Sprint(p.ID)
	cards := one + "/cards"
	b.wantStatus(one, http.StatusOK)
	b.see("卡密库存")
	b.wantStatus(cards, http.StatusOK)
	b.see("还没有卡密")
	b.wantPost(cards, url.Values{"sku": {sku}, "cards": {"8800-0001 S1\na b c"}}, http.StatusUnprocessableEntity)
	b.see("第 2 行不是有效的卡密", "8800-0001 S1") // what was typed is kept
	b.wantPost(cards, url.Values{"sku": {sku}, "cards": {""}}, http.StatusUnprocessableEntity)
	b.wantPost(cards, url.Values{"sku": {"99"}, "cards": {"8800-0001 S1"}}, http.StatusNotFound)
	b.wantStatus(cards, http.StatusOK)
	b.wantPost(cards, url.Values{"sku": {sku}, "cards": {"8800-0001 S1\n8800-0002 S2"}}, http.StatusOK)
	b.see("已添加 2 张卡密")
	b.miss("8800-0001") // what was taken in does not stay on the screen
	b.wantPost(cards, url.Values{"sku": {sku}, "cards": {"8800-0002 S2\n8800-0003 S3"}}, http.StatusOK)
	b.see("已添加 1 张卡密", "第 1 行的卡密店里已有")
	b.wantStatus(shop+"/stock/"+sku, http.StatusOK)
	b.wantPost(shop+"/stock/"+sku, url.Values{
		"key": {"AAAAAAAAAAAA"}, "version": {"3"}, "seen_0": {"3"}, "place": {"0"}, "mode": {"add"}, "pieces": {"50"}, "reason": {"purchase"},
	}, http.StatusConflict)
	b.see("卡密商品的库存由卡密数量决定")

	orderNo := d.buyCard(t, p.SKUs[0].ID)
	page := shop + "/orders/" + orderNo
	b.wantStatus(page, http.StatusOK)
	b.see("卡密已自动发放", "虚拟商品，无需收货地址", "查看卡密")
	b.miss("8800-0001")
	b.wantPost(page+"/cards", nil, http.StatusOK)
	b.see("8800-000", "已记入操作日志")
	b.wantPost(page+"/hand-out", nil, http.StatusSeeOther) // it has them: nothing happens
	b.wantStatus(shop+"/audit", http.StatusOK)
	b.see("查看了", "1 张卡密")

	warehouse := d.signedIn(t, keeper)
	warehouse.wantStatus(page, http.StatusOK)
	warehouse.miss("查看卡密")
	warehouse.wantPost(page+"/cards", nil, http.StatusForbidden)

	var batch string
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT batch FROM virtual_card WHERE state = 'free' ORDER BY id LIMIT 1").Scan(&batch)
	})
	b.wantStatus(cards+"/"+sku+"/"+batch, http.StatusOK)
	b.see("作废 1 张")
	wantTo(t, b.post(cards+"/"+sku+"/"+batch, nil), cards+"?done=card_void")
	b.wantStatus(cards+"/"+sku+"/"+batch, http.StatusOK)
	b.wantPost(cards+"/"+sku+"/"+batch, nil, http.StatusConflict)
	b.see("已没有可作废的卡密")
	b.wantStatus(cards+"/"+sku+"/KM-NOTHING", http.StatusNotFound)
}

// buyCard buys one card, paid.
func (d *desk) buyCard(t *testing.T, sku int64) (orderNo string) {
	t.Helper()
	members := member.New(member.Deps{DB: d.env.DB, Now: d.env.Clock().Now, Rand: rand.Reader, Vault: d.env.Vault})
	app := d.env.App(t, d.env.Tenant)
	tokens, err := members.Login(t.Context(), d.env.Tenant.ID, member.LoginInput{AppID: app.ID, OpenID: "o" + tenanttest.RandomHex(10)})
	if err != nil {
		t.Fatal(err)
	}
	orders := ordersOf(d.env)
	placed, _, err := orders.Place(t.Context(), d.env.Tenant.ID, order.PlaceInput{
		MemberID: tokens.MemberID, AppID: app.ID, Lines: []order.LineInput{{SKUID: sku, Qty: 1}}, ExpectedPayableFen: 1500,
		Key: idempotency.Key{Scope: "member:1:order.place", Value: "k", Body: []byte("{}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := orders.MarkPaidTx(t.Context(), tx, order.PaidInput{OrderNo: placed.OrderNo, AmountFen: 1500, PaidAt: tx.Now(), Channel: "wechat", OutTradeNo: "T1", TransactionID: "42001"})
		return err
	})
	return placed.OrderNo
}
