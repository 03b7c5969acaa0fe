package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"galleria/tenant/tenantdb"
)

// TestTwoHundredVariants fills a form with as many variants as a product may have: values are
// typed as lists, and all cells arrive in one form.
func TestTwoHundredVariants(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.signedIn(t, d.owner)
	products := "/console/" + d.env.Tenant.Handle + "/products"
	list := func(stem string, n int) string {
		values := make([]string, n)
		for i := range values {
			values[i] = fmt.Sprint(stem, i)
		}
		return strings.Join(values, "、")
	}
	form := teapot()
	form["do"], form["dim_0"], form["dim_1"] = "rebuild", "颜色", "尺寸"
	form["val_0_0"], form["val_1_0"] = list("色", 20), list("号", 10)
	b.wantStatus(products+"/new", http.StatusOK)
	b.send(products, form, nil)
	if b.value("val_0_19") != "色19" || b.value("val_1_9") != "号9" {
		t.Fatalf("the lists became %q and %q", b.value("val_0_19"), b.value("val_1_9"))
	}
	for i := range 20 {
		form[fmt.Sprint("val_0_", i)] = fmt.Sprint("色", i)
		for j := range 10 {
			slot := fmt.Sprintf("%d_%d_0", i, j)
			form[fmt.Sprint("val_1_", j)] = fmt.Sprint("号", j)
			for _, name := range []string{"market", "cost", "weight", "volume", "barcode", "sku", "was"} {
				form[name+"_"+slot] = ""
			}
			form["price_"+slot], form["stock_"+slot], form["code_"+slot], form["on_"+slot] = "19.90", "7", fmt.Sprint("BIG-", slot), "1"
		}
	}
	form["do"] = "save"
	if res := b.send(products, form, nil); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("saving: %d %.500s", res.StatusCode, b.page)
	}
	var rows, pieces int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*), sum(l.on_hand)::bigint FROM sku k JOIN stock_level l ON l.sku_id = k.id WHERE k.code LIKE 'BIG-%' AND k.price_fen = 1990").Scan(&rows, &pieces)
	})
	if rows != 200 || pieces != 1400 {
		t.Errorf("%d variants with %d pieces", rows, pieces)
	}
}
