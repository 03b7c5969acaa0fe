package console

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/order"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// packNew shows the form that puts goods into a parcel that has no number yet.
func (s *Console) packNew(c *fiber.Ctx, v *visit) error {
	o, err := s.orderOf(c, v)
	if err != nil {
		return err
	}
	return s.shipPage(c, v, o, view.ShipForm{Pack: true}, nil)
}

// packCreate packs a parcel.
func (s *Console) packCreate(c *fiber.Ctx, v *visit) error {
	o, err := s.orderOf(c, v)
	if err != nil {
		return err
	}
	lines, typed, err := linesTyped(c, o)
	if err == nil {
		_, err = s.Orders.Pack(c.UserContext(), v.shop.ID, order.PackInput{OrderNo: o.OrderNo, Lines: lines, Actor: actor(v.session.StaffID)})
	}
	if s.refusedForm(c, v, err) {
		f := view.ShipForm{Pack: true}
		f.Bad, f.Problem = badFields(v, err)
		return s.shipPage(c, v, o, f, typed)
	}
	if err != nil {
		return err
	}
	return c.Redirect(orderURL(v, o.OrderNo, "parcel_packed"), fiber.StatusSeeOther)
}

// parcelUnpack takes a packed parcel apart.
func (s *Console) parcelUnpack(c *fiber.Ctx, v *visit) error {
	o, p, err := s.parcelOf(c, v)
	if err != nil {
		return err
	}
	if _, err := s.Orders.Unpack(c.UserContext(), v.shop.ID, p.ParcelNo, actor(v.session.StaffID)); err != nil {
		return err
	}
	return c.Redirect(orderURL(v, o.OrderNo, "parcel_unpacked"), fiber.StatusSeeOther)
}

func (s *Console) parcelOf(c *fiber.Ctx, v *visit) (o readmodel.OrderDetail, p readmodel.Parcel, err error) {
	o, err = s.orderOf(c, v)
	if err != nil {
		return o, p, err
	}
	i := slices.IndexFunc(o.Fulfil.Parcels, func(p readmodel.Parcel) bool { return p.ParcelNo == c.Params("parcel_no") })
	if i < 0 {
		return o, p, fault.ErrNotFound
	}
	return o, o.Fulfil.Parcels[i], nil
}

// parcelForm shows a form about one parcel again, with what was wrong.
func (s *Console) parcelForm(c *fiber.Ctx, v *visit, f view.OrderForm, err error) error {
	f.Bad, f.Problem = badFields(v, err)
	for i := range f.Inputs {
		f.Inputs[i].Bad = f.Bad[f.Inputs[i].Name]
	}
	return render(c, view.OrderFormPage(s.page(c, v, f.Title, "nav.orders"), f))
}

func trackingInput(v *visit, value string) view.Input {
	return view.Input{
		ID: "tracking_no", Name: "tracking_no", Label: v.text.T("fulfil.tracking_no"), Type: "text", Value: value, Autocomplete: "off",
		Hint: v.text.T("fulfil.tracking_hint"), Max: "40", Required: true,
	}
}

func (s *Console) parcelPage(c *fiber.Ctx, v *visit, o readmodel.OrderDetail, p readmodel.Parcel, err error) error {
	f := view.OrderForm{
		OrderNo: o.OrderNo, Title: v.text.T("fulfil.retrack"), Lead: v.text.T("fulfil.retrack_lead"), Path: "/parcels/" + p.ParcelNo,
		Submit: v.text.T("delivery.save"), Couriers: true, Courier: p.Courier,
	}
	f.Inputs = []view.Input{trackingInput(v, p.TrackingNo)}
	return s.parcelForm(c, v, f, err)
}

// parcelEdit shows the form that corrects a parcel's number.
func (s *Console) parcelEdit(c *fiber.Ctx, v *visit) error {
	o, p, err := s.parcelOf(c, v)
	if err != nil {
		return err
	}
	return s.parcelPage(c, v, o, p, nil)
}

