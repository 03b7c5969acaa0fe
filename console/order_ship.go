package console

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/delivery"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Orders is the part of order.Service that staff move.
type Orders interface {
	Quote(ctx context.Context, id tenant.ID, memberID int64, in order.QuoteInput) (order.Quote, error)
	Ship(ctx context.Context, id tenant.ID, in order.ShipInput) (order.Shipped, error)
	Pack(ctx context.Context, id tenant.ID, in order.PackInput) (parcelNo string, err error)
	Unpack(ctx context.Context, id tenant.ID, parcelNo, actor string) (orderNo string, err error)
	Lose(ctx context.Context, id tenant.ID, in order.LoseInput) (orderNo string, err error)
	Found(ctx context.Context, id tenant.ID, parcelNo, actor string) (orderNo string, err error)
	Resend(ctx context.Context, id tenant.ID, in order.ResendInput) (orderNo string, err error)
	Retrack(ctx context.Context, id tenant.ID, in order.RetrackInput) (orderNo string, err error)
	RecordReveal(ctx context.Context, id tenant.ID, orderNo, actor string) error
	Readdress(ctx context.Context, id tenant.ID, orderNo string, a order.Address, actor string) error
	Note(ctx context.Context, id tenant.ID, orderNo, note, actor string) error
	CancelByStaff(ctx context.Context, id tenant.ID, orderNo, actor string) error
	FindPickup(ctx context.Context, id tenant.ID, typed string) (orderNo string, err error)
	HandOver(ctx context.Context, id tenant.ID, typed, actor string) (orderNo string, err error)
	Bring(ctx context.Context, id tenant.ID, in order.BringInput) error
	Arrive(ctx context.Context, id tenant.ID, orderNo, actor string) error
	Redeem(ctx context.Context, id tenant.ID, in order.RedeemInput) (order.Redeemed, bool, error)
	HandOut(ctx context.Context, id tenant.ID, orderNo, actor string) error
	SetTerms(ctx context.Context, id tenant.ID, in order.TermsInput) error
	NothingSentTx(ctx context.Context, q tenantdb.Querier, orderNo string) error
}

// Deliveries is the part of delivery.Service that staff move.
type Deliveries interface {
	Stores(ctx context.Context, id tenant.ID, onlyOpen bool) ([]delivery.Store, error)
	SaveStore(ctx context.Context, id tenant.ID, in delivery.Store, actor string) (int64, error)
	Local(ctx context.Context, id tenant.ID) (delivery.Local, error)
	SetLocal(ctx context.Context, id tenant.ID, in delivery.Local, actor string) error
	Rider(ctx context.Context, id tenant.ID, orderNo string) (delivery.Rider, error)
	Retry(ctx context.Context, id tenant.ID, orderNo, actor string, ob *outbox.Outbox) error
	Frozen(ctx context.Context, id tenant.ID) (amount money.Fen, orders int64, err error)
	Tracking
}

func (s *Console) orderOf(c *fiber.Ctx, v *visit) (readmodel.OrderDetail, error) {
	orderNo, err := pathOrder(c)
	if err != nil {
		return readmodel.OrderDetail{}, err
	}
	return s.pages.Order(c.UserContext(), v.shop.ID, orderNo)
}

func orderURL(v *visit, orderNo, what string) string {
	return view.Shop{Handle: v.shop.Handle}.URL("/orders/" + orderNo + "?done=" + what)
}

// badFields are the texts for the fields that a fault names; whole is for a fault that
// names none.
func badFields(v *visit, err error) (bad map[string]string, whole string) {
	bad = map[string]string{}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return bad, ""
	}
	for _, field := range f.Fields() {
		name, _, _ := strings.Cut(field.Path, ".")
		if key := "fulfil.bad." + name; v.text.Has(key) {
			bad[name] = v.text.Code("fulfil.bad", name)
		} else {
			whole = sentence(v, err)
		}
	}
	if len(bad) == 0 {
		whole = sentence(v, err)
	}
	return bad, whole
}

// refusedForm reports whether err is a refusal that the form is shown again with, and
// notes it.
func (s *Console) refusedForm(c *fiber.Ctx, v *visit, err error) bool {
	if err == nil || errors.Is(err, fault.ErrNotFound) || sentence(v, err) == "" {
		return false
	}
	s.note(c, v, err)
	refuseForm(c, err)
	return true
}

// shipNew shows the form that sends a parcel, with everything that is left in it.
func (s *Console) shipNew(c *fiber.Ctx, v *visit) error {
	o, err := s.orderOf(c, v)
	if err != nil {
		return err
	}
	return s.shipPage(c, v, o, view.ShipForm{}, nil)
}

