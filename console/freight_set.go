package console

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/division"
	"galleria/commerce/freight"
	"galleria/commerce/money"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Freights keeps freight templates; *freight.Service is one.
type Freights interface {
	Divisions() *division.Table
	List(ctx context.Context, id tenant.ID) ([]freight.Template, error)
	Get(ctx context.Context, id tenant.ID, templateID int64) (freight.Template, error)
	Save(ctx context.Context, id tenant.ID, t freight.Template, actor string) (int64, error)
	Copy(ctx context.Context, id tenant.ID, templateID int64, suffix, actor string) (int64, error)
	Delete(ctx context.Context, id tenant.ID, templateID int64, actor string) error
}

const freightPath = "/delivery/freight"

// freightList shows the shop's templates.
func (s *Console) freightList(c *fiber.Ctx, v *visit) error {
	list, err := s.Freights.List(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	return render(c, view.FreightListPage(s.page(c, v, v.text.T("freight.title"), "nav.delivery"), view.FreightList{
		Templates: list, Regions: s.Freights.Divisions(), MayUpdate: v.granted[authz.ShopUpdate],
	}))
}

// freightNew shows the form of a new template.
func (s *Console) freightNew(c *fiber.Ctx, v *visit) error {
	list, err := s.Freights.List(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	return s.freightPage(c, v, view.FreightForm{
		Template: freight.Template{Unit: freight.ByPiece, Default: len(list) == 0},
		Price:    view.FreightPrice{First: "1", FirstFee: "10.00", Next: "1", NextFee: "2.00"}, Everywhere: true,
	})
}

func (s *Console) freightPage(c *fiber.Ctx, v *visit, f view.FreightForm) error {
	f.Regions, f.MayUpdate = s.Freights.Divisions(), v.granted[authz.ShopUpdate]
	return render(c, view.FreightFormPage(s.page(c, v, v.text.T("freight.one"), "nav.delivery"), f))
}

// freightCreate adds a template.
func (s *Console) freightCreate(c *fiber.Ctx, v *visit) error {
	return s.freightSave(c, v, freight.Template{Unit: freight.Unit(form(c, "unit"))})
}

// freightShow shows a template, and what it would charge if that is asked.
func (s *Console) freightShow(c *fiber.Ctx, v *visit) error {
	t, err := s.freightOf(c, v)
	if err != nil {
		return err
	}
	f := view.FreightForm{Template: t, Everywhere: t.Elsewhere != nil, Price: view.FreightPrice{}}
	if t.Elsewhere != nil {
		f.Price = shownPrice(t.Unit, *t.Elsewhere)
	}
	f.Try = s.tryFreight(c, v, t)
	return s.freightPage(c, v, f)
}

func (s *Console) freightOf(c *fiber.Ctx, v *visit) (freight.Template, error) {
	id, err := pathID(c, "id")
	if err != nil {
		return freight.Template{}, err
	}
	return s.Freights.Get(c.UserContext(), v.shop.ID, id)
}

// freightUpdate changes a template's name and what it charges where no zone says another price.
func (s *Console) freightUpdate(c *fiber.Ctx, v *visit) error {
	t, err := s.freightOf(c, v)
	if err != nil {
		return err
	}
	return s.freightSave(c, v, t)
}

func (s *Console) freightSave(c *fiber.Ctx, v *visit, t freight.Template) error {
	t.Name, t.Default = strings.TrimSpace(form(c, "name")), form(c, "default") != ""
	t.Version = versionOf(c)
	f := view.FreightForm{Price: typedPrice(c), Everywhere: form(c, "everywhere") != ""}
	t.Elsewhere = nil
	if f.Everywhere {
		price := readPrice(t.Unit, f.Price)
		t.Elsewhere = &price
	}
	id, err := s.Freights.Save(c.UserContext(), v.shop.ID, t, actor(v.session.StaffID))
	if s.refusedForm(c, v, err) {
		f.Template = t
		f.Bad, f.Problem = badFreight(v, err)
		return s.freightPage(c, v, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(freightPath+"/"+itoa64(id)+"?done=freight_saved"), fiber.StatusSeeOther)
}

// freightCopy adds a template with the same rules.
func (s *Console) freightCopy(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	copied, err := s.Freights.Copy(c.UserContext(), v.shop.ID, id, v.text.T("freight.copy_suffix"), actor(v.session.StaffID))
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(freightPath+"/"+itoa64(copied)+"?done=freight_copied"), fiber.StatusSeeOther)
}

// freightDelete removes a template that no product names.
func (s *Console) freightDelete(c *fiber.Ctx, v *visit) error {
	t, err := s.freightOf(c, v)
	if err != nil {
		return err
	}
	err = s.Freights.Delete(c.UserContext(), v.shop.ID, t.ID, actor(v.session.StaffID))
	if s.refusedForm(c, v, err) {
		f := view.FreightForm{Template: t, Everywhere: t.Elsewhere != nil}
		if t.Elsewhere != nil {
			f.Price = shownPrice(t.Unit, *t.Elsewhere)
		}
		f.Bad, f.Problem = badFreight(v, err)
		return s.freightPage(c, v, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(freightPath+"?done=freight_deleted"), fiber.StatusSeeOther)
}

// tryFreight computes what the template would charge; nil if nothing is asked.
func (s *Console) tryFreight(c *fiber.Ctx, v *visit, t freight.Template) *view.FreightTry {
	code := c.Query("region")
	if code == "" {
		return nil
	}
	try := &view.FreightTry{Region: code, Pieces: c.Query("pieces"), Measure: c.Query("measure"), Amount: c.Query("amount")}
	items, ok := triedItems(t, try)
	if !ok || !s.Freights.Divisions().Known(code) {
		try.Problem = v.text.T("freight.try_problem")
		return try
	}
	got, err := freight.Charge(items, s.Freights.Divisions().Locate(division.Named{Code: code}), map[int64]freight.Template{t.ID: t})
	switch {
	case err != nil:
		try.Problem = v.text.T("freight.try_problem")
	case got.Refused != nil:
		try.Result = v.text.T("freight.try_refused")
	case got.Parts[0].Free:
		try.Result = v.text.T("freight.try_free")
	default:
		try.Result = v.text.T("freight.try_result", v.text.Money(got.FreightFen))
		if got.Parts[0].ToFreeFen > 0 {
			try.More = v.text.T("freight.try_more", v.text.Money(got.Parts[0].ToFreeFen))
		}
	}
	return try
}

// triedItems are the goods that somebody tries a template with. The measure is that of all
// pieces together: one line of one piece, and the rest weighs nothing.
func triedItems(t freight.Template, try *view.FreightTry) ([]freight.Item, bool) {
	pieces, ok := decimal(try.Pieces, 0)
	measure, fine := decimal(try.Measure, view.FreightPlaces(t.Unit))
	amount, err := money.ParseYuan(try.Amount)
	if !ok || pieces < 1 || pieces > freight.MaxFromQty || !fine && t.Unit != freight.ByPiece || err != nil || amount < 0 {
		return nil, false
	}
	items := []freight.Item{{SKUID: 1, TemplateID: t.ID, Qty: 1, WeightG: measure, VolumeCM3: measure, AmountFen: amount}}
	if pieces > 1 {
		items = append(items, freight.Item{SKUID: 2, TemplateID: t.ID, Qty: pieces - 1})
	}
	return items, true
}

func versionOf(c *fiber.Ctx) int32 {
	n, _ := strconv.ParseInt(form(c, "version"), 10, 32)
	return int32(n)
}

func typedPrice(c *fiber.Ctx) view.FreightPrice {
	return view.FreightPrice{First: form(c, "first"), FirstFee: form(c, "first_fen"), Next: form(c, "next"), NextFee: form(c, "next_fen")}
}

func shownPrice(unit freight.Unit, p freight.Price) view.FreightPrice {
	return view.FreightPrice{
		First: view.FreightMeasure(unit, p.First), FirstFee: p.FirstFen.Yuan(), Next: view.FreightMeasure(unit, p.Next), NextFee: p.NextFen.Yuan(),
	}
}

// readPrice reads what was typed; what is no number becomes one that is refused.
func readPrice(unit freight.Unit, f view.FreightPrice) freight.Price {
	return freight.Price{First: number(f.First, view.FreightPlaces(unit)), FirstFen: fee(f.FirstFee), Next: number(f.Next, view.FreightPlaces(unit)), NextFen: fee(f.NextFee)}
}

func number(text string, places int) int64 {
	if n, ok := decimal(text, places); ok {
		return n
	}
	return -1
}

func fee(text string) money.Fen {
	f, err := money.ParseYuan(strings.TrimSpace(text))
	if err != nil {
		return -1
	}
	return f
}

// decimal reads a number with at most so many places as a whole number of its last place.
func decimal(text string, places int) (int64, bool) {
	whole, part, _ := strings.Cut(strings.TrimSpace(text), ".")
	if whole == "" || len(part) > places || strings.Trim(whole+part, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", places-len(part)), 10, 64)
	return n, err == nil
}

// badFreight says at which field a template is refused, and why.
func badFreight(v *visit, err error) (bad map[string]string, whole string) {
	refused, ok := errors.AsType[*fault.Error](err)
	if !ok || len(refused.Fields()) == 0 {
		return nil, sentence(v, err)
	}
	bad = map[string]string{}
	for _, field := range refused.Fields() {
		name := field.Path[strings.LastIndexByte(field.Path, '.')+1:]
		if !v.text.Has("freight.bad." + name) {
			return nil, sentence(v, err)
		}
		bad[name] = v.text.Code("freight.bad", name)
	}
	return bad, ""
}