// parcelUpdate corrects a parcel's number.
func (s *Console) parcelUpdate(c *fiber.Ctx, v *visit) error {
	o, p, err := s.parcelOf(c, v)
	if err != nil {
		return err
	}
	p.Courier, p.TrackingNo = form(c, "courier"), form(c, "tracking_no")
	_, err = s.Orders.Retrack(c.UserContext(), v.shop.ID, order.RetrackInput{
		ParcelNo: p.ParcelNo, Courier: p.Courier, TrackingNo: p.TrackingNo, Actor: actor(v.session.StaffID),
	})
	if s.refusedForm(c, v, err) {
		return s.parcelPage(c, v, o, p, err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(orderURL(v, o.OrderNo, "parcel_changed"), fiber.StatusSeeOther)
}

// parcelAct is a form about one parcel: its page, and what it does.
type parcelAct struct {
	name  string // the end of its path, and its texts
	done  string
	input func(v *visit, typed string) view.Input // nil for none
	send  bool                                    // asks for a courier, too
	do    func(c *fiber.Ctx, v *visit, o readmodel.OrderDetail, p readmodel.Parcel) error
}

func (s *Console) parcelActs() []parcelAct {
	return []parcelAct{
		{"ship", "order_shipped", trackingInput, true, func(c *fiber.Ctx, v *visit, o readmodel.OrderDetail, p readmodel.Parcel) error {
			_, err := s.Orders.Ship(c.UserContext(), v.shop.ID, order.ShipInput{
				OrderNo: o.OrderNo, ParcelNo: p.ParcelNo, Courier: form(c, "courier"), TrackingNo: form(c, "tracking_no"), Actor: actor(v.session.StaffID),
			})
			return err
		}},
		{"resend", "parcel_resent", trackingInput, true, func(c *fiber.Ctx, v *visit, _ readmodel.OrderDetail, p readmodel.Parcel) error {
			_, err := s.Orders.Resend(c.UserContext(), v.shop.ID, order.ResendInput{
				ParcelNo: p.ParcelNo, Courier: form(c, "courier"), TrackingNo: form(c, "tracking_no"), Actor: actor(v.session.StaffID),
			})
			return err
		}},
		{"lose", "parcel_lost", reasonInput, false, func(c *fiber.Ctx, v *visit, _ readmodel.OrderDetail, p readmodel.Parcel) error {
			_, err := s.Orders.Lose(c.UserContext(), v.shop.ID, order.LoseInput{ParcelNo: p.ParcelNo, Reason: form(c, "reason"), Actor: actor(v.session.StaffID)})
			return err
		}},
		{"found", "parcel_found", nil, false, func(c *fiber.Ctx, v *visit, _ readmodel.OrderDetail, p readmodel.Parcel) error {
			_, err := s.Orders.Found(c.UserContext(), v.shop.ID, p.ParcelNo, actor(v.session.StaffID))
			return err
		}},
	}
}

func reasonInput(v *visit, typed string) view.Input {
	return view.Input{ID: "reason", Name: "reason", Label: v.text.T("parcel.lost_reason"), Type: "text", Value: typed, Autocomplete: "off", Hint: v.text.T("parcel.lost_hint"), Max: "200", Required: true}
}

// page is the act's form about a parcel.
func (a parcelAct) page(c *fiber.Ctx, v *visit, o readmodel.OrderDetail, p readmodel.Parcel) view.OrderForm {
	f := view.OrderForm{
		OrderNo: o.OrderNo, Title: v.text.T("parcel." + a.name), Lead: v.text.T("parcel." + a.name + "_lead"), Path: "/parcels/" + p.ParcelNo + "/" + a.name,
		Submit: v.text.T("parcel." + a.name + "_submit"), Couriers: a.send, Courier: form(c, "courier"), Danger: a.name == "lose",
	}
	if a.input != nil {
		input := a.input(v, "")
		input.Value = form(c, input.Name)
		f.Inputs = []view.Input{input}
	}
	return f
}

// parcelActNew shows the form of an act.
func (s *Console) parcelActNew(a parcelAct) func(c *fiber.Ctx, v *visit) error {
	return func(c *fiber.Ctx, v *visit) error {
		o, p, err := s.parcelOf(c, v)
		if err != nil {
			return err
		}
		return s.parcelForm(c, v, a.page(c, v, o, p), nil)
	}
}

// parcelActCreate does it.
func (s *Console) parcelActCreate(a parcelAct) func(c *fiber.Ctx, v *visit) error {
	return func(c *fiber.Ctx, v *visit) error {
		o, p, err := s.parcelOf(c, v)
		if err != nil {
			return err
		}
		err = a.do(c, v, o, p)
		if s.refusedForm(c, v, err) {
			return s.parcelForm(c, v, a.page(c, v, o, p), err)
		}
		if err != nil {
			return err
		}
		return c.Redirect(orderURL(v, o.OrderNo, a.done), fiber.StatusSeeOther)
	}
}