func (s *Console) shipPage(c *fiber.Ctx, v *visit, o readmodel.OrderDetail, f view.ShipForm, typed map[int64]string) error {
	f.OrderNo, f.Address, f.Remark, f.Note, f.Refund = o.OrderNo, o.Address, o.Remark, o.Fulfil.Note, shipRefund(v, o)
	for i, l := range o.Lines {
		line := view.ShipLine{ID: o.Fulfil.LineIDs[i], Title: l.Title, Spec: l.Spec, Picture: l.Picture, Place: l.Place, Qty: l.Qty, Sent: o.Fulfil.Sent[o.Fulfil.LineIDs[i]], Packed: o.Fulfil.Packed[o.Fulfil.LineIDs[i]]}
		line.Now = strconv.FormatInt(line.Qty-line.Sent-line.Packed, 10)
		if typed != nil {
			line.Now = typed[line.ID]
		}
		f.Lines = append(f.Lines, line)
	}
	title := v.text.T("ship.title")
	if f.Pack {
		title = v.text.T("parcel.pack")
	}
	return render(c, view.ShipPage(s.page(c, v, title, "nav.orders"), f))
}

// shipCreate sends a parcel.
func (s *Console) shipCreate(c *fiber.Ctx, v *visit) error {
	o, err := s.orderOf(c, v)
	if err != nil {
		return err
	}
	f := view.ShipForm{Courier: form(c, "courier"), TrackingNo: form(c, "tracking_no")}
	lines, typed, err := linesTyped(c, o)
	if err == nil {
		_, err = s.Orders.Ship(c.UserContext(), v.shop.ID, order.ShipInput{
			OrderNo: o.OrderNo, Courier: f.Courier, TrackingNo: f.TrackingNo, Lines: lines, Actor: actor(v.session.StaffID),
		})
	}
	if s.refusedForm(c, v, err) {
		f.Bad, f.Problem = badFields(v, err)
		return s.shipPage(c, v, o, f, typed)
	}
	if err != nil {
		return err
	}
	return c.Redirect(orderURL(v, o.OrderNo, "order_shipped"), fiber.StatusSeeOther)
}

// linesTyped are the pieces that go into a parcel, as numbers and as they were typed. Faults:
// VALIDATION on lines if there are none.
func linesTyped(c *fiber.Ctx, o readmodel.OrderDetail) (lines map[int64]int64, typed map[int64]string, err error) {
	lines, typed = map[int64]int64{}, map[int64]string{}
	for _, id := range o.Fulfil.LineIDs {
		typed[id] = strings.TrimSpace(form(c, "qty_"+itoa64(id)))
		if typed[id] == "" {
			continue
		}
		qty, err := strconv.ParseInt(typed[id], 10, 32)
		if err != nil {
			qty = -1 // no number: refused with the others
		}
		if qty != 0 {
			lines[id] = qty
		}
	}
	if len(lines) == 0 {
		err = fault.Invalidf("lines", "nothing is in the parcel")
	}
	return lines, typed, err
}

// uploadRetry tells WeChat once more what it refused.
func (s *Console) uploadRetry(c *fiber.Ctx, v *visit) error {
	orderNo, err := pathOrder(c)
	if err != nil {
		return err
	}
	if err := s.Deliveries.Retry(c.UserContext(), v.shop.ID, orderNo, actor(v.session.StaffID), s.Outbox); err != nil {
		return err
	}
	return c.Redirect(orderURL(v, orderNo, "upload_again"), fiber.StatusSeeOther)
}

