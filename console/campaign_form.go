package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/campaign"
	"galleria/commerce/money"
	"galleria/console/view"
)

// campaignNew shows the form of a new campaign of a kind.
func (s *Console) campaignNew(c *fiber.Ctx, v *visit) error {
	f := view.CampaignForm{Kind: kindOf(c.Query("kind")), Typed: map[string]string{
		"way": view.OffShare, "scope_of": string(campaign.ScopeAll), "need_of": view.NeedAmount,
	}}
	if f.Kind == campaign.Flash || f.Kind == campaign.Group {
		f.Typed["way"] = view.OffPrices
	}
	return s.campaignFormPage(c, v, f)
}

// kindOf reads a kind; nothing that is one is a timed discount.
func kindOf(text string) campaign.Kind {
	if slices.Contains(campaign.Kinds(), campaign.Kind(text)) {
		return campaign.Kind(text)
	}
	return campaign.Timed
}

// campaignFormPage shows a form with what can be chosen.
func (s *Console) campaignFormPage(c *fiber.Ctx, v *visit, f view.CampaignForm) (err error) {
	ctx := c.UserContext()
	if f.Products, err = s.productPicker(c, v, "product", v.text.T("campaign.products"), f.ProductIDs); err != nil {
		return err
	}
	f.Products.Bad = f.Bad["products"]
	if f.Kind == campaign.Reduction {
		if f.Categories, err = s.categoryPicker(c, v, "category", v.text.T("campaign.scope_of.categories"), f.CategoryIDs); err != nil {
			return err
		}
		if f.Typed["scope_of"] == string(campaign.ScopeProducts) {
			f.Products.Bad = f.Bad["scope_ids"]
		} else {
			f.Categories.Bad = f.Bad["scope_ids"]
		}
	} else if f.Typed["way"] == view.OffPrices && len(f.ProductIDs) > 0 {
		if f.Variants, err = s.Campaigns.Variants(ctx, v.shop.ID, f.ProductIDs); err != nil {
			return err
		}
	}
	if f.Kind == campaign.Reduction {
		if f.Gifts, err = s.productPicker(c, v, "gift", v.text.T("campaign.gift_products"), f.GiftIDs); err != nil {
			return err
		}
		if len(f.GiftIDs) > 0 {
			if f.GiftSKUs, err = s.Campaigns.Variants(ctx, v.shop.ID, f.GiftIDs); err != nil {
				return err
			}
		}
	}
	apps, err := s.MiniPrograms.Apps(ctx, v.shop.ID)
	if err != nil {
		return err
	}
	for _, a := range apps {
		f.AllApps = append(f.AllApps, view.CampaignApp{ID: a.ID.String(), Name: a.Name})
	}
	return render(c, view.CampaignFormPage(s.page(c, v, v.text.T("campaign.kind."+string(f.Kind)), navCampaigns), f))
}

// campaignEdit shows the form of a campaign.
func (s *Console) campaignEdit(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	have, err := s.Campaigns.Find(c.UserContext(), v.shop.ID, id)
	if err != nil {
		return err
	}
	return s.campaignFormPage(c, v, typedCampaign(have))
}

// campaignCreate adds a campaign as a draft.
func (s *Console) campaignCreate(c *fiber.Ctx, v *visit) error {
	return s.campaignSave(c, v, view.CampaignForm{Kind: kindOf(form(c, "kind"))})
}

// campaignUpdate changes a campaign, a live one at once.
func (s *Console) campaignUpdate(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	have, err := s.Campaigns.Find(c.UserContext(), v.shop.ID, id)
	if err != nil {
		return err
	}
	return s.campaignSave(c, v, view.CampaignForm{ID: id, Kind: have.Kind, Live: have.Status == campaign.Live})
}

