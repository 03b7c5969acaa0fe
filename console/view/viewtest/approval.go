package viewtest

import (
	"encoding/json"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/listing"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// approvalPages are the pages of products that wait to be approved.
func (f Frame) approvalPages() []Sample {
	page := f.page("nav.products", f.Text.T("approval.title"))
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	row := func(id int64, title, status, reason string, change bool) readmodel.ApprovalRow {
		return readmodel.ApprovalRow{ID: id, Title: title, Status: status, Change: change, Rejected: reason != "", Reason: reason, AskedKind: "staff", AskedBy: "林晓", AskedAt: at}
	}
	list := readmodel.Approvals{
		Needed:   true,
		Waiting:  []readmodel.ApprovalRow{row(5, "云南小粒咖啡豆", "on_shelf", "", true), row(9, "冷萃咖啡杯 限定款", "draft", "", false)},
		Rejected: []readmodel.ApprovalRow{row(7, "手冲滤纸", "off_shelf", "主图请换成白底图", false)},
	}
	changes := []listing.Difference{
		{Field: "title", From: "云南小粒咖啡豆", To: "云南小粒咖啡豆 秋季新豆"},
		{Field: "on_at", To: at.Format(time.RFC3339)},
		{Field: "category", From: "咖啡豆", To: "咖啡豆 / 单品"},
		{Field: "freight", From: "江浙沪包邮"},
		{Field: "detail"},
		{Field: "price", SKU: "深烘 / 250g", From: "59.00", To: "49.00"},
		{Field: "sku_new", SKU: "浅烘 / 250g", To: "62.00"},
		{Field: "enabled", SKU: "深烘 / 500g", From: "true", To: "false"},
	}
	product := func(r view.ProductRequest, approves bool) view.ProductShow {
		return view.ProductShow{ProductDetail: productDetail(), MayUpdate: true, Approves: approves, Request: &r}
	}
	asked := catalog.Request{SPUID: 5, Rev: 2, Change: json.RawMessage("{}"), AskedBy: "staff:3", AskedAt: at}
	people := map[string]string{"3": "林晓", "1": "王店长"}
	waits := view.ProductRequest{Pending: listing.Pending{Request: asked, Changes: changes}, People: people}
	stale := waits
	stale.Stale, stale.Reason = true, "请核对价格"
	fresh := view.ProductRequest{Pending: listing.Pending{Request: catalog.Request{SPUID: 5, Rev: 1, PutUp: true, AskedBy: "staff:3", AskedAt: at}}, People: people}
	no := asked
	no.Rejected, no.DecidedBy, no.DecidedAt, no.Reason = true, "staff:1", new(at.Add(time.Hour)), "价格低于成本，请重新核对"
	return []Sample{
		{"approvals", view.ApprovalListPage(page, view.ApprovalList{Approvals: list, MaySet: true, Done: "approval_set"})},
		{"approvals_none", view.ApprovalListPage(page, view.ApprovalList{MaySet: true})},
		{"approvals_read_only", view.ApprovalListPage(page, view.ApprovalList{Approvals: list})},
		{"product_approve", view.ProductShowPage(f.page("nav.products", f.Text.T("product.title")), product(waits, true))},
		{"product_approve_stale", view.ProductShowPage(f.page("nav.products", f.Text.T("product.title")), product(stale, true))},
		{"product_waits", view.ProductShowPage(f.page("nav.products", f.Text.T("product.title")), product(fresh, false))},
		{"product_refused", view.ProductShowPage(f.page("nav.products", f.Text.T("product.title")), product(view.ProductRequest{Pending: listing.Pending{Request: no, Changes: changes[:1]}, People: people}, false))},
	}
}
