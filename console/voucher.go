package console

import (
	"context"
	"crypto/rand"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/order"
	"galleria/commerce/voucher"
	"galleria/console/readmodel"
	"galleria/console/staff"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/idempotency"
)

// Vouchers is the part of voucher.Service that staff see.
type Vouchers interface {
	Find(ctx context.Context, id tenant.ID, typed string) (voucher.Voucher, error)
	OfOrder(ctx context.Context, id tenant.ID, orderNo string, after int64) (list []voucher.Voucher, next int64, err error)
	UsesOf(ctx context.Context, id tenant.ID, orderNo string) ([]voucher.Use, error)
}

// voucherVerify shows the voucher of a code, or uses it so many times. The form's key makes a
// second press of the button the first one's.
func (s *Console) voucherVerify(c *fiber.Ctx, v *visit, tries staff.Tries, page view.Verify) error {
	if form(c, "do") == "redeem" {
		who := actor(v.session.StaffID)
		uses, _ := strconv.ParseInt(form(c, "uses"), 10, 64)
		store, _ := strconv.ParseInt(form(c, "store"), 10, 64)
		done, _, err := s.Orders.Redeem(c.UserContext(), v.shop.ID, order.RedeemInput{
			Code: page.Code, Uses: uses, StoreID: store, Actor: who,
			Key: idempotency.Key{Scope: who + ":voucher.redeem", Value: form(c, "form"), Body: []byte(page.Code + "/" + form(c, "uses") + "/" + form(c, "store"))},
		})
		if err == nil {
			err = s.Staff.Forgive(c.UserContext(), tries)
		}
		if err != nil {
			return s.pickupRefused(c, v, err)
		}
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/pickup?done=redeemed&of="+done.OrderNo+"&left="+itoa64(done.Left)), fiber.StatusSeeOther)
	}
	found, err := s.Vouchers.Find(c.UserContext(), v.shop.ID, page.Code)
	if err != nil {
		return s.pickupRefused(c, v, err)
	}
	if err := s.Staff.Forgive(c.UserContext(), tries); err != nil {
		return err
	}
	o, err := s.pages.Order(c.UserContext(), v.shop.ID, found.OrderNo)
	if err != nil {
		return err
	}
	stores, err := s.Deliveries.Stores(c.UserContext(), v.shop.ID, true)
	if err != nil {
		return err
	}
	page.Voucher = &view.VoucherCheck{Voucher: found, Buyer: maskText(o.Buyer), Waits: o.GroupWaits(), Stores: stores, Key: rand.Text()}
	return s.pickupPage(c, v, page)
}

// orderVouchers are those of an order's page, with who used them; nil for other orders.
func (s *Console) orderVouchers(c *fiber.Ctx, v *visit, o readmodel.OrderDetail) (*view.OrderVouchers, error) {
	if o.Fulfil.Delivery != string(order.Voucher) || o.PaidAt == nil {
		return nil, nil //nolint:nilnil // there are none to be shown
	}
	list, next, err := s.Vouchers.OfOrder(c.UserContext(), v.shop.ID, o.OrderNo, 0)
	if err != nil {
		return nil, err
	}
	uses, err := s.Vouchers.UsesOf(c.UserContext(), v.shop.ID, o.OrderNo)
	if err != nil {
		return nil, err
	}
	out := &view.OrderVouchers{List: list, More: next > 0, Uses: map[int64][]view.VoucherUse{}}
	names := map[string]string{}
	for _, u := range uses {
		if _, known := names[u.Actor]; !known {
			names[u.Actor] = s.pages.StaffName(c.UserContext(), u.Actor)
		}
		out.Uses[u.VoucherID] = append(out.Uses[u.VoucherID], view.VoucherUse{Use: u, By: names[u.Actor]})
	}
	return out, nil
}
