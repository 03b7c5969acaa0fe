package console

import (
	"context"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/inventory"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
)

// Stock is the part of listing.Service that moves stock.
type Stock interface {
	CorrectStock(ctx context.Context, id tenant.ID, in inventory.Correction) error
	CorrectStockEach(ctx context.Context, id tenant.ID, in inventory.Correction) ([]inventory.Corrected, error)
	FindStock(ctx context.Context, id tenant.ID, codes []string, locationID int64) ([]inventory.Code, error)
	MoveStock(ctx context.Context, id tenant.ID, in inventory.Transfer) error
	MoveStockEach(ctx context.Context, id tenant.ID, in inventory.Transfer) ([]inventory.Moved, error)
	SetLowAt(ctx context.Context, id tenant.ID, skuID, lowAt int64, actor string) error
	SeeStockAlarms(ctx context.Context, id tenant.ID, skuIDs []int64, actor string) error
	Locations(ctx context.Context, id tenant.ID) ([]inventory.Location, error)
	SaveLocation(ctx context.Context, id tenant.ID, placeID int64, add bool, name, actor string) error
	CloseLocation(ctx context.Context, id tenant.ID, placeID int64, closed bool, actor string) error
}

// stockList shows the stock of all SKUs that are for sale.
func (s *Console) stockList(c *fiber.Ctx, v *visit) error {
	l := view.StockList{Query: searchWords(c.Query("q")), Show: c.Query("show"), Done: done(c, v), MayUpdate: v.granted[authz.StockUpdate]}
	switch l.Show {
	case "", readmodel.StockLow, readmodel.StockOut, readmodel.StockAlarm:
	default:
		l.Show = ""
	}
	before := cursor(c.Query("before"))
	l.OnFirst = before <= 0
	places, err := s.places(c, v)
	if err != nil {
		return err
	}
	l.Places = places
	if len(places) > 1 {
		l.Place, _ = strconv.ParseInt(c.Query("place"), 10, 64)
	}
	l.StockPage, err = s.pages.Stock(c.UserContext(), v.shop.ID, readmodel.StockFilter{Show: l.Show, Query: l.Query, LocationID: l.Place, Before: before})
	if err != nil {
		return err
	}
	return render(c, view.StockListPage(s.page(c, v, v.text.T("stock.list"), "nav.stock"), l))
}

// places are the open ones by the names that people know; the only one of a shop needs none.
func (s *Console) places(c *fiber.Ctx, v *visit) ([]view.Choice, error) {
	list, err := s.Products.Locations(c.UserContext(), v.shop.ID)
	var out []view.Choice
	for _, l := range list {
		if !l.Closed {
			out = append(out, view.Choice{Value: itoa64(l.ID), Label: placeName(v, l)})
		}
	}
	return out, err
}

func placeName(v *visit, l inventory.Location) string {
	if l.ID == 0 && l.Name == "" {
		return v.text.T("location.main")
	}
	return l.Name
}

// stockSeen notes that the alarms on the page are known.
func (s *Console) stockSeen(c *fiber.Ctx, v *visit) error {
	var ids []int64
	for _, text := range formAll(c, "sku") {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil && len(ids) < readmodel.PageSize {
			ids = append(ids, id)
		}
	}
	if err := s.Products.SeeStockAlarms(c.UserContext(), v.shop.ID, ids, actor(v.session.StaffID)); err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/stock?done=stock_seen"), fiber.StatusSeeOther)
}

// locationList shows the places where goods lie.
func (s *Console) locationList(c *fiber.Ctx, v *visit) error {
	return s.locationPage(c, v, view.LocationList{Done: done(c, v)})
}

func (s *Console) locationPage(c *fiber.Ctx, v *visit, l view.LocationList) error {
	list, err := s.Products.Locations(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	for _, place := range list {
		place.Name = placeName(v, place)
		l.Rows = append(l.Rows, place)
	}
	l.MayUpdate = v.granted[authz.StockUpdate]
	return render(c, view.LocationListPage(s.page(c, v, v.text.T("location.title"), "nav.stock"), l))
}

// locationSave adds, renames, closes or opens a place.
func (s *Console) locationSave(c *fiber.Ctx, v *visit) error {
	what, name := form(c, "do"), strings.TrimSpace(form(c, "name"))
	id, _ := strconv.ParseInt(form(c, "id"), 10, 64)
	var err error
	switch what {
	case "close", "open":
		err = s.Products.CloseLocation(c.UserContext(), v.shop.ID, id, what == "close", actor(v.session.StaffID))
	default:
		err = s.Products.SaveLocation(c.UserContext(), v.shop.ID, id, what == "add", name, actor(v.session.StaffID))
	}
	if s.refusedForm(c, v, err) {
		_, problem := badFields(v, err)
		if problem == "" {
			problem = v.text.T("fulfil.bad.name")
		}
		return s.locationPage(c, v, view.LocationList{Problem: problem, Name: name})
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/stock/locations?done=location_saved"), fiber.StatusSeeOther)
}
