package viewtest

import (
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/level"
	"galleria/commerce/points"
	"galleria/console/view"
)

// pointsPages are the pages of points.
func (f Frame) pointsPages() []Sample {
	page := f.page("nav.points", f.Text.T("points.title"))
	day := time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	terms := points.NewTerms()
	terms.Version, terms.Enabled, terms.SignPoints, terms.WeekPoints = 2, true, 5, 20
	report := points.Report{
		Terms: terms, Available: 128_430, Held: 500, Frozen: 9_210, Debt: 80, Members: 342, WorthFen: 128_930, BookedFen: 128_800,
		Days: []points.Day{{Day: day, Issued: 3_400, Spent: 1_250, Expired: 60, Taken: 118}, {Day: day.AddDate(0, 0, 1), Issued: 2_980, Spent: 700}},
		Sum:  points.Day{Issued: 6_380, Spent: 1_950, Expired: 60, Taken: 118},
	}
	period := view.BooksPeriod{From: "2026-03-01", To: "2026-03-10"}
	at := day.Add(6 * time.Hour)
	entries := []points.Entry{
		{ID: 9, MemberID: 12, Member: "山里人", At: at, Kind: points.EntryReverse, Change: -38, Debt: 80, Balance: 0, OrderNo: "260308103015ABCDEFGHJK", Actor: "system"},
		{ID: 8, MemberID: 12, Member: "山里人", At: at, Kind: points.EntryGive, Change: 200, Balance: 338, Reason: "发错货的补偿", Actor: "staff:1"},
		{ID: 7, MemberID: 15, At: at, Kind: points.EntrySign, Change: 5, Balance: 5, Actor: "member:15"},
	}
	all := view.PointsTabs{MayUpdate: true}
	tab := func(here string) view.PointsTabs { return view.PointsTabs{Here: here, MayUpdate: true} }
	typed := map[string]string{
		"version": "2", "enabled": "1", "earn_fen": "1.00", "earn_points": "1", "sign_points": "5", "week_points": "20", "invite_points": "0", "redeem": "1", "per_yuan": "100", "cap_bps": "30.00",
		"step": "1", "least": "0", "most": "0", "valid_days": "365", "grace_days": "7",
	}
	balance := points.Balance{Available: 338, Frozen: 118, Held: 0, Debt: 0, Terms: terms, Ending: []points.Ending{{At: day.AddDate(0, 1, 0), Points: 120}, {At: day.AddDate(0, 3, 0), Points: 218}}}
	member := view.PointsMember{ID: 12, Name: "山里人", Balance: balance, Entries: entries[:2], OnFirst: true, Way: "give", Key: "k", MayAdjust: true}
	refused := member
	refused.Way, refused.Points, refused.Bad = "take", "900", map[string]string{"points": f.Text.T("points.bad.short"), "reason": f.Text.T("points.bad.reason")}
	rates := []points.Rate{{SPUID: 4, Product: "明前龙井", TimesBps: 20_000, Extra: 10}, {SPUID: 5, Product: "礼品卡", TimesBps: 0}}
	picker := view.Picker{Name: "product", Label: f.Text.T("points.field.product"), Search: true, Query: "龙井", Looked: true, Chosen: []view.Pick{{ID: 12, Label: "明前龙井"}}, Picks: []view.Pick{{ID: 13, Label: "雨前龙井"}}}
	empty := view.Picker{Name: "product", Label: f.Text.T("points.field.product"), Search: true, Bad: f.Text.T("points.bad.product")}
	offer := points.MallOffer{
		ID: 3, Version: 2, Status: points.OfferLive, Taken: 12, SPUID: 2, Gives: "明前龙井", Spec: "50 克", RegularFen: 12_800, LevelName: "金卡",
		OfferInput: points.OfferInput{Title: "龙井尝鲜装", SKUID: 11, Points: 2000, CashFen: 990, Stock: 50, PerMember: 1, LevelID: 2, StartsAt: at},
	}
	ticket := points.MallOffer{ID: 4, Version: 1, Status: points.OfferStopped, Taken: 100, Gives: "满100减20", OfferInput: points.OfferInput{Title: "积分换券", CouponID: 7, Points: 500, Stock: 100, StartsAt: at, EndsAt: new(at.AddDate(0, 0, 7))}}
	last := []points.Exchange{
		{ID: 8, MemberID: 12, Member: "山里人", Qty: 1, Points: 2000, CashFen: 990, State: points.ExchangeDone, OrderNo: "260309103015ABCDEFGHJK", At: at.Add(time.Hour)},
		{ID: 7, MemberID: 15, Qty: 1, Points: 2000, CashFen: 990, State: points.ExchangeReleased, OrderNo: "260309093015ABCDEFGHJM", At: at},
	}
	levels := []level.Level{{ID: 1, Name: "银卡"}, {ID: 2, Name: "金卡"}}
	offered := map[string]string{"title": "龙井尝鲜装", "points": "2000", "cash_fen": "128.00", "stock": "50", "per_member": "1", "level": "2", "starts_at": "2026-03-09T14:00", "sku": "11"}
	variants := []campaign.SKU{{SKUID: 11, SPUID: 2, Product: "明前龙井", Spec: "50 克", RegularFen: 12_800}, {SKUID: 12, SPUID: 2, Product: "明前龙井", Spec: "100 克", RegularFen: 23_800}}
	return []Sample{
		{"mall_none", view.MallListPage(page, view.MallList{PointsTabs: tab("mall"), Now: at.Add(time.Hour), OnFirst: true})},
		{"mall_list", view.MallListPage(page, view.MallList{PointsTabs: tab("mall"), Now: at.Add(time.Hour), OnFirst: true, Offers: []points.MallOffer{ticket, offer}})},
		{"mall_offer", view.MallShowPage(page, view.MallShow{MallOffer: offer, Last: last, Now: at.Add(time.Hour), MayUpdate: true, Bad: f.Text.T("mall.bad.sure")})},
		{"mall_offer_stopped", view.MallShowPage(page, view.MallShow{MallOffer: ticket, Now: at.Add(time.Hour), MayUpdate: true})},
		{"mall_form", view.MallFormPage(page, view.MallForm{Typed: offered, ProductIDs: []int64{12}, Products: picker, Variants: variants, Levels: levels, Bad: map[string]string{"cash_fen": f.Text.T("mall.bad.cash_fen")}})},
		{"mall_form_coupon", view.MallFormPage(page, view.MallForm{Coupon: true, Typed: map[string]string{"starts_at": "2026-03-09T14:00", "per_member": "0"}, Levels: levels})},
		{"points_none", view.PointsReportPage(page, view.PointsReport{PointsTabs: all, Report: points.Report{Terms: points.NewTerms()}, Period: period})},
		{"points_report", view.PointsReportPage(page, view.PointsReport{PointsTabs: all, Report: report, Period: period})},
		{"points_entries", view.PointsEntriesPage(page, view.PointsEntries{PointsTabs: tab("entries"), Entries: entries, OnFirst: true, Next: 7})},
		{"points_member", view.PointsMemberPage(page, member)},
		{"points_member_refused", view.PointsMemberPage(page, refused)},
		{"points_settings", view.PointsSettingsPage(page, view.PointsForm{PointsTabs: tab("settings"), Typed: typed})},
		{"points_settings_refused", view.PointsSettingsPage(page, view.PointsForm{PointsTabs: tab("settings"), Typed: typed, Bad: map[string]string{"per_yuan": f.Text.T("points.bad.per_yuan")}})},
		{"points_products", view.PointsProductsPage(page, view.PointsProducts{PointsTabs: tab("products"), Rates: rates, Products: picker, MayUpdate: true, Typed: map[string]string{"times": "2"}})},
		{"points_products_none", view.PointsProductsPage(page, view.PointsProducts{PointsTabs: tab("products"), Products: empty, MayUpdate: true, Typed: map[string]string{"times": "2"}})},
	}
}
