package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/freight"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// freightPart finds the part of a template that an address names: a zone, a free rule, or
// the regions without delivery. Faults: NOT_FOUND.
func (s *Console) freightPart(c *fiber.Ctx, v *visit) (freight.Template, view.FreightPart, error) {
	t, err := s.freightOf(c, v)
	if err != nil {
		return t, view.FreightPart{}, err
	}
	f := view.FreightPart{Template: t, Kind: c.Params("part"), N: c.Params("n"), Index: -1}
	count := map[string]int{view.FreightZone: len(t.Zones), view.FreightFree: len(t.Free)}
	most, numbered := count[f.Kind]
	switch {
	case f.Kind == view.FreightRefused && f.N == "all":
	case numbered && f.N == "new":
	case numbered:
		f.Index, err = strconv.Atoi(f.N)
		if err != nil || f.Index < 0 || f.Index >= most {
			return t, f, fault.ErrNotFound
		}
	default:
		return t, f, fault.ErrNotFound
	}
	return t, f, nil
}

// freightPartEdit shows the form of one part of a template.
func (s *Console) freightPartEdit(c *fiber.Ctx, v *visit) error {
	t, f, err := s.freightPart(c, v)
	if err != nil {
		return err
	}
	var chosen []string
	switch {
	case f.Kind == view.FreightRefused:
		chosen = t.Refused
	case f.Index < 0:
		f.Price = view.FreightPrice{First: "1", Next: "1"}
	case f.Kind == view.FreightZone:
		chosen, f.Price = t.Zones[f.Index].Regions, shownPrice(t.Unit, t.Zones[f.Index].Price)
	default:
		rule := t.Free[f.Index]
		chosen = rule.Regions
		if rule.FromFen > 0 {
			f.FromFee = rule.FromFen.Yuan()
		}
		f.FromQty = some(rule.FromQty)
	}
	return s.freightPartPage(c, v, f, chosen)
}

func (s *Console) freightPartPage(c *fiber.Ctx, v *visit, f view.FreightPart, chosen []string) error {
	f.Regions, f.Chosen = s.Freights.Divisions(), map[string]bool{}
	var districts []string
	for _, code := range chosen {
		f.Chosen[code] = true
		if !strings.HasSuffix(code, "00") {
			districts = append(districts, code)
		}
	}
	f.Districts = strings.Join(districts, " ")
	f.Taken = map[string]bool{}
	if f.Kind != view.FreightFree { // a region has one price, or none
		for i, z := range f.Template.Zones {
			for _, code := range z.Regions {
				f.Taken[code] = f.Kind != view.FreightZone || i != f.Index
			}
		}
		for _, code := range f.Template.Refused {
			f.Taken[code] = f.Kind != view.FreightRefused
		}
	}
	return render(c, view.FreightPartPage(s.page(c, v, v.text.T("freight.part."+f.Kind), "nav.delivery"), f))
}

// freightPartUpdate changes, adds or removes one part of a template.
func (s *Console) freightPartUpdate(c *fiber.Ctx, v *visit) error {
	t, f, err := s.freightPart(c, v)
	if err != nil {
		return err
	}
	t.Version = versionOf(c)
	f.Price, f.FromFee, f.FromQty = typedPrice(c), form(c, "from_fen"), form(c, "from_qty")
	chosen := formAll(c, "region")
	chosen = append(chosen, strings.FieldsFunc(form(c, "districts"), func(r rune) bool { return strings.ContainsRune(" ,，、;；\r\n\t", r) })...)
	chosen = wide(slices.Compact(slices.Sorted(slices.Values(chosen))))
	changed := change(t, f, chosen, form(c, "do") == "delete")
	_, err = s.Freights.Save(c.UserContext(), v.shop.ID, changed, actor(v.session.StaffID))
	if s.refusedForm(c, v, err) {
		f.Bad, f.Problem = badFreight(v, err)
		return s.freightPartPage(c, v, f, chosen)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(freightPath+"/"+itoa64(t.ID)+"?done=freight_saved"), fiber.StatusSeeOther)
}

// change returns the template with the part as it was typed, or without it.
func change(t freight.Template, f view.FreightPart, chosen []string, remove bool) freight.Template {
	zone := freight.Zone{Regions: chosen, Price: readPrice(t.Unit, f.Price)}
	rule := freight.Free{Regions: chosen}
	if f.FromFee != "" {
		rule.FromFen = fee(f.FromFee)
	}
	if f.FromQty != "" {
		rule.FromQty = number(f.FromQty, 0)
	}
	t.Zones, t.Free = slices.Clone(t.Zones), slices.Clone(t.Free)
	switch f.Kind {
	case view.FreightRefused:
		t.Refused = chosen
	case view.FreightZone:
		t.Zones = replaced(t.Zones, f.Index, zone, remove)
	case view.FreightFree:
		t.Free = replaced(t.Free, f.Index, rule, remove)
	}
	return t
}

func replaced[T any](list []T, at int, with T, remove bool) []T {
	switch {
	case at < 0:
		return append(list, with)
	case remove:
		return slices.Delete(list, at, at+1)
	}
	list[at] = with
	return list
}

// wide leaves out what lies within another chosen region: all of a province is one choice.
func wide(codes []string) []string {
	has := map[string]bool{}
	for _, code := range codes {
		has[code] = true
	}
	return slices.DeleteFunc(codes, func(code string) bool {
		if len(code) != len("110000") {
			return false // refused as a whole
		}
		province, city := code[:2]+"0000", code[:4]+"00"
		return province != code && has[province] || city != code && has[city]
	})
}
