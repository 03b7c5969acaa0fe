package console

import (
	"context"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Callbacks opens and replays messages of the callback log; *payments.Service is one.
type Callbacks interface {
	StoredCallback(ctx context.Context, id tenant.ID, ref payments.CallbackRef) (payments.StoredCallback, error)
	ReplayCallback(ctx context.Context, id tenant.ID, ref payments.CallbackRef) error
}

// callbackCursor reads where the log goes on; its beginning for anything else.
func callbackCursor(text string) (at readmodel.CallbackCursor) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return at
	}
	return readmodel.CallbackCursor{Event: cursor(parts[0]), Anomaly: cursor(parts[1]), Refusal: cursor(parts[2])}
}

// callbackLog reads a page of a shop's log.
func (s *Console) callbackLog(c *fiber.Ctx, shop tenant.ID, l view.CallbackLog) (view.CallbackLog, error) {
	after := callbackCursor(c.Query("before"))
	in, shown := s.moneyFilter(query(c), []string{"event", "anomaly", "refusal"})
	l.MoneyQuery = shown
	l.OnFirst = after == readmodel.CallbackCursor{}
	page, err := s.pages.Callbacks(c.UserContext(), shop, readmodel.CallbackFilter{
		Kind: in.Status, Channel: in.Channel, Query: in.Query, From: in.From, Until: in.Until,
	}, after)
	l.CallbackPage = page
	return l, err
}

// callbackRef reads which message the address names.
func callbackRef(c *fiber.Ctx) (payments.CallbackRef, error) {
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	kind := payments.CallbackKind(c.Params("kind"))
	if err != nil || (kind != payments.CallbackEvent && kind != payments.CallbackAnomaly && kind != payments.CallbackRefusal) {
		return payments.CallbackRef{}, fault.ErrNotFound
	}
	return payments.CallbackRef{Kind: kind, ID: id}, nil
}

// rawOf opens a message, having recorded who reads it.
func (s *Console) rawOf(c *fiber.Ctx, v *visit, shop tenant.ID, record func(detail map[string]any) error) (*view.CallbackRaw, error) {
	ref, err := callbackRef(c)
	if err != nil {
		return nil, err
	}
	if err := record(map[string]any{"kind": string(ref.Kind), "callback": ref.ID}); err != nil {
		return nil, err
	}
	stored, err := s.Callbacks.StoredCallback(c.UserContext(), shop, ref)
	if err != nil {
		return nil, err
	}
	return &view.CallbackRaw{
		Title: v.text.T("callback.raw_title", v.text.DateTime(stored.ReceivedAt)), Text: strings.ToValidUTF8(string(stored.Raw), "?"), Cut: !stored.Whole,
	}, nil
}

// callbackList is the shop's own callback log.
func (s *Console) callbackList(c *fiber.Ctx, v *visit) error { return s.shopLog(c, v, nil) }

func (s *Console) shopLog(c *fiber.Ctx, v *visit, shown *view.CallbackRaw) error {
	l, err := s.callbackLog(c, v.shop.ID, view.CallbackLog{
		Base: view.Shop{Handle: v.shop.Handle}.URL("/callbacks"), MayRaw: v.granted[authz.CallbackRaw], Shown: shown,
	})
	if err != nil {
		return err
	}
	return render(c, view.CallbackLogPage(s.page(c, v, v.text.T("callback.title"), "nav.callbacks"), l))
}

// callbackRaw shows the shop's owner what the provider wrote.
func (s *Console) callbackRaw(c *fiber.Ctx, v *visit) error {
	raw, err := s.rawOf(c, v, v.shop.ID, func(detail map[string]any) error {
		return s.Audit.Record(c.UserContext(), audit.Entry{
			TenantID: v.shop.ID, Actor: actor(v.session.StaffID), Action: "callback.raw_read", Detail: detail,
		})
	})
	if err != nil {
		return err
	}
	return s.shopLog(c, v, raw)
}

// tenantCallbacks is a shop's callback log for the platform's staff.
func (s *Console) tenantCallbacks(c *fiber.Ctx, v *visit) error {
	shop, err := s.tenantOf(c.UserContext(), c)
	if err != nil {
		return err
	}
	return s.tenantLog(c, v, shop, nil)
}

func (s *Console) tenantLog(c *fiber.Ctx, v *visit, shop tenant.Tenant, shown *view.CallbackRaw) error {
	home := platformURL + "/shops/" + shop.ID.String()
	l, err := s.callbackLog(c, shop.ID, view.CallbackLog{
		Base: home + "/callbacks", Back: home, BackText: shop.Name, Shown: shown,
		MayRaw: v.platform[authz.PlatformNoticeRaw], MayReplay: v.platform[authz.PlatformNoticePlay],
	})
	if err != nil {
		return err
	}
	return render(c, view.CallbackLogPage(s.platformPage(c, v, v.text.T("callback.title"), "platform.shops"), l))
}

// recordNow writes an act on a shop into both logs in a transaction of its own, before the
// act: what is read or sent again is never unrecorded.
func (s *Console) recordNow(ctx context.Context, v *visit, id tenant.ID, action string, detail map[string]any) error {
	return s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error { return s.record(ctx, tx, v, id, action, detail) })
}

// tenantCallbackRaw shows the platform's staff what the provider wrote.
func (s *Console) tenantCallbackRaw(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	shop, err := s.tenantOf(ctx, c)
	if err != nil {
		return err
	}
	raw, err := s.rawOf(c, v, shop.ID, func(detail map[string]any) error {
		return s.recordNow(ctx, v, shop.ID, "platform.callback.raw_read", detail)
	})
	if err != nil {
		return err
	}
	return s.tenantLog(c, v, shop, raw)
}

// tenantCallbackReplay takes a message again. Its effect, if it has one, is the provider's
// word's and not ours; that we let it speak again is recorded.
func (s *Console) tenantCallbackReplay(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	shop, err := s.tenantOf(ctx, c)
	if err != nil {
		return err
	}
	ref, err := callbackRef(c)
	if err != nil {
		return err
	}
	if err := s.recordNow(ctx, v, shop.ID, "platform.callback.replayed", map[string]any{"kind": string(ref.Kind), "callback": ref.ID}); err != nil {
		return err
	}
	home := platformURL + "/shops/" + shop.ID.String() + "/callbacks"
	if err := s.Callbacks.ReplayCallback(ctx, shop.ID, ref); err != nil {
		if fault.KindOf(err) == fault.NotFound || fault.KindOf(err) == fault.Internal {
			return err
		}
		s.note(c, v, err)
		c.Status(fiber.StatusConflict)
		return s.tenantLog(c, v, shop, &view.CallbackRaw{Title: v.text.T("callback.replay_refused"), Text: textOf(v, err) + " (" + fault.CodeOf(err) + ")"})
	}
	return c.Redirect(home+"?done=notice_replayed", fiber.StatusSeeOther)
}
