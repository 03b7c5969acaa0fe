package viewtest

import (
	"time"

	"galleria/commerce/coupon"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/console/view"
)

// couponPages are the pages of coupons.
func (f Frame) couponPages() []Sample {
	page := f.page("nav.coupons", f.Text.T("coupon.title"))
	full := coupon.Coupon{ID: 7, Version: 2, Status: coupon.Live, LevelName: "银卡", Issued: 830, Used: 212, SpentFen: 424_000, Input: coupon.Input{
		Kind: coupon.Goods, Title: "秋茶上新", Claimable: true, ClaimUntil: new(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)), LevelID: 2, PerMember: 3, PerDay: new(int64(1)), Total: new(int64(1000)), BudgetFen: new(money.Fen(2_000_000)),
		Terms: coupon.Terms{NeedFen: 10_000, OffFen: 2000, ScopeOf: coupon.ScopeCategories, ScopeIDs: []int64{3, 4}, ValidDays: 7, OnRefund: coupon.Restore, AgainDays: 3, Funder: pricing.FunderShop},
	}}
	draft := coupon.Coupon{ID: 8, Version: 1, Status: coupon.Draft, Input: coupon.Input{
		Kind: coupon.Shipping, Title: "老客包邮", PerMember: 1, Terms: coupon.Terms{Free: true, ScopeOf: coupon.ScopeAll, ValidDays: 30, NextDay: true, OnRefund: coupon.Forfeit, Funder: pricing.FunderShop},
	}}
	shown := view.CouponShow{Coupon: full, Codes: 200, CodesUsed: 31, MayUpdate: true, MayIssue: true, Done: "coupon_live"}
	at := time.Date(2026, 11, 21, 10, 30, 0, 0, time.UTC)
	stats := coupon.Stats{Grants: map[coupon.GrantStatus]int64{coupon.Active: 600, coupon.Used: 212, coupon.Expired: 18}, SoldFen: 3_120_000}
	shown.Stats = stats
	holders := view.CouponHolders{Coupon: full, Stats: stats, OnFirst: true, MayRevoke: true, SeesMembers: true, SeesOrders: true, Rows: []coupon.Holder{
		{GrantID: 3, MemberID: 12, Nickname: "小满", Status: coupon.Active, Source: "staff", GrantedAt: at, ValidUntil: at.AddDate(0, 0, 7)},
		{GrantID: 2, MemberID: 15, Status: coupon.Used, Source: "claim", GrantedAt: at, ValidUntil: at.AddDate(0, 0, 7), OrderNo: "261121194205K7Q2M9XT", OffFen: 2000},
	}, Chosen: map[int64]bool{3: true}, Bad: map[string]string{"reason": f.Text.T("coupon.bad.reason")}}
	sure := view.CouponShow{Coupon: full, MayUpdate: true, MayIssue: true, Members: "12, 15", Key: "k", Confirm: 2}
	typed := map[string]string{
		"kind": "goods", "title": "秋茶上新", "way": view.OffAmount, "off_fen": "20", "need_fen": "10", "scope_of": "all", "validity": view.ValidDays, "valid_days": "7",
		"on_refund": "restore", "again_days": "3", "claimable": "1", "per_member": "1",
	}
	categories := view.Picker{Name: "category", Label: f.Text.T("coupon.scope_of.categories"), Chosen: []view.Pick{{ID: 3, Label: "绿茶"}}, Bad: f.Text.T("coupon.bad.scope_ids"), Picks: []view.Pick{
		{ID: 1, Label: "茶", Depth: 1}, {ID: 3, Label: "绿茶", Depth: 2}, {ID: 4, Label: "明前", Depth: 3},
	}}
	products := view.Picker{Name: "product", Label: f.Text.T("coupon.scope_of.products"), Search: true, Query: "龙井", Looked: true, Chosen: []view.Pick{{ID: 12, Label: "明前龙井"}}, Picks: []view.Pick{{ID: 13, Label: "雨前龙井"}}}
	return []Sample{
		{"coupon_none", view.CouponListPage(page, view.CouponList{OnFirst: true, MayUpdate: true})},
		{"coupon_list", view.CouponListPage(page, view.CouponList{Coupons: []coupon.Coupon{draft, full}, Counts: map[coupon.Status]int64{coupon.Live: 1, coupon.Draft: 1}, OnFirst: true, MayUpdate: true})},
		{"coupon", view.CouponShowPage(page, shown)},
		{"coupon_holders", view.CouponHoldersPage(page, holders)},
		{"coupon_issue", view.CouponShowPage(page, sure)},
		{"coupon_new", view.CouponFormPage(page, view.CouponForm{Typed: typed, Words: full.Terms.Words(full.Kind, string(f.Text.Lang()))})},
		{"coupon_refused", view.CouponFormPage(page, view.CouponForm{ID: 7, Typed: typed, Categories: categories, Products: products, Bad: map[string]string{"need_fen": f.Text.T("coupon.bad.need_fen")}})},
	}
}
