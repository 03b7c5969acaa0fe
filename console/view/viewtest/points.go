package viewtest

import (
	"time"

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
	return []Sample{
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