// pickingShow shows what is to be packed, for print.
func (s *Console) pickingShow(c *fiber.Ctx, v *visit) error {
	list, err := s.pages.Picking(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	return render(c, view.PickingPage(s.page(c, v, v.text.T("picking.title"), "nav.orders"), list))
}

// bulkNew shows the form for many parcels at once.
func (s *Console) bulkNew(c *fiber.Ctx, v *visit) error { return s.bulkPage(c, v, view.Shipments{}) }

func (s *Console) bulkPage(c *fiber.Ctx, v *visit, b view.Shipments) error {
	return render(c, view.ShipmentsPage(s.page(c, v, v.text.T("bulk.title"), "nav.orders"), b))
}

// maxBulk is how many parcels are sent at once.
const maxBulk = 500

// bulkCreate checks a list of parcels, or sends what is good of it. Every row stands for
// itself, and one that was sent before is not sent again.
func (s *Console) bulkCreate(c *fiber.Ctx, v *visit) error {
	b := view.Shipments{Text: form(c, "rows")}
	if !utf8.ValidString(b.Text) {
		b.Text, b.Problem = "", v.text.T("bulk.not_utf8")
		c.Status(fiber.StatusUnprocessableEntity)
		return s.bulkPage(c, v, b)
	}
	b.Rows = readBulk(b.Text)
	if len(b.Rows) == 0 || len(b.Rows) > maxBulk {
		b.Rows, b.Problem = nil, v.text.T("bulk.bounds", maxBulk)
		c.Status(fiber.StatusUnprocessableEntity)
		return s.bulkPage(c, v, b)
	}
	if err := s.judgeBulk(c, v, b.Rows); err != nil {
		return err
	}
	b.Checked = form(c, "do") != "ship"
	b.Done = !b.Checked
	for i := range b.Rows {
		row := &b.Rows[i]
		if row.Problem == "" && b.Done && row.State == "ready" {
			if err := s.shipRow(c, v, row); err != nil {
				return err
			}
		}
		if row.Problem == "" {
			b.Good++
		}
	}
	return s.bulkPage(c, v, b)
}

func (s *Console) shipRow(c *fiber.Ctx, v *visit, row *view.ShipmentRow) error {
	courier, _ := delivery.FindCourier(row.Courier)
	out, err := s.Orders.Ship(c.UserContext(), v.shop.ID, order.ShipInput{
		OrderNo: row.OrderNo, Courier: courier.Code, TrackingNo: row.TrackingNo, Actor: actor(v.session.StaffID),
	})
	if problem := sentence(v, err); err != nil && problem != "" {
		s.note(c, v, err)
		row.Problem = problem
		return nil
	}
	row.State = "shipped"
	if out.Known {
		row.State = "known"
	}
	return err
}

var bulkGap = regexp.MustCompile(`[\t,;，；]+|\s{1,}`)

// readBulk reads order number, courier and tracking number of each line, in a spreadsheet's
// or a person's way of parting them. A heading and empty lines are left out.
func readBulk(text string) []view.ShipmentRow {
	var rows []view.ShipmentRow
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		line = strings.TrimSpace(strings.ReplaceAll(line, `"`, ""))
		if line == "" {
			continue
		}
		var cells []string
		for _, cell := range bulkGap.Split(line, -1) {
			if cell = strings.TrimSpace(cell); cell != "" {
				cells = append(cells, strings.TrimPrefix(cell, "'"))
			}
		}
		if len(cells) > 0 && i == 0 && !orderForm.MatchString(cells[0]) {
			continue // a heading
		}
		row := view.ShipmentRow{Line: i + 1}
		for at, to := range []*string{&row.OrderNo, &row.Courier, &row.TrackingNo} {
			if at < len(cells) {
				*to = cells[at]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// judgeBulk says of every row what stands against it, by one look at the orders.
func (s *Console) judgeBulk(c *fiber.Ctx, v *visit, rows []view.ShipmentRow) error {
	numbers := make([]string, len(rows))
	for i, row := range rows {
		numbers[i] = row.OrderNo
	}
	found, err := s.pages.Shippable(c.UserContext(), v.shop.ID, numbers)
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	for i := range rows {
		row := &rows[i]
		row.State = "ready"
		courier, known := delivery.FindCourier(row.Courier)
		_, number, badNumber := delivery.CheckNumber(courier.Code, row.TrackingNo)
		o, there := found[row.OrderNo]
		switch {
		case row.TrackingNo == "":
			row.Problem = v.text.T("bulk.problem.cells")
		case !there:
			row.Problem = v.text.T("bulk.problem.order")
		case !known:
			row.Problem = v.text.T("bulk.problem.courier")
		case badNumber != nil:
			row.Problem = v.text.T("bulk.problem.number", courier.Name)
		case slices.Contains(o.Numbers, courier.Code+" "+number):
			row.State = "known"
		case taken[row.OrderNo]:
			row.Problem = v.text.T("bulk.problem.twice")
		case o.RefundsWhole():
			row.Problem = v.text.T("bulk.problem.refunding")
		case o.Waits:
			row.Problem = v.text.T("bulk.problem.waits")
		case o.Packed > 1:
			row.Problem = v.text.T("bulk.problem.packed")
		case !slices.Contains(order.ActionsOf(order.Staff, order.Status(o.Status), order.Facts{Unsent: o.Unsent, Delivery: order.ParcelKind(o.Delivery), Waits: o.Waits}), order.EventShip):
			row.Problem = v.text.T("bulk.problem.state", v.text.Code("order.status", o.Status))
		}
		if known {
			row.Courier = courier.Name
		}
		warnOfRefund(v, row, o)
		taken[row.OrderNo] = true
	}
	return nil
}
