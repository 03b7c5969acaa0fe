package console

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/payments/reconcile"
	"galleria/tenant"
)

// Reconcile explains differences and keeps bills; *reconcile.Service is one.
type Reconcile interface {
	Resolve(ctx context.Context, in reconcile.ResolveInput) error
	FetchAgain(ctx context.Context, id tenant.ID, dayID int64, actor string) error
	WriteFile(ctx context.Context, id tenant.ID, fileID int64, to io.Writer) error
}

// reconcileList shows the business days of the shop's accounts, newest first.
func (s *Console) reconcileList(c *fiber.Ctx, v *visit) error {
	list := view.BillDayList{Account: cursor(c.Query("account")), OnlyOpen: c.Query("only") == "open", Done: done(c, v), MayExport: v.granted[authz.ReconcileExport]}
	in := readmodel.BillDayFilter{AccountID: list.Account, OnlyOpen: list.OnlyOpen}
	if day, id, ok := strings.Cut(c.Query("before"), "."); ok {
		if at, err := time.Parse("20060102", day); err == nil {
			in.BeforeDay, in.BeforeID = at, cursor(id)
		}
	}
	list.OnFirst = in.BeforeID == 0
	page, err := s.pages.BillDays(c.UserContext(), v.shop.ID, in)
	if err != nil {
		return err
	}
	list.BillDayPage = page
	return render(c, view.BillDayListPage(s.page(c, v, v.text.T("reconcile.title"), "nav.reconcile"), list))
}
