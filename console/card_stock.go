package console

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/card"
	"galleria/commerce/catalog"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Cards is the part of card.Service that staff move.
type Cards interface {
	Add(ctx context.Context, id tenant.ID, in card.AddInput) (card.Added, error)
	Void(ctx context.Context, id tenant.ID, skuID int64, batch, actor string) (int64, error)
	Batches(ctx context.Context, id tenant.ID, skuIDs []int64) ([]card.Batch, error)
	Reveal(ctx context.Context, id tenant.ID, orderNo string, after int64, actor string) (list []card.Sold, next int64, err error)
}

// cardList shows a product's virtual cards.
func (s *Console) cardList(c *fiber.Ctx, v *visit) error {
	return s.cardPage(c, v, view.CardStock{Done: done(c, v)})
}

func (s *Console) cardProduct(c *fiber.Ctx, v *visit) (readmodel.ProductDetail, error) {
	id, err := pathID(c, "id")
	if err != nil {
		return readmodel.ProductDetail{}, err
	}
	product, err := s.pages.Product(c.UserContext(), v.shop.ID, id)
	if err == nil && product.Kind != string(catalog.VirtualCard) {
		err = fault.ErrNotFound
	}
	return product, err
}

// batches lists what came of a product, with the words for it.
func (s *Console) batches(c *fiber.Ctx, v *visit, product readmodel.ProductDetail) ([]view.CardBatch, error) {
	ids, specs := make([]int64, len(product.SKUs)), map[int64]string{}
	for i, k := range product.SKUs {
		ids[i], specs[k.ID] = k.ID, strings.Join(k.SpecValues, " / ")
		if specs[k.ID] == "" {
			specs[k.ID] = v.text.T("product.sku_single")
		}
	}
	list, err := s.Cards.Batches(c.UserContext(), v.shop.ID, ids)
	if err != nil {
		return nil, err
	}
	names, out := map[string]string{}, make([]view.CardBatch, len(list))
	for i, b := range list {
		if _, known := names[b.AddedBy]; !known {
			names[b.AddedBy] = s.pages.StaffName(c.UserContext(), b.AddedBy)
		}
		out[i] = view.CardBatch{Batch: b, Spec: specs[b.SKUID], By: names[b.AddedBy]}
	}
	return out, nil
}

func (s *Console) cardPage(c *fiber.Ctx, v *visit, f view.CardStock) error {
	var err error
	if f.Product, err = s.cardProduct(c, v); err != nil {
		return err
	}
	if f.Batches, err = s.batches(c, v, f.Product); err != nil {
		return err
	}
	f.MayUpdate = v.granted[authz.StockUpdate]
	return render(c, view.CardStockPage(s.page(c, v, v.text.T("card.title"), "nav.products"), f))
}

// cardAdd takes a list of cards in. What was typed is shown again only if nothing of it was
// taken in: secrets do not stay on screens.
func (s *Console) cardAdd(c *fiber.Ctx, v *visit) error {
	product, err := s.cardProduct(c, v)
	if err != nil {
		return err
	}
	f := view.CardStock{SKU: form(c, "sku"), Text: form(c, "cards")}
	sku, _ := strconv.ParseInt(f.SKU, 10, 64)
	parsed := card.Parse(f.Text)
	switch {
	case !slices.ContainsFunc(product.SKUs, func(k readmodel.SKU) bool { return k.ID == sku }):
		return fault.ErrNotFound
	case len(parsed.Bad) > 0:
		f.Bad = v.text.T("card.bad.lines", lineList(parsed.Bad))
	case len(parsed.Cards) == 0 || len(parsed.Cards) > card.MaxLines:
		f.Bad = v.text.T("card.bad.number", v.text.Count(card.MaxLines))
	}
	if f.Bad != "" {
		refuseForm(c, fault.Invalidf("cards", "is no list of cards"))
		return s.cardPage(c, v, f)
	}
	added, err := s.Cards.Add(c.UserContext(), v.shop.ID, card.AddInput{SKUID: sku, Cards: parsed.Cards, Actor: actor(v.session.StaffID)})
	if s.refusedForm(c, v, err) {
		f.Problem = sentence(v, err)
		return s.cardPage(c, v, f)
	}
	if err != nil {
		return err
	}
	f.Text, f.Told, f.Added = "", true, int64(added.Added)
	var left []string
	if len(parsed.Twice) > 0 {
		left = append(left, v.text.T("card.left.twice", lineList(parsed.Twice)))
	}
	if len(added.Known) > 0 {
		lines := make([]int, len(added.Known))
		for i, at := range added.Known {
			lines[i] = parsed.Lines[at]
		}
		left = append(left, v.text.T("card.left.known", lineList(lines)))
	}
	f.Left = strings.Join(left, " ")
	return s.cardPage(c, v, f)
}

