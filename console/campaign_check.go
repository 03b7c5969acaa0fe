package console

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/order"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// campaignCheckNew asks for a basket to try.
func (s *Console) campaignCheckNew(c *fiber.Ctx, v *visit) error {
	return s.campaignCheckPage(c, v, view.CampaignCheck{Typed: map[string]string{"member": c.Query("member")}}, nil)
}

func (s *Console) campaignCheckPage(c *fiber.Ctx, v *visit, k view.CampaignCheck, products []int64) (err error) {
	ctx := c.UserContext()
	if k.Products, err = s.productPicker(c, v, "product", v.text.T("check.products"), products); err != nil {
		return err
	}
	if len(products) > 0 && k.SKUs == nil {
		if k.SKUs, err = s.Campaigns.Variants(ctx, v.shop.ID, products); err != nil {
			return err
		}
	}
	apps, err := s.MiniPrograms.Apps(ctx, v.shop.ID)
	if err != nil {
		return err
	}
	for _, a := range apps {
		k.Apps = append(k.Apps, view.Choice{Value: a.ID.String(), Label: a.Name})
	}
	return render(c, view.CampaignCheckPage(s.page(c, v, v.text.T("check.title"), navCampaigns), k))
}

// campaignCheck tells of a basket what every rule takes off it, and why the others do not. It holds
// nothing.
func (s *Console) campaignCheck(c *fiber.Ctx, v *visit) error {
	products := ticked(c, "product")
	k := view.CampaignCheck{Typed: map[string]string{"member": strings.TrimSpace(form(c, "member")), "app": form(c, "app")}, Bad: map[string]string{}}
	if len(products) == 0 || form(c, "find") != "" {
		if form(c, "find") == "" {
			k.Problem = v.text.T("check.bad.products")
		}
		return s.campaignCheckPage(c, v, k, products)
	}
	var err error
	if k.SKUs, err = s.Campaigns.Variants(c.UserContext(), v.shop.ID, products); err != nil {
		return err
	}
	in, member := s.readCheck(c, v, &k)
	switch {
	case len(k.Bad) > 0:
		c.Status(fiber.StatusUnprocessableEntity)
		return s.campaignCheckPage(c, v, k, products)
	case len(in.Lines) == 0: // the products were chosen just now
		return s.campaignCheckPage(c, v, k, products)
	}
	quote, err := s.Orders.Quote(c.UserContext(), v.shop.ID, member, in)
	if kind := fault.KindOf(err); kind == fault.Conflict || kind == fault.Invalid || kind == fault.NotFound {
		s.note(c, v, err)
		c.Status(fiber.StatusUnprocessableEntity)
		k.Problem = textOf(v, err)
		return s.campaignCheckPage(c, v, k, products)
	}
	if err != nil {
		return err
	}
	k.Quote = &quote
	return s.campaignCheckPage(c, v, k, products)
}

// readCheck reads whose basket is tried, and what is in it.
func (s *Console) readCheck(c *fiber.Ctx, v *visit, k *view.CampaignCheck) (in order.QuoteInput, member int64) {
	if text := k.Typed["member"]; text != "" {
		var err error
		if member, err = strconv.ParseInt(text, 10, 64); err != nil || member < 1 {
			k.Bad["member"] = v.text.T("check.bad.member")
		}
	}
	in.AppID, _ = tenant.ParseAppID(k.Typed["app"])
	for _, sku := range k.SKUs {
		name := "qty_" + itoa64(sku.SKUID)
		k.Typed[name] = strings.TrimSpace(form(c, name))
		if k.Typed[name] == "" || k.Typed[name] == "0" {
			continue
		}
		qty, err := strconv.ParseInt(k.Typed[name], 10, 64)
		if err != nil || qty < 1 || qty > 999 {
			k.Bad[name] = v.text.T("check.bad.qty")
			continue
		}
		in.Lines = append(in.Lines, order.LineInput{SKUID: sku.SKUID, Qty: qty})
	}
	return in, member
}
