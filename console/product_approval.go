package console

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/catalog"
	"galleria/commerce/listing"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Approvals decides about products that wait; *listing.Service is one.
type Approvals interface {
	Pending(ctx context.Context, id tenant.ID, productID int64) (*listing.Pending, error)
	Approve(ctx context.Context, id tenant.ID, productID int64, rev int32, actor string) error
	Reject(ctx context.Context, id tenant.ID, productID int64, rev int32, reason, actor string) error
	Withdraw(ctx context.Context, id tenant.ID, productID int64, rev int32, actor string) error
	NeedApproval(ctx context.Context, id tenant.ID, needed bool, actor string) error
}

// editor is the viewer as somebody who changes products.
func editor(v *visit) listing.Editor {
	return listing.Editor{Actor: actor(v.session.StaffID), Approves: v.granted[authz.ProductApprove]}
}

// approvalList shows what waits to be approved, and whether it has to be.
func (s *Console) approvalList(c *fiber.Ctx, v *visit) error {
	list, err := s.pages.Approvals(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	p := s.page(c, v, v.text.T("approval.title"), "nav.products")
	return render(c, view.ApprovalListPage(p, view.ApprovalList{Approvals: list, MaySet: v.granted[authz.ShopUpdate], Done: done(c, v)}))
}

// approvalSet changes whether products must be approved.
func (s *Console) approvalSet(c *fiber.Ctx, v *visit) error {
	if err := s.Products.NeedApproval(c.UserContext(), v.shop.ID, form(c, "needed") == "1", actor(v.session.StaffID)); err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/approvals?done=approval_set"), fiber.StatusSeeOther)
}

// requestOf is what waits of a product, or was refused; nil for nothing.
func (s *Console) requestOf(c *fiber.Ctx, v *visit, product readmodel.ProductDetail) (*view.ProductRequest, error) {
	if !product.Requested {
		return nil, nil //nolint:nilnil // most products have none, which is no error
	}
	pending, err := s.Products.Pending(c.UserContext(), v.shop.ID, product.ID)
	if err != nil || pending == nil {
		return nil, err
	}
	out := &view.ProductRequest{Pending: *pending}
	out.People, err = s.pages.People(c.UserContext(), pending.AskedBy, pending.DecidedBy)
	return out, err
}

// productDecide approves what waits of a product, or refuses it with a reason.
func (s *Console) productDecide(c *fiber.Ctx, v *visit) error {
	reason := strings.TrimSpace(form(c, "reason"))
	if form(c, "do") == "reject" {
		return s.decided(c, v, "product_rejected", reason, func(id int64, rev int32) error {
			return s.Products.Reject(c.UserContext(), v.shop.ID, id, rev, reason, actor(v.session.StaffID))
		})
	}
	return s.decided(c, v, "product_approved", reason, func(id int64, rev int32) error {
		return s.Products.Approve(c.UserContext(), v.shop.ID, id, rev, actor(v.session.StaffID))
	})
}

// productWithdraw takes back what waits of a product.
func (s *Console) productWithdraw(c *fiber.Ctx, v *visit) error {
	return s.decided(c, v, "product_withdrawn", "", func(id int64, rev int32) error {
		return s.Products.Withdraw(c.UserContext(), v.shop.ID, id, rev, actor(v.session.StaffID))
	})
}

func (s *Console) decided(c *fiber.Ctx, v *visit, what, reason string, decide func(id int64, rev int32) error) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	rev, _ := strconv.ParseInt(form(c, "rev"), 10, 32) // what is no number was seen by nobody
	err = decide(id, int32(rev))
	if err == nil {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/products/"+itoa64(id)+"?done="+what), fiber.StatusSeeOther)
	}
	problem := sentence(v, err)
	switch {
	case errors.Is(err, fault.ErrNotFound):
		return err
	case errors.Is(err, catalog.ErrStale):
		problem = v.text.T("approval.stale")
	case errors.Is(err, fault.ErrValidation) && what == "product_rejected":
		problem = v.text.T("approval.reason_bad", catalog.MaxReason)
	case problem == "":
		return err
	}
	s.note(c, v, err)
	refuseForm(c, err)
	return s.productShown(c, v, id, problem, reason)
}
