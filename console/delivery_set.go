package console

import (
	"errors"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/delivery"
	"galleria/commerce/order"
	"galleria/commerce/voucher"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// pickupNew shows the form for a pickup code.
func (s *Console) pickupNew(c *fiber.Ctx, v *visit) error {
	page := view.Verify{}
	if no := c.Query("of"); orderForm.MatchString(no) {
		switch c.Query("done") {
		case "handed_over":
			page.Done = no
		case "redeemed":
			page.Redeemed, page.Left = no, c.Query("left")
		}
	}
	return s.pickupPage(c, v, page)
}

func (s *Console) pickupPage(c *fiber.Ctx, v *visit, page view.Verify) error {
	p := s.page(c, v, v.text.T("pickup.title"), "nav.pickup")
	p.Done = "" // the page says it with the order's number
	return render(c, view.VerifyPage(p, page))
}

// pickupVerify finds the order or the voucher of a code, or hands goods over or uses a voucher.
func (s *Console) pickupVerify(c *fiber.Ctx, v *visit) error {
	page := view.Verify{Code: form(c, "code")}
	// A person who guesses is stopped like one who guesses passwords.
	tries, err := s.Staff.Admit(c.UserContext(), "pickup:"+v.shop.ID.String()+":"+itoa64(v.session.StaffID), clientIP(c))
	if err != nil {
		return s.pickupRefused(c, v, err)
	}
	if voucher.IsCode(page.Code) {
		return s.voucherVerify(c, v, tries, page)
	}
	if form(c, "do") == "hand" {
		orderNo, err := s.Orders.HandOver(c.UserContext(), v.shop.ID, page.Code, actor(v.session.StaffID))
		if err == nil {
			err = s.Staff.Forgive(c.UserContext(), tries)
		}
		if err == nil {
			return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/pickup?done=handed_over&of="+orderNo), fiber.StatusSeeOther)
		}
		return s.pickupRefused(c, v, err)
	}
	orderNo, err := s.Orders.FindPickup(c.UserContext(), v.shop.ID, page.Code)
	if err != nil {
		return s.pickupRefused(c, v, err)
	}
	if err := s.Staff.Forgive(c.UserContext(), tries); err != nil {
		return err
	}
	o, err := s.pages.Order(c.UserContext(), v.shop.ID, orderNo)
	if err != nil {
		return err
	}
	page.Found = &view.OrderShow{OrderDetail: o}
	return s.pickupPage(c, v, page)
}

func (s *Console) pickupRefused(c *fiber.Ctx, v *visit, err error) error {
	problem := sentence(v, err)
	if problem == "" {
		return err
	}
	s.note(c, v, err)
	refuseForm(c, err)
	return s.pickupPage(c, v, view.Verify{Problem: problem})
}

// deliveryShow shows the shop's times and pickup stores.
func (s *Console) deliveryShow(c *fiber.Ctx, v *visit) error {
	t, err := s.pages.Terms(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	const minute = 60
	return s.deliveryPage(c, v, view.DeliverySettings{
		UnpaidMinutes: itoa64(t.UnpaidSeconds / minute), ReceiveDays: itoa64(t.ReceiveDays), SignedDays: itoa64(t.SignedDays), FinishDays: itoa64(t.FinishDays),
		OpenOrders: itoa64(t.MaxOpenOrders), OpenPieces: itoa64(t.MaxOpenPieces), Version: t.Version,
	})
}

func (s *Console) deliveryPage(c *fiber.Ctx, v *visit, page view.DeliverySettings) error {
	var err error
	if page.Stores, err = s.Deliveries.Stores(c.UserContext(), v.shop.ID, false); err != nil {
		return err
	}
	amount, orders, err := s.Deliveries.Frozen(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	if orders > 0 {
		page.Frozen, page.FrozenOrders = v.text.Money(amount), orders
	}
	page.MayUpdate = v.granted[authz.ShopUpdate]
	p := s.page(c, v, v.text.T("delivery.title"), "nav.delivery")
	p.Done = done(c, v)
	return render(c, view.DeliverySettingsPage(p, page))
}

// deliveryUpdate changes the shop's times.
func (s *Console) deliveryUpdate(c *fiber.Ctx, v *visit) error {
	page := view.DeliverySettings{UnpaidMinutes: form(c, "unpaid"), ReceiveDays: form(c, "receive"), SignedDays: form(c, "signed"), FinishDays: form(c, "finish"), OpenOrders: form(c, "open_orders"), OpenPieces: form(c, "open_pieces"), Version: seenVersion(c)}
	number := func(text string) int64 {
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return -1
		}
		return n
	}
	err := s.Orders.SetTerms(c.UserContext(), v.shop.ID, order.TermsInput{
		UnpaidMinutes: number(page.UnpaidMinutes), ReceiveDays: number(page.ReceiveDays), SignedDays: number(page.SignedDays), FinishDays: number(page.FinishDays),
		MaxOpenOrders: number(page.OpenOrders), MaxOpenPieces: number(page.OpenPieces), Version: page.Version, Actor: actor(v.session.StaffID),
	})
	if s.refusedForm(c, v, err) {
		page.Bad, page.Problem = badFields(v, err)
		return s.deliveryPage(c, v, page)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/delivery?done=delivery_saved"), fiber.StatusSeeOther)
}

// storeEdit shows the form of a pickup store.
func (s *Console) storeEdit(c *fiber.Ctx, v *visit) error {
	f := view.StoreForm{Store: delivery.Store{Open: true}}
	if c.Params("id") != "" {
		id, err := pathID(c, "id")
		if err != nil {
			return err
		}
		list, err := s.Deliveries.Stores(c.UserContext(), v.shop.ID, false)
		if err != nil {
			return err
		}
		for _, store := range list {
			if store.ID == id {
				f.Store = store
			}
		}
		if f.ID == 0 {
			return fault.ErrNotFound
		}
	}
	return s.storePage(c, v, f)
}

func (s *Console) storePage(c *fiber.Ctx, v *visit, f view.StoreForm) error {
	return render(c, view.StoreFormPage(s.page(c, v, v.text.T("store.one"), "nav.delivery"), f))
}

// storeUpdate adds or changes a pickup store.
func (s *Console) storeUpdate(c *fiber.Ctx, v *visit) error {
	f := view.StoreForm{Store: delivery.Store{
		Name: form(c, "name"), Address: form(c, "address"), Phone: form(c, "phone"), Hours: form(c, "hours"),
		Latitude: form(c, "latitude"), Longitude: form(c, "longitude"), Open: form(c, "open") != "", Version: seenVersion(c),
	}}
	if c.Params("id") != "" {
		var err error
		if f.ID, err = pathID(c, "id"); err != nil {
			return err
		}
	}
	_, err := s.Deliveries.SaveStore(c.UserContext(), v.shop.ID, f.Store, actor(v.session.StaffID))
	if s.refusedForm(c, v, err) && !errors.Is(err, fault.ErrNotFound) {
		f.Bad, f.Problem = badFields(v, err)
		return s.storePage(c, v, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/delivery?done=store_saved"), fiber.StatusSeeOther)
}

// seenVersion is the version of the settings that a form was made of; what is none was never seen,
// and saves over nothing.
func seenVersion(c *fiber.Ctx) int32 {
	n, err := strconv.ParseInt(form(c, "version"), 10, 32)
	if err != nil || n < 1 {
		return -1
	}
	return int32(n)
}
