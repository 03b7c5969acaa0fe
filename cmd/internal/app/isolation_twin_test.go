package app_test

import (
	"fmt"
	"net/http"
	"time"

	"galleria/commerce/aftersale"
	"galleria/commerce/catalog"
	"galleria/commerce/distribution"
	"galleria/commerce/inventory"
	"galleria/commerce/points"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
)

// twin is one of two shops that were built by the same steps, so that everything in them
// has the same numbers. The second one has, besides, one of everything that the first lacks.
type twin struct {
	*buyer
	refresh string
	address int64
	orderNo string
	caseNo  string
	title   int64 // of an invoice
	// A distributor's code and withdrawal.
	promotion, withdrawal string
	marks                 []string // texts that only this shop's answers may hold
	// What only this shop has.
	product, category, sku, secondAddress, line, review int64
	coupon, grant, offer, flash                         int64
	code                                                string
}

// twins opens two shops step by step and fails if their numbers differ.
func (w *world) twins() (a, b *twin) {
	w.t.Helper()
	both := []*twin{{}, {}}
	for i, name := range []string{"twin-a", "twin-b"} {
		s := w.openShop(name, 1000)
		both[i].buyer = &buyer{w: w, shop: s, name: "buyer-of-" + name}
		both[i].session()
	}
	for _, t := range both {
		t.address = t.buyer.address()
		t.must(http.StatusOK, http.MethodPut, "/cart/lines/"+itoa(t.shop.skus[0]), map[string]any{"qty": 2}, nil)
		t.orderNo = t.order(1).OrderNo
		t.payParams(t.orderNo)
		t.marks = []string{t.shop.Handle, t.shop.appID, t.shop.mchID, t.shop.account, t.shop.ID.String(), t.name, t.orderNo, w.attempt(t.shop, t.orderNo)}
	}
	a, b = both[0], both[1]
	if fmt.Sprint(a.shop.product, a.shop.skus, a.address) != fmt.Sprint(b.shop.product, b.shop.skus, b.address) {
		w.t.Fatalf("the twins have different numbers: %+v %+v", a.shop, b.shop)
	}
	b.more()
	return a, b
}

// session logs the twin's buyer in and keeps both tokens.
func (t *twin) session() {
	t.w.t.Helper()
	var got struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
	}
	t.token = ""
	t.must(http.StatusOK, http.MethodPost, "/auth/login", map[string]any{"code": t.w.loginCode(t.shop, t.name)}, &got)
	t.token, t.refresh = got.AccessToken, got.RefreshToken
}

// more gives the twin one of everything that its sister lacks.
func (t *twin) more() {
	w, ctx := t.w, t.w.t.Context()
	w.t.Helper()
	var err error
	if t.category, err = w.Catalog.CreateCategory(ctx, t.shop.ID, catalog.CategoryInput{Name: "仅此店有 " + t.shop.Handle}); err != nil {
		w.t.Fatal(err)
	}
	product, err := w.Catalog.CreateProduct(ctx, t.shop.ID, catalog.ProductInput{
		CategoryID: t.category, Title: "仅此店有 " + t.shop.Handle, Specs: []catalog.Spec{{Name: "规格", Values: []string{"一"}}},
		SKUs: []catalog.SKUInput{{SpecValues: []string{"一"}, PriceFen: 100}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	t.product, t.sku = product.ID, product.SKUs[0].ID
	err = w.DB.InTenant(ctx, t.shop.ID, func(tx tenantdb.Tx) error {
		return w.Inventory.ReceiveTx(ctx, tx, "more", []inventory.Line{{SKUID: t.sku, Qty: 10}}, "system")
	})
	if err == nil {
		err = w.Catalog.SetShelf(ctx, t.shop.ID, t.product, catalog.OnShelf)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	t.must(http.StatusOK, http.MethodPut, "/cart/lines/"+itoa(t.sku), map[string]any{"qty": 1}, nil)
	t.caseNo = t.openCase(t.order(1).OrderNo)
	t.line, t.review = t.reviewed(t.order(1).OrderNo)
	t.promotion, t.withdrawal = t.sells()
	t.flash = w.flashSale(t.shop, time.Hour, 10, t.sku)
	t.coupon, t.code = w.giveOut(t.shop, 9_999_900, 5)
	t.grant = t.claim(t.coupon)
	t.offer, err = w.Points.SaveOffer(ctx, t.shop.ID, 0, 0, points.OfferInput{Title: "换券 " + t.shop.Handle, CouponID: t.coupon, Points: 1, Stock: 5, StartsAt: time.Now().Add(-time.Hour)}, "staff:1")
	if err != nil {
		w.t.Fatal(err)
	}
	t.keepTitles()
	for range 40 { // far beyond what the sister makes in the walk
		t.secondAddress = t.buyer.address()
	}
}

// sells opens the shop's distribution; a member of it has drawn something.
func (t *twin) sells() (code, withdrawalNo string) {
	w, ctx := t.w, t.w.t.Context()
	w.t.Helper()
	p := distribution.NewPlan()
	p.Enabled, p.JoinBy, p.WithdrawFromFen = true, distribution.JoinAnyone, 10
	if err := w.Distributed.SavePlan(ctx, t.shop.ID, p, "staff:1"); err != nil {
		w.t.Fatal(err)
	}
	member := w.count(t.shop, "SELECT max(member_id) FROM member_identity")
	d, err := w.Distributed.Apply(ctx, t.shop.ID, int64(member), "")
	if err == nil {
		w.change(t.shop, "UPDATE distributor SET available_fen = 1000")
	}
	if err != nil {
		w.t.Fatal(err)
	}
	drawn, err := w.Distributed.Request(ctx, t.shop.ID, distribution.RequestInput{
		MemberID: d.MemberID, Key: "k", Way: distribution.WayManual, AmountFen: 500, Account: "招商银行 6225", Name: "李雷",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return d.Code, drawn.No
}

// openCase opens an after-sales case of an order that counts as sent.
func (t *twin) openCase(orderNo string) string {
	w, ctx := t.w, t.w.t.Context()
	w.t.Helper()
	var member, line int64
	err := w.DB.InTenant(ctx, t.shop.ID, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE order_line SET sent = qty WHERE order_id = (SELECT id FROM orders WHERE order_no = $1)", orderNo)
		if err == nil {
			_, err = tx.Exec(ctx, "UPDATE orders SET status = 'fulfilling', paid_at = now() WHERE order_no = $1", orderNo)
		}
		if err == nil {
			err = tx.QueryRow(ctx, "SELECT o.member_id, l.id FROM orders o JOIN order_line l ON l.order_id = o.id WHERE o.order_no = $1", orderNo).Scan(&member, &line)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	opened, _, err := w.Cases.Open(ctx, t.shop.ID, aftersale.OpenInput{
		OrderNo: orderNo, MemberID: member, Kind: aftersale.Return, Lines: map[int64]int64{line: 1}, Reason: aftersale.Quality, Actor: "member:" + itoa(member),
		Key: idempotency.Key{Scope: "member:" + itoa(member) + ":aftersale.open", Value: "isolation"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return opened.CaseNo
}