func (s *Console) campaignSave(c *fiber.Ctx, v *visit, f view.CampaignForm) error {
	if err := s.campaignTyped(c, v, &f); err != nil {
		return err
	}
	if form(c, "find") != "" { // something to choose is looked for, or room for more is wanted
		return s.campaignFormPage(c, v, f)
	}
	r := typedForm(f.Typed)
	in := readCampaign(r, f)
	version, _ := strconv.ParseInt(f.Typed["version"], 10, 64) // none fits no campaign
	if form(c, "preview") != "" && len(r.bad) == 0 {
		f.Words = in.Words(string(v.text.Lang()))
		return s.campaignFormPage(c, v, f)
	}
	var err error
	id := f.ID
	if len(r.bad) == 0 {
		id, err = s.Campaigns.Save(c.UserContext(), v.shop.ID, f.ID, version, in, actor(v.session.StaffID))
	}
	if f.Bad = r.faults(err, func(name string) string { return v.text.T("campaign.bad." + badOf(name)) }); f.Bad != nil {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.campaignFormPage(c, v, f)
	}
	if s.refusedForm(c, v, err) {
		f.Problem, f.Conflicts = sentence(v, err), conflictsOf(err)
		return s.campaignFormPage(c, v, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(campaignsPath+"/"+itoa64(id)+"?done=campaign_saved"), fiber.StatusSeeOther)
}

// campaignTyped reads what was typed and ticked, prices of the variants there are included.
func (s *Console) campaignTyped(c *fiber.Ctx, v *visit, f *view.CampaignForm) error {
	f.Typed = map[string]string{}
	for _, name := range view.CampaignFields() {
		f.Typed[name] = strings.TrimSpace(form(c, name))
	}
	f.ProductIDs, f.CategoryIDs, f.GiftIDs, f.Apps = ticked(c, "product"), ticked(c, "category"), ticked(c, "gift"), formAll(c, "app")
	if f.Kind == campaign.Flash || f.Kind == campaign.Group {
		f.Typed["way"] = view.OffPrices
	}
	if f.Kind == campaign.Reduction || f.Typed["way"] != view.OffPrices || len(f.ProductIDs) == 0 {
		return nil
	}
	variants, err := s.Campaigns.Variants(c.UserContext(), v.shop.ID, f.ProductIDs)
	for _, k := range variants {
		for _, name := range []string{view.PriceField(k.SKUID), view.UnitsField(k.SKUID)} {
			f.Typed[name] = strings.TrimSpace(form(c, name))
		}
	}
	return err
}

// badOf is under which word a field's fault is told: one for all prices, and for all tiers.
func badOf(field string) string {
	switch {
	case strings.HasPrefix(field, "price_"), strings.HasPrefix(field, "prices["):
		return "price"
	case strings.HasPrefix(field, "units_"):
		return "units"
	case strings.HasPrefix(field, "session_"):
		return "session"
	case strings.HasPrefix(field, "tier_"):
		return "tier" + field[strings.LastIndex(field, "_"):]
	}
	return field
}

// readCampaign reads a campaign as it was typed.
func readCampaign(r typedReader, f view.CampaignForm) campaign.Input {
	in := campaign.Input{Kind: f.Kind, Title: r.typed["title"], Apps: f.Apps}
	if r.typed["budget_fen"] != "" {
		if in.BudgetFen = r.fen("budget_fen"); in.BudgetFen == 0 {
			r.bad["budget_fen"] = true
		}
	}
	if f.Kind == campaign.Flash {
		in.Sessions, in.PerOrder, in.PerMember = readSessions(r), r.number("per_order"), r.number("per_member")
		readTimed(r, f, &in)
		return in
	}
	if from := r.moment("starts_at"); from != nil {
		in.StartsAt = *from
	}
	if until := r.moment("ends_at"); until != nil {
		in.EndsAt = *until
	}
	if f.Kind == campaign.Group {
		in.Seats, in.FillHours, in.PerOrder, in.PerMember = r.number("seats"), r.number("fill_hours"), r.number("per_order"), r.number("per_member")
	}
	if f.Kind == campaign.Timed || f.Kind == campaign.Group {
		readTimed(r, f, &in)
		return in
	}
	in.ScopeOf, in.ScopeExcept = campaign.ScopeOf(r.typed["scope_of"]), r.typed["scope_except"] != ""
	switch in.ScopeOf {
	case campaign.ScopeCategories:
		in.ScopeIDs = f.CategoryIDs
	case campaign.ScopeProducts:
		in.ScopeIDs = f.ProductIDs
	case campaign.ScopeAll:
	}
	in.Tiers, in.GiftsStay = readTiers(r), r.typed["gifts_stay"] != ""
	return in
}

func readTimed(r typedReader, f view.CampaignForm, in *campaign.Input) {
	if r.typed["way"] == view.OffShare {
		in.OffBps, in.Products = r.share("off_bps"), f.ProductIDs
		return
	}
	for name := range r.typed {
		id, ok := strings.CutPrefix(name, "price_")
		sku, err := strconv.ParseInt(id, 10, 64)
		if !ok || err != nil || r.typed[name] == "" {
			continue
		}
		price := campaign.Price{SKUID: sku, PriceFen: r.fen(name)}
		if f.Kind == campaign.Flash {
			price.Units = r.number(view.UnitsField(sku))
		}
		in.Prices = append(in.Prices, price)
	}
	if len(in.Prices) == 0 {
		r.bad["products"] = true
	}
}

// readSessions reads the rows in which something stands.
func readSessions(r typedReader) (sessions []campaign.Session) {
	for i := range campaign.MaxSessions {
		from, until := view.SessionField(i, "from"), view.SessionField(i, "until")
		if r.typed[from] == "" && r.typed[until] == "" {
			continue
		}
		n := campaign.Session{}
		if at := r.moment(from); at != nil {
			n.StartsAt = *at
		}
		if at := r.moment(until); at != nil {
			n.EndsAt = *at
		}
		sessions = append(sessions, n)
	}
	return sessions
}

// readTiers reads the rows in which something stands.
func readTiers(r typedReader) (tiers []campaign.Tier) {
	for i := range campaign.MaxTiers {
		need, off, free := view.TierField(i, "need"), view.TierField(i, "off"), view.TierField(i, "free")
		if r.typed[need] == "" && r.typed[off] == "" && r.typed[free] == "" && r.typed[view.TierField(i, "gift")] == "" {
			continue
		}
		t := campaign.Tier{Free: r.typed[free] != ""}
		if r.typed["need_of"] == view.NeedPieces {
			t.NeedQty = r.number(need)
		} else {
			t.NeedFen = r.fen(need)
			t.Each = r.typed["each"] != "" && r.typed["way"] == view.OffAmount && r.typed[off] != ""
		}
		if r.typed[off] != "" {
			if r.typed["way"] == view.OffShare {
				t.OffBps = r.share(off)
			} else {
				t.OffFen = r.fen(off)
			}
		}
		if t.OffBps > 0 || t.Each {
			t.CapFen = r.fen("cap_fen")
		}
		readGift(r, i, &t)
		tiers = append(tiers, t)
	}
	return tiers
}

// readGift reads what a tier gives besides: one piece unless it is said.
func readGift(r typedReader, i int, t *campaign.Tier) {
	gift, qty, spare := view.TierField(i, "gift"), view.TierField(i, "gift_qty"), view.TierField(i, "spare")
	if r.typed[gift] == "" {
		return
	}
	t.GiftSKU, t.GiftQty = r.number(gift), 1
	if r.typed[qty] != "" {
		t.GiftQty = r.number(qty)
	}
	if r.typed[spare] != "" {
		t.SpareSKU = r.number(spare)
	}
}

// typedCampaign is a campaign as it would be typed.
func typedCampaign(c campaign.Shown) view.CampaignForm {
	f := view.CampaignForm{ID: c.ID, Kind: c.Kind, Live: c.Status == campaign.Live, Apps: c.Apps, Typed: map[string]string{
		"version": itoa64(c.Version), "title": c.Title, "starts_at": typedMoment(&c.StartsAt), "ends_at": typedMoment(&c.EndsAt), "way": view.OffAmount,
		"scope_of": string(c.ScopeOf), "scope_except": orEmpty(c.ScopeExcept, "1"), "need_of": view.NeedAmount,
	}}
	f.Typed["budget_fen"] = orEmpty(c.BudgetFen > 0, c.BudgetFen.Yuan())
	typedSessions(c, f.Typed)
	if c.Kind != campaign.Reduction {
		f.Typed["way"] = view.OffPrices
		if c.OffBps > 0 {
			f.Typed["way"], f.Typed["off_bps"] = view.OffShare, tenths(c.OffBps)
		}
		seen := map[int64]bool{}
		for _, k := range c.SKUs {
			if !seen[k.SPUID] {
				seen[k.SPUID], f.ProductIDs = true, append(f.ProductIDs, k.SPUID)
			}
			f.Typed[view.PriceField(k.SKUID)] = orEmpty(k.OwnFen > 0, k.OwnFen.Yuan())
			f.Typed[view.UnitsField(k.SKUID)] = orEmpty(k.Units > 0, itoa64(k.Units))
		}
		return f
	}
	switch c.ScopeOf {
	case campaign.ScopeCategories:
		f.CategoryIDs = c.ScopeIDs
	case campaign.ScopeProducts:
		f.ProductIDs = c.ScopeIDs
	case campaign.ScopeAll:
	}
	f.Typed["gifts_stay"] = orEmpty(c.GiftsStay, "1")
	for _, g := range c.Gifts {
		if !slices.Contains(f.GiftIDs, g.SPUID) {
			f.GiftIDs = append(f.GiftIDs, g.SPUID)
		}
	}
	for i, t := range c.Tiers {
		f.Typed[view.TierField(i, "need")] = t.NeedFen.Yuan()
		if t.NeedQty > 0 {
			f.Typed["need_of"], f.Typed[view.TierField(i, "need")] = view.NeedPieces, itoa64(t.NeedQty)
		}
		f.Typed[view.TierField(i, "off")] = orEmpty(t.OffFen > 0, t.OffFen.Yuan())
		if t.OffBps > 0 {
			f.Typed["way"], f.Typed[view.TierField(i, "off")] = view.OffShare, tenths(t.OffBps)
		}
		f.Typed[view.TierField(i, "free")] = orEmpty(t.Free, "1")
		f.Typed[view.TierField(i, "gift")], f.Typed[view.TierField(i, "gift_qty")] = orEmpty(t.GiftSKU > 0, itoa64(t.GiftSKU)), orEmpty(t.GiftQty > 0, itoa64(t.GiftQty))
		f.Typed[view.TierField(i, "spare")] = orEmpty(t.SpareSKU > 0, itoa64(t.SpareSKU))
		if t.Each {
			f.Typed["each"] = "1"
		}
		if t.CapFen > 0 {
			f.Typed["cap_fen"] = t.CapFen.Yuan()
		}
	}
	return f
}

// typedSessions types what a flash sale has besides prices.
func typedSessions(c campaign.Shown, typed map[string]string) {
	for i, n := range c.Sessions {
		typed[view.SessionField(i, "from")], typed[view.SessionField(i, "until")] = typedMoment(&n.StartsAt), typedMoment(&n.EndsAt)
	}
	if c.PerOrder > 0 {
		typed["per_order"] = itoa64(c.PerOrder)
	}
	if c.PerMember > 0 {
		typed["per_member"] = itoa64(c.PerMember)
	}
	if c.Kind == campaign.Group {
		typed["seats"], typed["fill_hours"] = itoa64(c.Seats), itoa64(c.FillHours)
	}
}

// tenths is what is still to be paid, as 折 says it: 15 % off is 8.50.
func tenths(off money.Rate) string { return money.Fen((10_000 - off) / 10).Yuan() }