// lineList names lines of a text, not all of many.
func lineList(lines []int) string {
	const most = 20
	words := make([]string, 0, most)
	for _, n := range lines[:min(len(lines), most)] {
		words = append(words, strconv.Itoa(n))
	}
	if len(lines) > most {
		words = append(words, "…")
	}
	return strings.Join(words, ", ")
}

func (s *Console) cardVoidPage(c *fiber.Ctx, v *visit, refused error) error {
	product, err := s.cardProduct(c, v)
	if err != nil {
		return err
	}
	list, err := s.batches(c, v, product)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(b view.CardBatch) bool {
		return b.Batch.Batch == c.Params("batch") && itoa64(b.SKUID) == c.Params("sku_id")
	})
	if i < 0 {
		return fault.ErrNotFound
	}
	return render(c, view.CardVoidPage(s.page(c, v, v.text.T("card.void"), "nav.products"), view.CardVoid{
		ProductID: product.ID, Title: product.Title, Batch: list[i], Problem: sentence(v, refused),
	}))
}

// cardVoidNew asks whether the free cards of a batch are to go.
func (s *Console) cardVoidNew(c *fiber.Ctx, v *visit) error { return s.cardVoidPage(c, v, nil) }

// cardVoid takes the free cards of a batch out of sale.
func (s *Console) cardVoid(c *fiber.Ctx, v *visit) error {
	product, err := s.cardProduct(c, v)
	if err != nil {
		return err
	}
	sku, err := pathID(c, "sku_id")
	if err != nil || !slices.ContainsFunc(product.SKUs, func(k readmodel.SKU) bool { return k.ID == sku }) {
		return fault.ErrNotFound
	}
	_, err = s.Cards.Void(c.UserContext(), v.shop.ID, sku, c.Params("batch"), actor(v.session.StaffID))
	if s.refusedForm(c, v, err) {
		return s.cardVoidPage(c, v, err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/products/"+itoa64(product.ID)+"/cards?done=card_void"), fiber.StatusSeeOther)
}

// orderCards shows staff what an order got; that they looked is written down.
func (s *Console) orderCards(c *fiber.Ctx, v *visit) error {
	o, err := s.orderOf(c, v)
	if err != nil {
		return err
	}
	list, next, err := s.Cards.Reveal(c.UserContext(), v.shop.ID, o.OrderNo, cursor(form(c, "after")), actor(v.session.StaffID))
	if err != nil {
		return err
	}
	show := view.OrderCards{OrderNo: o.OrderNo, Cards: list, Titles: map[int64]string{}}
	for i, l := range o.Lines {
		show.Titles[o.Fulfil.LineIDs[i]] = strings.TrimSpace(l.Title + " " + l.Spec)
	}
	if next > 0 {
		show.Next = itoa64(next)
	}
	return render(c, view.OrderCardsPage(s.page(c, v, v.text.T("card.of_order"), "nav.orders"), show))
}

// orderHandOut gives an order the cards that lacked when it was paid.
func (s *Console) orderHandOut(c *fiber.Ctx, v *visit) error {
	orderNo, err := pathOrder(c)
	if err != nil {
		return err
	}
	err = s.Orders.HandOut(c.UserContext(), v.shop.ID, orderNo, actor(v.session.StaffID))
	if s.refusedForm(c, v, err) {
		return s.orderPage(c, v, sentence(v, err))
	}
	if err != nil {
		return err
	}
	return c.Redirect(orderURL(v, orderNo, "order_handed_out"), fiber.StatusSeeOther)
}
