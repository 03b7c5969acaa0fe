package console

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/delivery"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// localShow shows how the shop brings goods itself; a shop that never said it sees a proposal.
func (s *Console) localShow(c *fiber.Ctx, v *visit) error {
	local, err := s.Deliveries.Local(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	f := view.LocalForm{
		Active: true, RadiusKM: "5", Min: "20.00", Base: "5.00", BaseKM: "3", PerKM: "1.00", Free: "0.00", Lead: "30", Ahead: "2", Weekdays: 127,
		Times: "09:00-12:00 20\n14:00-18:00 20",
	}
	if local.StoreID != 0 {
		f = localFormOf(local)
		f.Version = local.Version
	}
	return s.localPage(c, v, f)
}

func (s *Console) localPage(c *fiber.Ctx, v *visit, f view.LocalForm) error {
	stores, err := s.Deliveries.Stores(c.UserContext(), v.shop.ID, true)
	if err != nil {
		return err
	}
	f.Stores, f.Regions, f.MayUpdate = stores, s.Freights.Divisions(), v.granted[authz.ShopUpdate]
	p := s.page(c, v, v.text.T("local.title"), "nav.delivery")
	p.Done = done(c, v)
	return render(c, view.LocalPage(p, f))
}

func localFormOf(l delivery.Local) view.LocalForm {
	f := view.LocalForm{
		Active: l.Active, StoreID: l.StoreID, RadiusKM: kilometres(l.RadiusM), Divisions: l.Divisions, Min: l.MinFen.Yuan(), Base: l.BaseFen.Yuan(),
		BaseKM: kilometres(l.BaseM), PerKM: l.PerKmFen.Yuan(), Free: l.FreeFen.Yuan(), Lead: itoa64(l.LeadMinutes), Ahead: itoa64(l.DaysAhead), Weekdays: l.Weekdays,
	}
	var lines []string
	for _, t := range l.Times {
		lines = append(lines, fmt.Sprintf("%02d:%02d-%02d:%02d %d", t.From/60, t.From%60, t.Until/60, t.Until%60, t.Capacity))
	}
	f.Times = strings.Join(lines, "\n")
	return f
}

// localUpdate sets how the shop brings goods itself.
func (s *Console) localUpdate(c *fiber.Ctx, v *visit) error {
	f := view.LocalForm{
		Active: form(c, "active") != "", RadiusKM: form(c, "radius_m"), Min: form(c, "min_fen"), Base: form(c, "base_fen"), BaseKM: form(c, "base_m"),
		PerKM: form(c, "per_km_fen"), Free: form(c, "free_fen"), Lead: form(c, "lead_minutes"), Ahead: form(c, "days_ahead"), Times: form(c, "times"), Version: seenVersion(c),
	}
	f.StoreID, _ = strconv.ParseInt(form(c, "store_id"), 10, 64) // none is refused below
	for _, day := range formAll(c, "weekday") {
		if n, err := strconv.Atoi(day); err == nil && n >= 0 && n < 7 {
			f.Weekdays |= 1 << n
		}
	}
	codes := append(formAll(c, "region"), strings.FieldsFunc(form(c, "districts"), func(r rune) bool { return strings.ContainsRune(" ,，、;；\r\n\t", r) })...)
	f.Divisions = wide(slices.Compact(slices.Sorted(slices.Values(codes))))
	in, err := readLocal(f)
	if err == nil {
		err = s.Deliveries.SetLocal(c.UserContext(), v.shop.ID, in, actor(v.session.StaffID))
	}
	if s.refusedForm(c, v, err) {
		f.Bad, f.Problem = badFields(v, err)
		return s.localPage(c, v, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/delivery/local?done=delivery_saved"), fiber.StatusSeeOther)
}

// readLocal reads the form; the first field that cannot be read is a fault.
func readLocal(f view.LocalForm) (in delivery.Local, err error) {
	in.Active, in.StoreID, in.Divisions, in.Weekdays, in.Version = f.Active, f.StoreID, f.Divisions, f.Weekdays, f.Version
	for _, a := range []struct {
		name, text string
		to         *money.Fen
	}{{"min_fen", f.Min, &in.MinFen}, {"base_fen", f.Base, &in.BaseFen}, {"per_km_fen", f.PerKM, &in.PerKmFen}, {"free_fen", f.Free, &in.FreeFen}} {
		if *a.to, err = money.ParseYuan(a.text); err != nil {
			return in, fault.Invalidf(a.name, "must be an amount")
		}
	}
	for _, n := range []struct {
		name, text string
		places     int
		to         *int64
	}{{"radius_m", f.RadiusKM, 3, &in.RadiusM}, {"base_m", f.BaseKM, 3, &in.BaseM}, {"lead_minutes", f.Lead, 0, &in.LeadMinutes}, {"days_ahead", f.Ahead, 0, &in.DaysAhead}} {
		if *n.to = number(n.text, n.places); *n.to < 0 {
			return in, fault.Invalidf(n.name, "must be a number")
		}
	}
	for line := range strings.Lines(strings.ReplaceAll(f.Times, "\r", "")) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		t, ok := readTime(line)
		if !ok {
			return in, fault.Invalidf("times", "must be lines like 09:00-12:00 20")
		}
		in.Times = append(in.Times, t)
	}
	return in, nil
}

// readTime reads "09:00-12:00 20": a slot and how many orders it takes.
func readTime(line string) (t delivery.LocalTime, ok bool) {
	span, capacity, _ := strings.Cut(strings.NewReplacer("：", ":", "—", "-", "–", "-", "~", "-", "，", " ", ",", " ", "\t", " ").Replace(line), " ")
	from, until, _ := strings.Cut(span, "-")
	var err error
	if t.Capacity, err = strconv.ParseInt(strings.TrimSpace(capacity), 10, 32); err != nil {
		return t, false
	}
	return t, minutes(from, &t.From) && minutes(until, &t.Until)
}

// minutes reads "09:30", and "24:00" as the end of the day.
func minutes(text string, to *int64) bool {
	hour, minute, found := strings.Cut(text, ":")
	h, err1 := strconv.Atoi(hour)
	m, err2 := strconv.Atoi(minute)
	*to = int64(h)*60 + int64(m)
	return found && err1 == nil && err2 == nil && h >= 0 && m >= 0 && m < 60 && *to <= 24*60
}

// kilometres shows metres as they are typed.
func kilometres(m int64) string {
	text := fmt.Sprintf("%d.%03d", m/1000, m%1000)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// bringNew shows the form that sends somebody of the shop with an order.
func (s *Console) bringNew(c *fiber.Ctx, v *visit) error {
	o, err := s.orderOf(c, v)
	if err != nil {
		return err
	}
	return s.bringPage(c, v, o.OrderNo, delivery.Rider{}, nil)
}

func (s *Console) bringPage(c *fiber.Ctx, v *visit, orderNo string, r delivery.Rider, err error) error {
	f := view.OrderForm{OrderNo: orderNo, Title: v.text.T("local.bring"), Lead: v.text.T("local.bring_lead"), Path: "/bring", Submit: v.text.T("local.bring_submit")}
	f.Bad, f.Problem = badFields(v, err)
	f.Inputs = []view.Input{
		{ID: "rider_name", Name: "rider_name", Label: v.text.T("local.rider_name"), Type: "text", Value: r.Name, Autocomplete: "off", Bad: f.Bad["rider_name"], Max: "20", Required: true},
		{ID: "rider_phone", Name: "rider_phone", Label: v.text.T("local.rider_phone"), Type: "tel", Value: r.Phone, Autocomplete: "off", Hint: v.text.T("local.rider_hint"), Bad: f.Bad["rider_phone"], Max: "20", Required: true},
	}
	return render(c, view.OrderFormPage(s.page(c, v, f.Title, "nav.orders"), f))
}

// bringCreate sends somebody of the shop with an order, or somebody else.
func (s *Console) bringCreate(c *fiber.Ctx, v *visit) error {
	orderNo, err := pathOrder(c)
	if err != nil {
		return err
	}
	rider := delivery.Rider{Name: form(c, "rider_name"), Phone: form(c, "rider_phone")}
	err = s.Orders.Bring(c.UserContext(), v.shop.ID, order.BringInput{OrderNo: orderNo, Rider: rider, Actor: actor(v.session.StaffID)})
	if s.refusedForm(c, v, err) {
		return s.bringPage(c, v, orderNo, rider, err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(orderURL(v, orderNo, "order_brought"), fiber.StatusSeeOther)
}

// arriveCreate notes that an order was handed over at its address.
func (s *Console) arriveCreate(c *fiber.Ctx, v *visit) error {
	orderNo, err := pathOrder(c)
	if err != nil {
		return err
	}
	err = s.Orders.Arrive(c.UserContext(), v.shop.ID, orderNo, actor(v.session.StaffID))
	if problem := sentence(v, err); err != nil && problem != "" {
		s.note(c, v, err)
		refuseForm(c, err)
		return s.orderPage(c, v, problem)
	}
	if err != nil {
		return err
	}
	return c.Redirect(orderURL(v, orderNo, "order_arrived"), fiber.StatusSeeOther)
}

// rider is who brings an order; nil where nobody does, or is not for the viewer to know.
func (s *Console) rider(c *fiber.Ctx, v *visit, orderNo, kind string, parcels int) (*delivery.Rider, error) {
	if kind != string(order.Local) || parcels == 0 || v.look != nil {
		return nil, nil //nolint:nilnil // most orders have none
	}
	r, err := s.Deliveries.Rider(c.UserContext(), v.shop.ID, orderNo)
	return &r, err
}
