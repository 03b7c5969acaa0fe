package bench

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"galleria/commerce/campaign"
	"galleria/commerce/catalog"
	"galleria/commerce/coupon"
	"galleria/commerce/freight"
	"galleria/commerce/inventory"
	"galleria/commerce/level"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/provision"
	"galleria/tenant/tenantdb"
)

// side is a small shop beside the one that is measured: rules and crowds that the other works
// shall not meet. Its products have one SKU each.
type side struct {
	id     tenant.ID
	app    string
	skus   []int64
	buyers []buyer
}

func openSide(ctx context.Context, s *stack, handle, app string, stock []int64, people int) (*side, error) {
	t, err := s.services.Provision.OpenShop(ctx, provision.ShopInput{RequestKey: handle, Handle: handle, Name: handle})
	if err != nil {
		return nil, err
	}
	if err := assignHouse(ctx, s, t.ID); err != nil {
		return nil, err
	}
	appID, _ := tenant.ParseAppID(app)
	if err := s.services.Registry.AddApp(ctx, tenant.App{ID: appID, Provider: tenant.WeChat, TenantID: t.ID, Name: handle, Enabled: true}); err != nil {
		return nil, err
	}
	if _, err := s.sandbox.AddApp(sandbox.AppInput{AppID: app}); err != nil {
		return nil, err
	}
	d := &side{id: t.ID, app: app}
	return d, d.fill(ctx, s, stock, people)
}

// fill gives the shop products with so many pieces each, and so many buyers.
func (d *side) fill(ctx context.Context, s *stack, stock []int64, people int) error {
	if len(stock) == 0 {
		return nil
	}
	app, _ := tenant.ParseAppID(d.app)
	b := &shop{id: d.id, app: app}
	category, err := s.services.Catalog.CreateCategory(ctx, d.id, catalog.CategoryInput{Name: "all"})
	if err != nil {
		return err
	}
	for i, qty := range stock {
		in := productInput(category, i)
		in.Specs, in.SKUs = nil, []catalog.SKUInput{{PriceFen: sidePrice}}
		p, err := s.services.Catalog.CreateProduct(ctx, d.id, in)
		if err == nil {
			err = s.services.Catalog.SetShelf(ctx, d.id, p.ID, catalog.OnShelf)
		}
		if err == nil {
			err = s.services.DB.InTenant(ctx, d.id, func(tx tenantdb.Tx) error {
				return s.services.Inventory.ReceiveTx(ctx, tx, "side-"+strconv.Itoa(i), []inventory.Line{{SKUID: p.SKUs[0].ID, Qty: qty}}, "system")
			})
		}
		if err != nil {
			return err
		}
		d.skus = append(d.skus, p.SKUs[0].ID)
	}
	d.buyers = make([]buyer, people)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(seedWorkers)
	for i := range d.buyers {
		group.Go(func() (err error) {
			d.buyers[i], err = b.addBuyer(groupCtx, s, d.app+strconv.Itoa(i))
			return err
		})
	}
	return group.Wait()
}

// sidePrice is what each SKU of such a shop costs, fen.
const sidePrice money.Fen = 5000

// header are the headers of a buyer's request.
func (d *side) header(who buyer) []string {
	return []string{"X-App-Id", d.app, "Authorization", who.bearer}
}

// liveRules is how many rules the shop of rules has for a basket.
const liveRules = 20

// openRules makes a shop in which a basket of four pieces meets twenty live rules: four timed
// discounts, a level's price, five reductions of several tiers, two gifts, two free deliveries
// and six coupons at hand.
func openRules(ctx context.Context, s *stack) (*side, error) {
	d, err := openSide(ctx, s, "rules", "wx0bench0bench0ru", []int64{plenty, plenty, plenty, plenty, plenty, plenty}, 64)
	if err != nil {
		return nil, fmt.Errorf("open the shop of rules: %w", err)
	}
	for _, step := range []func(context.Context, *stack) error{d.addFreight, d.addLevel, d.addCampaigns, d.addCoupons} {
		if err := step(ctx, s); err != nil {
			return nil, fmt.Errorf("make rules: %w", err)
		}
	}
	return d, nil
}

