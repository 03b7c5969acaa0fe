package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant/fault"
)

func (s *Console) pricePage(c *fiber.Ctx, v *visit, o readmodel.OrderDetail, payable, freight string, err error) error {
	f := view.OrderForm{
		OrderNo: o.OrderNo, Title: v.text.T("fulfil.reprice"), Lead: v.text.T("fulfil.reprice_lead", v.text.Money(o.Payable)), Path: "/price", Submit: v.text.T("fulfil.reprice_submit"),
	}
	f.Bad, f.Problem = badFields(v, err)
	f.Inputs = []view.Input{
		{ID: "payable", Name: "payable", Label: v.text.T("fulfil.payable"), Type: "text", Value: payable, Autocomplete: "off", Hint: v.text.T("fulfil.payable_hint"), Bad: f.Bad["payable"], Max: "12", Required: true},
		{ID: "freight", Name: "freight", Label: v.text.T("fulfil.freight"), Type: "text", Value: freight, Autocomplete: "off", Bad: f.Bad["freight"], Max: "12", Required: true},
	}
	return render(c, view.OrderFormPage(s.page(c, v, f.Title, "nav.orders"), f))
}

// priceEdit shows the form that changes what an unpaid order costs.
func (s *Console) priceEdit(c *fiber.Ctx, v *visit) error {
	o, err := s.orderOf(c, v)
	if err != nil {
		return err
	}
	return s.pricePage(c, v, o, o.Payable.Yuan(), o.Freight.Yuan(), nil)
}

// priceUpdate changes what an unpaid order costs.
func (s *Console) priceUpdate(c *fiber.Ctx, v *visit) error {
	o, err := s.orderOf(c, v)
	if err != nil {
		return err
	}
	payable, freight := form(c, "payable"), form(c, "freight")
	in := order.RepriceInput{OrderNo: o.OrderNo, Actor: actor(v.session.StaffID)}
	if in.PayableFen, err = money.ParseYuan(payable); err != nil {
		err = fault.Invalidf("payable", "must be an amount")
	} else if in.FreightFen, err = money.ParseYuan(freight); err != nil {
		err = fault.Invalidf("freight", "must be an amount")
	} else {
		err = s.Reprice(c.UserContext(), v.shop.ID, in)
	}
	if s.refusedForm(c, v, err) {
		return s.pricePage(c, v, o, payable, freight, err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(orderURL(v, o.OrderNo, "order_repriced"), fiber.StatusSeeOther)
}

func (s *Console) receiverPage(c *fiber.Ctx, v *visit, orderNo string, a order.Address, err error) error {
	f := view.OrderForm{OrderNo: orderNo, Title: v.text.T("fulfil.readdress"), Lead: v.text.T("fulfil.readdress_lead"), Path: "/address", Submit: v.text.T("delivery.save")}
	f.Bad, f.Problem = badFields(v, err)
	for _, field := range []struct {
		name, value, most string
		required          bool
	}{
		{"name", a.Name, "50", true},
		{"phone", a.Phone, "20", true},
		{"province", a.Province, "40", true},
		{"city", a.City, "40", true},
		{"district", a.District, "40", false},
		{"detail", a.Detail, "200", true},
	} {
		f.Inputs = append(f.Inputs, view.Input{
			ID: field.name, Name: field.name, Label: v.text.T("receiver." + field.name), Type: "text", Value: field.value, Autocomplete: "off",
			Bad: f.Bad[field.name], Max: field.most, Required: field.required,
		})
	}
	return render(c, view.OrderFormPage(s.page(c, v, f.Title, "nav.orders"), f))
}

// receiverEdit shows the form that corrects where an order goes.
func (s *Console) receiverEdit(c *fiber.Ctx, v *visit) error {
	o, err := s.orderOf(c, v)
	if err != nil {
		return err
	}
	a := o.Address
	return s.receiverPage(c, v, o.OrderNo, order.Address{
		Name: a.Name, Phone: a.Phone, Province: a.Province, City: a.City, District: a.District, Detail: a.Detail,
	}, nil)
}

// receiverUpdate corrects where an order goes.
func (s *Console) receiverUpdate(c *fiber.Ctx, v *visit) error {
	orderNo, err := pathOrder(c)
	if err != nil {
		return err
	}
	a := order.Address{
		Name: form(c, "name"), Phone: form(c, "phone"), Province: form(c, "province"), City: form(c, "city"),
		District: form(c, "district"), Detail: form(c, "detail"),
	}
	err = s.Orders.Readdress(c.UserContext(), v.shop.ID, orderNo, a, actor(v.session.StaffID))
	if s.refusedForm(c, v, err) {
		return s.receiverPage(c, v, orderNo, a, err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(orderURL(v, orderNo, "order_readdressed"), fiber.StatusSeeOther)
}

// orderCancelNew asks whether an unpaid order is to be closed.
func (s *Console) orderCancelNew(c *fiber.Ctx, v *visit) error {
	o, err := s.orderOf(c, v)
	if err != nil {
		return err
	}
	return s.cancelPage(c, v, o.OrderNo, "")
}

func (s *Console) cancelPage(c *fiber.Ctx, v *visit, orderNo, problem string) error {
	f := view.OrderForm{
		OrderNo: orderNo, Title: v.text.T("fulfil.cancel"), Lead: v.text.T("fulfil.cancel_lead"), Path: "/cancel", Submit: v.text.T("fulfil.cancel_submit"),
		Danger: true, Problem: problem,
	}
	return render(c, view.OrderFormPage(s.page(c, v, f.Title, "nav.orders"), f))
}

// orderCancel closes an unpaid order.
func (s *Console) orderCancel(c *fiber.Ctx, v *visit) error {
	orderNo, err := pathOrder(c)
	if err != nil {
		return err
	}
	err = s.Orders.CancelByStaff(c.UserContext(), v.shop.ID, orderNo, actor(v.session.StaffID))
	if s.refusedForm(c, v, err) {
		return s.cancelPage(c, v, orderNo, sentence(v, err))
	}
	if err != nil {
		return err
	}
	return c.Redirect(orderURL(v, orderNo, "order_cancelled"), fiber.StatusSeeOther)
}

// orderNote keeps a note among the staff.
func (s *Console) orderNote(c *fiber.Ctx, v *visit) error {
	orderNo, err := pathOrder(c)
	if err != nil {
		return err
	}
	err = s.Orders.Note(c.UserContext(), v.shop.ID, orderNo, form(c, "note"), actor(v.session.StaffID))
	if s.refusedForm(c, v, err) {
		return s.orderPage(c, v, sentence(v, err))
	}
	if err != nil {
		return err
	}
	return c.Redirect(orderURL(v, orderNo, "order_noted"), fiber.StatusSeeOther)
}
