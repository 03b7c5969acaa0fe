package viewtest

import (
	"time"

	"galleria/commerce/level"
	"galleria/console/view"
)

// levelPages are the pages of levels.
func (f Frame) levelPages() []Sample {
	page := f.page("nav.levels", f.Text.T("level.title"))
	at := time.Date(2026, 3, 9, 6, 0, 0, 0, time.UTC)
	review := at.AddDate(1, 0, 0)
	levels := []level.Level{
		{ID: 1, Version: 1, Name: "银卡", Threshold: 500, OffBps: 200, PointsBps: 10_000, Members: 812},
		{ID: 2, Version: 4, Name: "金卡", Threshold: 2_000, OffBps: 500, FreeShipping: true, PointsBps: 15_000, ValidDays: 365, KeepGrowth: 1_500, Members: 96, Prices: 14},
		{ID: 3, Version: 1, Name: "老友", Threshold: 8_000, FreeShipping: true, PointsBps: 20_000, ValidDays: 365, Members: 3},
	}
	terms := level.Terms{Version: 1, Enabled: true, EarnFen: 100, EarnGrowth: 1, ReviewGrowth: 5}
	tab := func(here string) view.LevelTabs { return view.LevelTabs{Here: here, MayUpdate: true} }
	typed := map[string]string{"version": "4", "name": "金卡", "threshold": "2000", "off_bps": "9.50", "free_shipping": "1", "points_bps": "1.50", "valid_days": "365", "keep_growth": "1500"}
	bad := map[string]string{"off_bps": f.Text.T("level.bad.off_bps"), "sure": f.Text.T("level.bad.sure")}
	settings := map[string]string{"version": "1", "enabled": "1", "earn_fen": "1.00", "earn_growth": "1", "order_growth": "0", "review_growth": "5"}
	prices := []level.Price{
		{SKUID: 31, SPUID: 4, Code: "LJ-100", Product: "明前龙井", Spec: []string{"100g"}, ListFen: 9_000, Fen: 8_200},
		{SKUID: 32, SPUID: 4, Product: "明前龙井", Spec: []string{"250g", "礼盒"}, ListFen: 19_900, Fen: 19_900},
	}
	member := view.LevelMember{
		ID: 12, Name: "山里人", OnFirst: true, Way: "give", Key: "k", MayAdjust: true,
		Standing: level.Standing{Terms: terms, Growth: 2_310, Level: &levels[1], Since: &at, ReviewAt: &review, Next: &levels[2], Missing: 5_690, Keep: 1_190, Changes: []level.Change{
			{At: at, From: "银卡", To: "金卡", Reason: level.Upgrade, Growth: 2_310, Until: &review, Actor: "system"},
			{At: at.AddDate(0, -2, 0), To: "银卡", Reason: level.Upgrade, Growth: 540, Actor: "system"},
		}},
		Entries: []level.Entry{
			{ID: 9, At: at, Kind: level.EntryOrder, Change: 380, Balance: 2_310, OrderNo: "260308103015ABCDEFGHJK", Actor: "system"},
			{ID: 8, At: at, Kind: level.EntryReverse, Change: -120, Balance: 1_930, OrderNo: "260301103015ABCDEFGHJK", Actor: "system"},
			{ID: 7, At: at, Kind: level.EntryGive, Change: 500, Balance: 2_050, Reason: "线下团购", Actor: "staff:1"},
		},
	}
	refused := member
	refused.Way, refused.Growth, refused.Bad = "take", "9000", map[string]string{"growth": f.Text.T("level.bad.short"), "reason": f.Text.T("points.bad.reason")}
	fresh := view.LevelMember{ID: 13, OnFirst: true, Standing: level.Standing{Terms: terms, Next: &levels[0], Missing: 500}}
	wrong := []string{f.Text.T("level.wrong_line", "2", "LJ-900", f.Text.T("level.wrong.unknown")), f.Text.T("level.wrong_line", "3", "LJ-100", f.Text.T("level.wrong.price"))}
	return []Sample{
		{"levels", view.LevelListPage(page, view.LevelList{LevelTabs: tab(""), Terms: terms, Levels: levels})},
		{"levels_none", view.LevelListPage(page, view.LevelList{LevelTabs: tab("")})},
		{"level_new", view.LevelFormPage(page, view.LevelForm{Typed: map[string]string{"valid_days": "365"}})},
		{"level_edit", view.LevelFormPage(page, view.LevelForm{ID: 2, Name: "金卡", Members: 96, Typed: typed})},
		{"level_refused", view.LevelFormPage(page, view.LevelForm{ID: 2, Name: "金卡", Members: 96, Typed: typed, Bad: bad, Problem: f.Text.T("level.wrong.price")})},
		{"level_settings", view.LevelSettingsPage(page, view.LevelSettings{LevelTabs: tab("settings"), Typed: settings})},
		{"level_settings_refused", view.LevelSettingsPage(page, view.LevelSettings{LevelTabs: tab("settings"), Typed: settings, Bad: map[string]string{"earn_fen": f.Text.T("level.bad.earn_fen")}})},
		{"level_prices", view.LevelPricesPage(page, view.LevelPrices{Level: levels[1], Prices: prices, OnFirst: true, Next: 32, MayUpdate: true})},
		{"level_prices_wrong", view.LevelPricesPage(page, view.LevelPrices{Level: levels[1], OnFirst: true, MayUpdate: true, Text: "LJ-100 82\nLJ-900 10\nLJ-100 99", Wrong: wrong})},
		{"level_member", view.LevelMemberPage(page, member)},
		{"level_member_refused", view.LevelMemberPage(page, refused)},
		{"level_member_none", view.LevelMemberPage(page, fresh)},
	}
}