func (d *side) addFreight(ctx context.Context, s *stack) error {
	price := freight.Price{First: 1, FirstFen: 1_000, Next: 1}
	_, err := s.services.Freights.Save(ctx, d.id, freight.Template{Name: "all", Unit: freight.ByPiece, Default: true, Rules: freight.Rules{Elsewhere: &price}}, "staff:1")
	return err
}

func (d *side) addLevel(ctx context.Context, s *stack) error {
	terms := level.NewTerms()
	terms.Enabled = true
	err := s.services.Levels.SaveTerms(ctx, d.id, terms, "staff:1")
	if err == nil {
		_, err = s.services.Levels.Save(ctx, d.id, level.Level{Name: "gold", Threshold: 1, OffBps: 300, PointsBps: 10_000}, "staff:1")
	}
	for _, who := range d.buyers {
		if err == nil {
			err = s.services.Levels.Adjust(ctx, d.id, level.AdjustInput{MemberID: who.id, Growth: 10, Reason: "bench", Key: "bench" + strconv.FormatInt(who.id, 10), Actor: "staff:1"})
		}
	}
	return err
}

func (d *side) addCampaigns(ctx context.Context, s *stack) error {
	reduction := func(tiers ...campaign.Tier) campaign.Input {
		return campaign.Input{Kind: campaign.Reduction, ScopeOf: campaign.ScopeAll, Tiers: tiers}
	}
	all := []campaign.Input{
		reduction(campaign.Tier{NeedFen: 5_000, OffFen: 100}, campaign.Tier{NeedFen: 10_000, OffFen: 300}, campaign.Tier{NeedFen: 90_000, OffFen: 9_000}),
		reduction(campaign.Tier{NeedFen: 3_000, OffFen: 50, Each: true}),
		reduction(campaign.Tier{NeedQty: 2, OffBps: 100}, campaign.Tier{NeedQty: 3, OffBps: 200}),
		reduction(campaign.Tier{NeedFen: 8_000, OffBps: 150, CapFen: 400}),
		reduction(campaign.Tier{NeedQty: 4, OffFen: 200}, campaign.Tier{NeedQty: 40, OffFen: 2_000}),
		reduction(campaign.Tier{NeedFen: 1_000, GiftSKU: d.skus[4], GiftQty: 1}),
		reduction(campaign.Tier{NeedQty: 2, GiftSKU: d.skus[5], GiftQty: 1, SpareSKU: d.skus[4]}),
		reduction(campaign.Tier{NeedFen: 6_000, Free: true}),
		reduction(campaign.Tier{NeedQty: 3, Free: true}),
	}
	for i, sku := range d.skus[:4] {
		all = append(all, campaign.Input{Kind: campaign.Timed, Prices: []campaign.Price{{SKUID: sku, PriceFen: sidePrice - money.Fen(400+i*50)}}})
	}
	for i, in := range all {
		in.Title, in.StartsAt, in.EndsAt = "rule "+strconv.Itoa(i), time.Now().Add(-time.Hour), time.Now().Add(240*time.Hour)
		id, err := s.services.Campaigns.Save(ctx, d.id, 0, 0, in, "staff:1")
		if err == nil {
			err = s.services.Campaigns.Start(ctx, d.id, id, "staff:1")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *side) addCoupons(ctx context.Context, s *stack) error {
	members := make([]int64, len(d.buyers))
	for i, who := range d.buyers {
		members[i] = who.id
	}
	for i := range 6 {
		in := coupon.Input{Kind: coupon.Goods, Title: "coupon " + strconv.Itoa(i), PerMember: 10, Terms: coupon.Terms{
			NeedFen: money.Fen(1_000 * i), OffFen: money.Fen(100 + 10*i), ScopeOf: coupon.ScopeAll, ValidDays: 30, OnRefund: coupon.Restore, Funder: pricing.FunderShop,
		}}
		if i == 5 {
			in.Kind, in.Terms.OffFen, in.Terms.Free = coupon.Shipping, 0, true
		}
		id, err := s.services.Coupons.Save(ctx, d.id, 0, 0, in, "staff:1")
		err = cmp.Or(err, s.services.Coupons.SetStatus(ctx, d.id, id, coupon.Live, "staff:1"))
		if err == nil {
			_, err = s.services.Coupons.Issue(ctx, d.id, id, members, "rules", "staff:1")
		}
		if err != nil {
			return err
		}
	}
	return nil
}
