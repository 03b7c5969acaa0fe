package console

import (
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/inventory"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// stockShow shows a SKU's stock, its places and its movements.
func (s *Console) stockShow(c *fiber.Ctx, v *visit) error {
	return s.stockPage(c, v, view.StockForm{Done: done(c, v)})
}

func (s *Console) stockPage(c *fiber.Ctx, v *visit, f view.StockForm) error {
	id, err := pathID(c, "sku_id")
	if err != nil {
		return err
	}
	before := cursor(c.Query("before"))
	if f.StockDetail, err = s.pages.StockOf(c.UserContext(), v.shop.ID, id, before); err != nil {
		return err
	}
	if f.Places, err = s.places(c, v); err != nil {
		return err
	}
	if n := len(f.Places); f.To == "" && n > 1 {
		f.To = f.Places[n-1].Value
	}
	f.OnFirst, f.MayUpdate = before <= 0, v.granted[authz.StockUpdate]
	if f.LowAt == "" {
		f.LowAt = itoa64(f.StockDetail.LowAt)
	}
	if f.Key == "" {
		f.Key = rand.Text()
	}
	return render(c, view.StockShowPage(s.page(c, v, f.Title, "nav.stock"), f))
}

// documentOf is the number of a document that a form makes: sent twice, it is one document.
// ok is false for a key that is none of ours.
func documentOf(prefix, key string) (string, bool) {
	const least, most = 8, 40
	plain := strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
	return prefix + key, plain && len(key) >= least && len(key) <= most
}

// stockCorrect changes what is on hand of a SKU by so many pieces, or to what was counted.
func (s *Console) stockCorrect(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "sku_id")
	if err != nil {
		return err
	}
	f := view.StockForm{Mode: form(c, "mode"), Pieces: strings.TrimSpace(form(c, "pieces")), Reason: form(c, "reason"), Note: strings.TrimSpace(form(c, "note")), Place: form(c, "place"), Key: form(c, "key")}
	document, ok := documentOf("PD-", f.Key)
	version, _ := strconv.ParseInt(form(c, "version"), 10, 64)
	seen, _ := strconv.ParseInt(form(c, "seen_"+f.Place), 10, 64)
	place, _ := strconv.ParseInt(f.Place, 10, 64)
	pieces, parsed := readPieces(f.Pieces)
	f.Bad = map[string]string{}
	if !parsed || !wantedPieces(pieces, f.Mode) {
		f.Bad["pieces"] = v.text.T("stock.bad.pieces")
	}
	if !slices.Contains(inventory.Reasons(), inventory.Reason(f.Reason)) {
		f.Bad["reason"] = v.text.T("stock.bad.reason")
	}
	if !ok || version < 1 || len(f.Bad) > 0 {
		refuseForm(c, fault.Invalidf("pieces", "is no number"))
		return s.stockPage(c, v, f)
	}
	if f.Mode == "count" {
		if pieces -= seen; pieces == 0 {
			return s.stockDone(c, v, id, "stock_same")
		}
	}
	err = s.Products.CorrectStock(c.UserContext(), v.shop.ID, inventory.Correction{
		Document: document, LocationID: place, Reason: inventory.Reason(f.Reason), Note: f.Note,
		Changes: []inventory.Change{{SKUID: id, Delta: pieces, Version: version}}, Actor: actor(v.session.StaffID),
	})
	if s.refusedForm(c, v, err) {
		f.Problem, f.Since = sentence(v, err), s.since(c, v, err)
		if fault.KindOf(err) == fault.Invalid {
			f.Problem, f.Bad["pieces"] = "", v.text.T("stock.bad.pieces")
		}
		return s.stockPage(c, v, f)
	}
	if err != nil {
		return err
	}
	return s.stockDone(c, v, id, "stock_saved")
}

// since is what somebody else did before a correction that came too late.
func (s *Console) since(c *fiber.Ctx, v *visit, err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || !errors.Is(err, inventory.ErrChanged) {
		return ""
	}
	list, _ := f.Data()["since"].([]inventory.Earlier)
	if len(list) == 0 {
		return ""
	}
	last := list[0]
	who := s.pages.StaffName(c.UserContext(), last.Actor)
	if who == "" {
		who = v.text.T("stock.somebody")
	}
	return v.text.T("stock.since", who, v.text.DateTime(last.At), v.text.Code("stock.kind", last.Kind), signedCount(v, last.Delta))
}

func signedCount(v *visit, n int64) string {
	if n > 0 {
		return "+" + v.text.Count(n)
	}
	return v.text.Count(n)
}

func (s *Console) stockDone(c *fiber.Ctx, v *visit, id int64, what string) error {
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/stock/"+itoa64(id)+"?done="+what), fiber.StatusSeeOther)
}

// readPieces reads a number of pieces as people type it.
func readPieces(text string) (int64, bool) {
	text = strings.NewReplacer("＋", "", "+", "", "－", "-", "−", "-", ",", "", "，", "").Replace(strings.TrimSpace(text))
	n, err := strconv.ParseInt(text, 10, 32)
	return n, err == nil
}

// stockMove moves pieces of a SKU to another place.
func (s *Console) stockMove(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "sku_id")
	if err != nil {
		return err
	}
	f := view.StockForm{MovePieces: strings.TrimSpace(form(c, "qty")), From: form(c, "from"), To: form(c, "to"), Key: form(c, "key"), Bad: map[string]string{}}
	document, ok := documentOf("DB-", f.Key)
	from, _ := strconv.ParseInt(f.From, 10, 64)
	to, _ := strconv.ParseInt(f.To, 10, 64)
	qty, parsed := readPieces(f.MovePieces)
	switch {
	case !parsed || qty < 1 || !ok:
		f.Bad["qty"] = v.text.T("stock.bad.pieces")
	case from == to:
		f.Bad["to"] = v.text.T("stock.bad.to")
	}
	if len(f.Bad) > 0 {
		refuseForm(c, fault.Invalidf("qty", "is no number"))
		return s.stockPage(c, v, f)
	}
	err = s.Products.MoveStock(c.UserContext(), v.shop.ID, inventory.Transfer{
		Document: document, From: from, To: to, Lines: []inventory.Line{{SKUID: id, Qty: qty}}, Actor: actor(v.session.StaffID),
	})
	if s.refusedForm(c, v, err) {
		f.Problem = sentence(v, err)
		return s.stockPage(c, v, f)
	}
	if err != nil {
		return err
	}
	return s.stockDone(c, v, id, "stock_moved")
}

// stockAlarm sets the level under which a SKU counts as scarce.
func (s *Console) stockAlarm(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "sku_id")
	if err != nil {
		return err
	}
	f := view.StockForm{LowAt: strings.TrimSpace(form(c, "low_at"))}
	lowAt, parsed := readPieces(f.LowAt)
	if !parsed {
		lowAt = -1
	}
	err = s.Products.SetLowAt(c.UserContext(), v.shop.ID, id, lowAt, actor(v.session.StaffID))
	if s.refusedForm(c, v, err) {
		f.Bad = map[string]string{"low_at": v.text.T("stock.bad.low_at")}
		return s.stockPage(c, v, f)
	}
	if err != nil {
		return err
	}
	return s.stockDone(c, v, id, "stock_alarm_saved")
}
