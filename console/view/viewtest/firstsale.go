package viewtest

import (
	"time"

	"galleria/console/readmodel"
	"galleria/console/view"
)

// firstSalePages are the product's form and the test purchase.
func (f Frame) firstSalePages() []Sample {
	page := f.page("nav.products", f.Text.T("product.new"))
	most := view.ProductBounds{Title: 60, Detail: 20000, Pictures: 15, SKUs: 200, PictureBytes: 5 << 20, UploadBytes: 7 << 20}
	empty := view.ProductForm{
		Key: "key-sample", Specs: []view.SpecField{{Values: make([]string, 4)}}, Rows: []view.SKUField{{Slot: "0_0_0"}}, All: view.SKUField{Slot: "all"},
		Kind: "physical", Kinds: []view.Choice{{Value: "physical", Label: f.Text.T("product.kind.physical")}, {Value: "pickup", Label: f.Text.T("product.kind.pickup")}},
		Brands: []view.Choice{{Value: "2", Label: "青禾"}}, OnShelf: true, Most: most, Categories: []view.Choice{{Value: "1", Label: "咖啡豆"}},
	}
	full := empty
	full.ID, full.Version, full.Title, full.Dirty, full.Changed = 7, 3, "云南小粒咖啡豆", true, true
	full.Library = []view.Choice{{Value: "/media/shop/0123456789abcdef/abcdefghijklmnopqrstuvwxyz.jpg", Label: "豆.jpg"}}
	full.Brand, full.Tags, full.MinQty, full.MaxPerOrder, full.OnAt = "2", "新品，送礼", "2", "1", "2026-11-23T10:00"
	full.Pictures = []string{"/media/demo/coffeebag-1.svg", "/media/demo/coffeebag-2.svg"}
	full.Specs = []view.SpecField{{Name: "规格", Values: []string{"250g", "500g", "", ""}}, {Values: make([]string, 4)}}
	full.Params = []view.ParamField{{Name: "生产许可证编号", Value: "SC10653010000001"}, {}}
	full.Rows = []view.SKUField{
		{Slot: "0_0_0", Label: "250g", ID: "11", Price: "58.00", Market: "68.00", Stock: "120", Was: "120", Weight: "280", Code: "YN-250", Picture: "/media/demo/coffeebag-2.svg", Cost: "31.50", Barcode: "6901234567892", Volume: "1200"},
		{Slot: "1_0_0", Label: "500g", ID: "12", Price: "11O", Stock: "9", Was: "9", Off: true},
	}
	full.Problems = map[string]string{"price_1_0_0": f.Text.T("product.problem.price"), "title": f.Text.T("product.problem.long", 60), "max_per_order": f.Text.T("product.problem.limit_order")}
	steps := func(states ...view.StepState) []view.TryoutStep {
		out := make([]view.TryoutStep, len(states))
		for i, state := range states {
			out[i] = view.TryoutStep{Key: []string{"sign_in", "cart", "order", "pay", "callback", "paid"}[i], State: state}
		}
		return out
	}
	paid := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	stopped := view.Tryout{Offered: true, AppID: "wx00000000000000aa", HasProduct: true, MayAct: true, MayOrders: true, Purchase: readmodel.TestPurchase{ID: 2}}
	stopped.Steps = steps("done", "done", "done", "failed", "waiting", "waiting")
	stopped.Steps[3].Fault, stopped.Steps[3].Message = "PROVIDER_REFUSED", "SIGN_ERROR 签名错误"
	passed := stopped
	passed.Steps, passed.Onboarding = steps("done", "done", "done", "done", "done", "done"), true
	passed.Purchase = readmodel.TestPurchase{ID: 3, OrderNo: "261121110000ABCDEFGHIJ", PaidAt: &paid, Payable: 5800, Title: "云南小粒咖啡豆"}
	running := passed
	running.Steps, running.Purchase.PaidAt = steps("done", "done", "now", "waiting", "waiting", "waiting"), nil
	tryout := f.page("", f.Text.T("tryout.title"))
	return []Sample{
		{"product_new", view.ProductFormPage(page, empty)},
		{"product_edit_refused", view.ProductFormPage(page, full)},
		{"products_bulk", view.BulkPage(page, view.Bulk{Act: "on", Done: 1, Rows: []view.BulkRow{{ID: 1, Title: "云南小粒咖啡豆"}, {ID: 2, Title: "圣诞礼盒", Problem: "商品没有可售规格"}}})},
		{"products_prices", view.PricesPage(page, view.Prices{Mode: "percent", Value: "90", Good: 1, Rows: []view.PriceRow{{ID: 1, Version: 3, Title: "云南小粒咖啡豆", From: "¥59.00–¥110.00", To: "¥53.10–¥99.00"}, {ID: 2, Title: "圣诞礼盒", Problem: "修改后价格会低于 0 或超出上限"}}})},
		{"products_bulk_confirm", view.BulkPage(page, view.Bulk{Act: "purge", Shelf: "bin", Confirm: true, Rows: []view.BulkRow{{ID: 1, Title: "旧货 <b>"}}})},
		{"categories", view.CategoryListPage(page, view.CategoryList{Rows: []readmodel.CategoryNode{
			{ID: 1, Name: "咖啡", Depth: 1, Visible: true, Products: 3, First: true},
			{ID: 3, ParentID: 1, Name: "咖啡豆", Depth: 2, Visible: true, Products: 12, First: true, Last: true},
			{ID: 2, Name: "内部 <样品>", Depth: 1, Last: true},
		}, MayUpdate: true, Moved: "up-2", Parents: []view.Choice{{Value: "1", Label: "咖啡"}}, Form: view.ArrangeForm{ID: 3, Problem: f.Text.T("category.problem.name", 60)}})},
		{"categories_none", view.CategoryListPage(page, view.CategoryList{Done: "category_deleted"})},
		{"brands", view.BrandListPage(page, view.BrandList{Rows: []readmodel.Brand{{ID: 1, Name: "青禾", Products: 8}, {ID: 2, Name: "山野"}}, MayUpdate: true})},
		{"brands_none", view.BrandListPage(page, view.BrandList{MayUpdate: true})},
		{"pictures", view.PictureListPage(page, view.PictureList{PicturePage: readmodel.PicturePage{Total: 2, Bytes: 1 << 20, Rows: []readmodel.Picture{
			{ID: 2, Key: "0123456789abcdef/abcdefghijklmnopqrstuvwxyz.jpg", Name: "咖啡 <豆>.jpg", Bytes: 300_000, Width: 1600, Height: 1200, Used: true},
			{ID: 1, Key: "0123456789abcdef/bbcdefghijklmnopqrstuvwxyz.png", Name: "店标.png", Bytes: 3_000, Width: 400, Height: 400},
		}}, OnFirst: true, MayUpdate: true, Problem: "bad.gif：只支持 JPG 或 PNG 图片"})},
		{"pictures_none", view.PictureListPage(page, view.PictureList{OnFirst: true, MayUpdate: true})},
		{"tryout_none", view.TryoutPage(tryout, view.Tryout{})},
		{"tryout_new", view.TryoutPage(tryout, view.Tryout{Offered: true, MayAct: true, Steps: steps("waiting", "waiting", "waiting", "waiting", "waiting", "waiting")})},
		{"tryout_running", view.TryoutPage(tryout, running)},
		{"tryout_stopped", view.TryoutPage(tryout, stopped)},
		{"tryout_passed", view.TryoutPage(tryout, passed)},
	}
}
