package miniapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"galleria/commerce/order"
	"galleria/commerce/voucher"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Vouchers shows what buyers can use in the shop; *voucher.Service is one.
type Vouchers interface {
	OfOrder(ctx context.Context, id tenant.ID, orderNo string, after int64) (list []voucher.Voucher, next int64, err error)
	OfMember(ctx context.Context, id tenant.ID, memberID int64, onlyUsable bool, before int64) (list []voucher.Voucher, next int64, err error)
}

// Voucher is one piece that the buyer shows in the shop.
type Voucher struct {
	Code       string    `json:"code" doc:"Sixteen digits; show it large, as a bar code or QR code, too." example:"4410082736459102"`
	OrderNo    string    `json:"order_no" example:"261123101500ABCDEFGHIJ"`
	LineID     int64     `json:"line_id" doc:"The order's line that it is of." example:"31"`
	SKUID      int64     `json:"sku_id" example:"17"`
	Title      string    `json:"title" example:"洗剪吹次卡"`
	Spec       string    `json:"spec"`
	Picture    string    `json:"picture" doc:"Address of a picture, or empty."`
	Uses       int64     `json:"uses" minimum:"1" doc:"How often it can be used in all." example:"10"`
	Used       int64     `json:"used" minimum:"0" doc:"How often it was." example:"3"`
	ValidUntil time.Time `json:"valid_until" doc:"From then on it cannot be used."`
	Refunds    bool      `json:"refunds" doc:"What is unused by then is paid back by itself."`
	State      string    `json:"state" enum:"active,held,used,expired,refunded" doc:"active: it can be used. held: an after-sales case holds it, and until that ends it cannot be used. used: used up."`
}

// VoucherPage is one page of vouchers.
type VoucherPage struct {
	Items      []Voucher `json:"items" nullable:"false"`
	NextCursor string    `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
}

type voucherListInput struct {
	Usable bool   `query:"usable" doc:"Only those that have not ended."`
	Cursor string `query:"cursor" maxLength:"19" pattern:"^[0-9]*$" doc:"next_cursor of the page before, with the same filter."`
}

type orderVouchersInput struct {
	OrderNo string `path:"order_no" minLength:"8" maxLength:"32" pattern:"^[0-9A-Za-z]+$"`
	Cursor  string `query:"cursor" maxLength:"19" pattern:"^[0-9]*$" doc:"next_cursor of the page before."`
}

type voucherPageOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         VoucherPage
}

func (a *API) voucherRoutes() {
	add(a, route{
		method: http.MethodGet, path: "/vouchers", id: "listVouchers", tag: tagOrder, member: true, class: classRead,
		summary: "My vouchers", description: "Newest first. A voucher is a piece of a product of kind voucher that was paid: its code is used in the shop, once or several times. What is unused is refunded by an after-sales case of kind refund.",
	}, a.vouchers)
	add(a, route{
		method: http.MethodGet, path: "/orders/{order_no}/vouchers", id: "listOrderVouchers", tag: tagOrder, member: true, class: classWrite,
		summary: "An order's vouchers", description: "One for each piece, once the order is paid; empty before that, and for other goods.",
		errors: []*fault.Error{fault.ErrNotFound},
	}, a.orderVouchers)
}

func (a *API) vouchers(ctx context.Context, in *voucherListInput) (*voucherPageOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	list, next, err := a.d.Vouchers.OfMember(ctx, who.tenant, who.member, in.Usable, cursorOf(in.Cursor))
	if err != nil {
		return nil, err
	}
	return toVoucherPage(list, next), nil
}

func (a *API) orderVouchers(ctx context.Context, in *orderVouchersInput) (*voucherPageOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	o, err := a.d.Orders.Get(ctx, who.tenant, who.member, in.OrderNo)
	if err != nil {
		return nil, err
	}
	if o.Delivery != order.Voucher {
		return toVoucherPage(nil, 0), nil
	}
	list, next, err := a.d.Vouchers.OfOrder(ctx, who.tenant, in.OrderNo, cursorOf(in.Cursor))
	if err != nil {
		return nil, err
	}
	return toVoucherPage(list, next), nil
}

// cursorOf reads digits, as the contract has them; too many are no page.
func cursorOf(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func toVoucherPage(list []voucher.Voucher, next int64) *voucherPageOutput {
	out := &voucherPageOutput{CacheControl: "no-store", Body: VoucherPage{Items: make([]Voucher, len(list))}}
	for i, v := range list {
		out.Body.Items[i] = Voucher{
			Code: v.Code, OrderNo: v.OrderNo, LineID: v.LineID, SKUID: v.SKUID, Title: v.Title, Spec: v.Spec, Picture: v.Picture,
			Uses: v.Uses, Used: v.Used, ValidUntil: v.ValidUntil, Refunds: v.Refunds, State: string(v.State),
		}
	}
	if next > 0 {
		out.Body.NextCursor = strconv.FormatInt(next, 10)
	}
	return out
}
