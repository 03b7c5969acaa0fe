package viewtest

import (
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/order"
	"galleria/commerce/pricing"
	"galleria/console/view"
)

// campaignPages are the pages of campaigns.
//
//nolint:funlen // a list
func (f Frame) campaignPages() []Sample {
	page := f.page("nav.campaigns", f.Text.T("campaign.title"))
	beijing := time.FixedZone("Asia/Shanghai", 8*60*60)
	now := time.Date(2026, 11, 21, 10, 30, 0, 0, beijing)
	timed := campaign.Campaign{ID: 5, Version: 2, Status: campaign.Live, Input: campaign.Input{
		Kind: campaign.Timed, Title: "秋茶周末限时", StartsAt: now.AddDate(0, 0, -1), EndsAt: now.AddDate(0, 0, 2), Prices: nil,
	}}
	reduction := campaign.Campaign{ID: 6, Version: 1, Status: campaign.Live, Input: campaign.Input{
		Kind: campaign.Reduction, Title: "双旦满减", StartsAt: now.AddDate(0, 0, 4), EndsAt: now.AddDate(0, 0, 12), ScopeOf: campaign.ScopeCategories, ScopeIDs: []int64{3, 4},
		Tiers: []campaign.Tier{{NeedFen: 10_000, OffFen: 2000}, {NeedFen: 20_000, OffFen: 5000, Free: true}},
	}}
	draft := campaign.Campaign{ID: 7, Version: 1, Status: campaign.Draft, Input: campaign.Input{
		Kind: campaign.Reduction, Title: "三件八折", StartsAt: now, EndsAt: now.AddDate(0, 0, 1), ScopeOf: campaign.ScopeAll, Tiers: []campaign.Tier{{NeedQty: 3, OffBps: 2000}},
	}}
	stopped := campaign.Campaign{ID: 4, Version: 1, Status: campaign.Stopped, StoppedAt: new(now.AddDate(0, 0, -3)), Input: campaign.Input{
		Kind: campaign.Timed, Title: "新客体验价", OffBps: 1500, StartsAt: now.AddDate(0, 0, -9), EndsAt: now.AddDate(0, 0, -3),
	}}
	skus := []campaign.SKU{
		{SKUID: 11, SPUID: 2, Product: "明前龙井", Spec: "50 克", RegularFen: 12_800, OwnFen: 9900, PriceFen: 9900},
		{SKUID: 12, SPUID: 2, Product: "明前龙井", Spec: "100 克", RegularFen: 23_800, OwnFen: 18_800, PriceFen: 18_800},
	}
	cups := []campaign.SKU{{SKUID: 31, SPUID: 4, Product: "品茗杯", Spec: "白瓷"}, {SKUID: 32, SPUID: 4, Product: "品茗杯", Spec: "青瓷"}}
	giving := reduction
	giving.Status, giving.StartsAt, giving.Tiers = campaign.Live, now.AddDate(0, 0, -1), []campaign.Tier{{NeedFen: 19_900, OffFen: 1000, GiftSKU: 31, GiftQty: 1, SpareSKU: 32}}
	report := campaign.Report{Orders: 86, Buyers: 71, Units: 113, CostFen: 412_300, SoldFen: 1_862_000, RefundedFen: 59_800, Unpaid: 3}
	conflicts := []campaign.Conflict{{ID: 5, Title: "秋茶周末限时", StartsAt: timed.StartsAt, EndsAt: timed.EndsAt, Product: "明前龙井", SKUs: 2}}
	products := view.Picker{Name: "product", Label: f.Text.T("campaign.products"), Search: true, Query: "龙井", Looked: true, Chosen: []view.Pick{{ID: 2, Label: "明前龙井"}}, Picks: []view.Pick{{ID: 3, Label: "雨前龙井"}}}
	categories := view.Picker{Name: "category", Label: f.Text.T("campaign.scope_of.categories"), Picks: []view.Pick{{ID: 1, Label: "茶", Depth: 1}, {ID: 3, Label: "绿茶", Depth: 2}}}
	apps := []view.CampaignApp{{ID: "wx0123456789abcdef", Name: "青禾小铺"}, {ID: "wxfedcba9876543210", Name: "青禾批发"}}
	typed := map[string]string{
		"title": "秋茶周末限时", "starts_at": "2026-11-20T10:30", "ends_at": "2026-11-23T10:30", "way": view.OffPrices, "price_11": "99.00", "price_12": "238",
	}
	tiers := map[string]string{
		"title": "双旦满减", "starts_at": "2026-11-25T10:30", "ends_at": "2026-12-03T10:30", "way": view.OffAmount, "need_of": view.NeedAmount, "scope_of": "all",
		"tier_0_need": "100", "tier_0_off": "20", "tier_1_need": "90", "tier_1_off": "30", "tier_1_free": "1", "tier_1_gift": "31", "tier_1_gift_qty": "1",
	}
	flash := campaign.Campaign{ID: 8, Version: 1, Status: campaign.Live, Input: campaign.Input{
		Kind: campaign.Flash, Title: "整点秒杀", StartsAt: now.Add(-30 * time.Minute), EndsAt: now.Add(10 * time.Hour), PerMember: 2,
		Sessions: []campaign.Session{{StartsAt: now.Add(-30 * time.Minute), EndsAt: now.Add(90 * time.Minute)}, {StartsAt: now.Add(9 * time.Hour), EndsAt: now.Add(10 * time.Hour)}},
	}}
	sessions := map[string]string{
		"title": "整点秒杀", "way": view.OffPrices, "per_member": "2", "price_11": "99.00", "units_11": "50", "price_12": "188", "units_12": "0",
		"session_0_from": "2026-11-21T10:00", "session_0_until": "2026-11-21T12:00", "session_1_from": "2026-11-21T11:00", "session_1_until": "2026-11-21T20:30",
	}
	group := campaign.Campaign{ID: 9, Version: 1, Status: campaign.Live, Input: campaign.Input{
		Kind: campaign.Group, Title: "三人成团", StartsAt: now.AddDate(0, 0, -1), EndsAt: now.AddDate(0, 0, 6), Seats: 3, FillHours: 24, PerMember: 2,
	}}
	groups := []campaign.BuyGroup{
		{
			GroupNo: "G7Q2M4XKZ3WPT5AB", CampaignID: 9, Title: "三人成团", SPUID: 2, Product: "明前龙井", Status: campaign.GroupOpen, Seats: 3, Taken: 2, Paid: 1, PlacedAt: now.Add(-2 * time.Hour), DeadlineAt: new(now.Add(22 * time.Hour)),
			Members: []campaign.Seated{
				{OrderNo: "261121083011ABCDEFGHJK", MemberID: 1, Nickname: "青禾", Qty: 1, TakenAt: now.Add(-2 * time.Hour), PaidAt: new(now.Add(-2 * time.Hour))},
				{OrderNo: "261121093011ABCDEFGHJK", MemberID: 2, Qty: 2, TakenAt: now.Add(-time.Hour)},
				{OrderNo: "261121091011ABCDEFGHJK", MemberID: 3, Nickname: "阿哲", Qty: 1, TakenAt: now.Add(-time.Hour), BackAt: new(now.Add(-30 * time.Minute))},
			},
		},
		{GroupNo: "GPT5AB7Q2M4XKZ3W", CampaignID: 9, SPUID: 2, Product: "明前龙井", Status: campaign.GroupComplete, Seats: 3, Taken: 3, Paid: 3, PlacedAt: now.AddDate(0, 0, -1), DeadlineAt: new(now), EndedAt: new(now.Add(-3 * time.Hour))},
		{GroupNo: "GXKZ3WPT5AB7Q2M4", CampaignID: 9, SPUID: 2, Product: "明前龙井", Status: campaign.GroupPending, Seats: 3, Taken: 1, PlacedAt: now.Add(-4 * time.Minute)},
	}
	month := []campaign.Campaign{stopped, timed, reduction}
	first := time.Date(2026, 11, 1, 0, 0, 0, 0, beijing)
	check := view.CampaignCheck{
		Products: products, SKUs: skus, Typed: map[string]string{"qty_11": "2", "member": "12"}, Apps: []view.Choice{{Value: "wx0123456789abcdef", Label: "青禾小铺"}},
		Quote: &order.Quote{GoodsFen: 25_600, DiscountFen: 7800, PayableFen: 17_800, FreightKnown: false, Offers: []order.Offer{
			{Kind: pricing.KindTimed, ID: 5, Title: "秋茶周末限时", Applied: true, OffFen: 5800},
			{Kind: pricing.KindCoupon, ID: 41, Title: "秋茶上新", Applied: true, OffFen: 2000},
			{Kind: pricing.KindReduction, ID: 6, Title: "双旦满减", Reason: pricing.ReasonNotWith, By: "秋茶上新"},
			{Kind: pricing.KindShippingCoupon, ID: 42, Title: "老客包邮", Reason: pricing.ReasonBelow, NeedFen: 2200},
			{Kind: pricing.KindPoints, ID: 1, Title: "积分抵扣", Reason: pricing.ReasonNoPoints},
		}},
	}
	return []Sample{
		{"campaign_check", view.CampaignCheckPage(page, check)},
		{"campaign_check_none", view.CampaignCheckPage(page, view.CampaignCheck{Products: products, Problem: f.Text.T("check.bad.products"), Quote: &order.Quote{}})},
		{"campaign_none", view.CampaignListPage(page, view.CampaignList{Now: now, OnFirst: true, MayUpdate: true})},
		{"campaign_list", view.CampaignListPage(page, view.CampaignList{
			Campaigns: []campaign.Campaign{draft, reduction, timed, stopped}, Now: now, OnFirst: true, MayUpdate: true,
			Counts: map[campaign.State]int64{campaign.StateRunning: 1, campaign.StateComing: 1, campaign.StateDraft: 1, campaign.StateStopped: 1},
		})},
		{"campaign", view.CampaignShowPage(page, view.CampaignShow{Shown: campaign.Shown{Campaign: timed, SKUs: skus, Report: report}, State: campaign.StateRunning, MayUpdate: true, Done: "campaign_started"})},
		{"campaign_refused", view.CampaignShowPage(page, view.CampaignShow{
			Shown: campaign.Shown{Campaign: draft}, State: campaign.StateDraft, MayUpdate: true, Problem: campaign.ErrTaken.Text(string(f.Text.Lang())), Conflicts: conflicts, Bad: f.Text.T("campaign.bad.sure"),
		})},
		{"campaign_timed", view.CampaignFormPage(page, view.CampaignForm{
			Kind: campaign.Timed, Typed: typed, Products: products, Variants: skus, AllApps: apps, Apps: []string{"wx0123456789abcdef"}, Conflicts: conflicts, Bad: map[string]string{"price_12": f.Text.T("campaign.bad.price")},
		})},
		{"campaign_reduction", view.CampaignFormPage(page, view.CampaignForm{
			ID: 6, Live: true, Kind: campaign.Reduction, Typed: tiers, Products: view.Picker{Name: "product", Label: f.Text.T("campaign.products"), Search: true}, Categories: categories, GiftIDs: []int64{4}, GiftSKUs: cups, Gifts: view.Picker{Name: "gift", Label: f.Text.T("campaign.gift_products"), Search: true, Chosen: []view.Pick{{ID: 4, Label: "品茗杯"}}}, Words: reduction.Words(string(f.Text.Lang())),
			Bad: map[string]string{"tier_1_need": f.Text.T("campaign.bad.tier_need")},
		})},
		{"campaign_flash", view.CampaignShowPage(page, view.CampaignShow{
			Shown: campaign.Shown{Campaign: flash, SKUs: skus, Report: report, Buckets: []campaign.Bucket{
				{No: 1, SKUID: 11, Units: 50, Taken: 50, Paid: 48}, {No: 1, SKUID: 12, Units: 20, Taken: 7, Paid: 7}, {No: 2, SKUID: 11, Units: 50}, {No: 2, SKUID: 12, Units: 20},
			}}, State: campaign.StateRunning, MayUpdate: true,
		})},
		{"campaign_flash_form", view.CampaignFormPage(page, view.CampaignForm{
			ID: 8, Live: true, Kind: campaign.Flash, Typed: sessions, Products: products, Variants: skus,
			Bad: map[string]string{"session_1": f.Text.T("campaign.bad.session"), "units_12": f.Text.T("campaign.bad.units")},
		})},
		{"campaign_gift", view.CampaignShowPage(page, view.CampaignShow{Shown: campaign.Shown{Campaign: giving, Report: report, Budget: campaign.Budget{LimitFen: 500_000, SpentFen: 499_600, LeastFen: 1000}, Gifts: []campaign.GiftSKU{
			{SKUID: 31, SPUID: 4, Product: "品茗杯", Spec: "白瓷", RegularFen: 2900, CostFen: 800, Available: 14, Given: 86}, {SKUID: 32, SPUID: 4, Product: "品茗杯", Spec: "青瓷", RegularFen: 2900, Available: 200},
		}}, State: campaign.StateRunning, MayUpdate: true})},
		{"campaign_group", view.CampaignShowPage(page, view.CampaignShow{
			Shown: campaign.Shown{Campaign: group, SKUs: skus, Report: report}, State: campaign.StateRunning, MayUpdate: true, OnFirst: true, Groups: groups,
			Counts: map[campaign.GroupStatus]int64{campaign.GroupOpen: 1, campaign.GroupComplete: 1, campaign.GroupPending: 1},
		})},
		{"campaign_group_one", view.CampaignGroupPage(page, groups[0])},
		{"campaign_group_form", view.CampaignFormPage(page, view.CampaignForm{
			Kind: campaign.Group, Typed: map[string]string{"title": "三人成团", "way": view.OffPrices, "seats": "1", "fill_hours": "24", "price_11": "99.00"}, Products: products, Variants: skus,
			Bad: map[string]string{"seats": f.Text.T("campaign.bad.seats")},
		})},
		{"campaign_calendar", view.CampaignCalendarPage(page, view.NewCampaignMonth(first, now, month))},
	}
}
