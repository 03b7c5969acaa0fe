package viewtest

import (
	"time"

	"galleria/commerce/distribution"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// distributionPages are the pages of distribution.
//
//nolint:funlen // a list
func (f Frame) distributionPages() []Sample {
	page := f.page("nav.distribution", f.Text.T("dist.title"))
	at := time.Date(2026, 11, 21, 10, 30, 0, 0, time.UTC)
	nav := func(here string) view.DistributionNav {
		return view.DistributionNav{Here: here, Applied: 2, Requested: 3, MayMoney: true}
	}
	plan := distribution.NewPlan()
	plan.Version, plan.Enabled, plan.Depth, plan.FeeBps, plan.TaxBps = 3, true, 2, 100, 2000
	people := distributionPeople(at)
	entries := distributionEntries(at)
	draws := distributionDraws(at)
	counts := map[distribution.Status]int64{distribution.Active: 41, distribution.Applied: 2, distribution.Frozen: 1}
	sums := map[distribution.EntryStatus]distribution.Sum{distribution.Confirmed: {N: 12, Fen: 88_000}, distribution.Pending: {N: 30, Fen: 120_050}, distribution.Available: {N: 400, Fen: 2_310_000}}
	waiting := map[distribution.WithdrawalStatus]int64{distribution.Requested: 3, distribution.Sending: 1, distribution.Succeeded: 210}
	owner := distribution.Overview{Distributor: people[0], EarnedFen: 188_000, ConfirmedFen: 8800, PendingFen: 12_000, First: 12, Second: 40}
	applicant := distribution.Overview{Distributor: people[1]}
	levels := []distribution.Level{{ID: 1, Name: "金牌", Members: 3}, {ID: 2, Name: "银牌", Members: 1}}
	show := view.DistributorShow{DistributionNav: nav("people"), Overview: owner, Levels: levels, Tab: "first", OnFirst: true, MayManage: true, SeesMembers: true, Now: at}
	first, history, refused := show, show, show
	first.Team = []distribution.TeamMember{{BondID: 8, MemberID: 71, Nickname: "买茶人", Since: at, Orders: 3}, {BondID: 7, MemberID: 70, Since: at}}
	history.Tab, history.Brought = "history", []distribution.Brought{
		{Member: "买茶人", Bond: distribution.Bond{ID: 8, MemberID: 71, Since: at, Until: at.AddDate(0, 0, 30), How: distribution.ByPoster, Evidence: distribution.Evidence{AppID: "wx1a2b3c4d5e6f7a8b", Scene: "1047", SPUID: 12}}},
		{Member: "老客", Bond: distribution.Bond{ID: 7, MemberID: 70, Since: at, EndedAt: at.AddDate(0, 0, 2), How: distribution.ByStaff, Evidence: distribution.Evidence{Note: "线下介绍"}}},
	}
	refused.Overview, refused.Tab, refused.Bad = applicant, "commissions", map[string]string{"reason": f.Text.T("dist.bad.reason")}
	rates := []distribution.Rate{
		{ID: 3, SPUID: 12, SKUID: 31, FirstBps: 1250, SecondBps: 300, Since: at, Product: "明前龙井", Spec: "250 克 / 礼盒"},
		{ID: 2, LevelID: 1, FirstBps: 800, Since: at, Level: "金牌"},
	}
	desk := view.RateDesk{DistributionNav: nav("rates"), Plan: plan, OnFirst: true, MayUpdate: true, Typed: map[string]string{}, Bad: map[string]string{}}
	chosen := desk
	chosen.Rates, chosen.Levels, chosen.Product, chosen.Title = rates, levels, 12, "明前龙井"
	chosen.SKUs = []view.Choice{{Value: "31", Label: "250 克 / 礼盒"}}
	chosen.Typed, chosen.Bad = map[string]string{"first_bps": "60", "sku": "31"}, map[string]string{"first_bps": f.Text.T("dist.bad.first_bps")}
	searched := desk
	searched.Query, searched.Found = "龙井", []view.Choice{{Value: "12", Label: "明前龙井"}, {Value: "13", Label: "雨前龙井"}}
	typed := map[string]string{
		"version": "3", "enabled": "1", "depth": "2", "join_by": "application", "join_from": "0.00", "binding": "first", "bound_days": "30", "first_bps": "40", "second_bps": "12",
		"review": "1", "withdraw_from": "10.00", "day_count": "3", "day_fen": "2000.00", "fee_bps": "1.00", "tax_bps": "20.00", "second_fen": "1000.00", "code_page": "pages/home/home", "product_page": "pages/product/show", "code_env": "release", "shared": "mark", "proof": "1",
	}
	terms := view.TermsForm{DistributionNav: nav("plan"), Typed: typed, MayUpdate: true}
	wrong := terms
	terms.Effect = &plan
	wrong.Bad = map[string]string{"first_bps": f.Text.T("dist.bad.first_bps"), "depth": f.Text.T("dist.bad.depth")}
	sent := view.WithdrawalShow{DistributionNav: nav("withdrawals"), Withdrawal: draws[1], Owner: owner, SeesTransfer: true, MayHandle: true, Transfer: &readmodel.TransferRow{OutBillNo: "T261121AAAA", Status: "wait_user_confirm"}}
	review := view.WithdrawalShow{DistributionNav: nav("withdrawals"), Withdrawal: draws[0], Owner: owner, MayHandle: true, Typed: map[string]string{}, Bad: map[string]string{}}
	review.Signals = distributionSignals(at)[:2]
	failed := sent
	failed.Withdrawal, failed.Transfer = draws[2], nil
	second := review
	second.Twice, second.FirstBy, second.Problem = true, "staff:1", distribution.ErrSecondPerson.Text(string(f.Text.Lang()))
	byHand := review
	byHand.Status, byHand.Way, byHand.Account, byHand.Name = distribution.Approved, distribution.WayManual, "招商银行 6222 0202 0011 2233 445", "李雷"
	byHand.Bad, byHand.MustProve = map[string]string{"reference": f.Text.T("draw.bad.reference"), "proof_file": distribution.ErrProof.Text(string(f.Text.Lang()))}, true
	proved := byHand
	proved.Status, proved.Reason, proved.Account, proved.Bad, proved.FinishedAt = distribution.Succeeded, "招行 2026112200017", "", nil, at
	proved.Proofs = []distribution.Proof{{ID: 1, Name: "网银回单.pdf", Kind: "pdf", Bytes: 52_000, UploadedBy: "staff:1", UploadedAt: at}}
	return []Sample{
		{"distribution", view.DistributionHomePage(page, view.DistributionHome{DistributionNav: nav(""), Plan: plan, People: counts, Sums: sums, Waiting: waiting, MayPlan: true, Ranking: []distribution.Rank{
			{MemberID: 7, Nickname: "小满", EarnedFen: 88_000, Orders: 31}, {MemberID: 9, EarnedFen: 1200, Orders: 1},
		}})},
		{"distribution_off", view.DistributionHomePage(page, view.DistributionHome{Plan: distribution.NewPlan(), MayPlan: true, Month: "2026/11", Bad: f.Text.T("dist.bad.month")})},
		{"distribution_terms", view.TermsPage(page, terms)},
		{"distribution_terms_refused", view.TermsPage(page, wrong)},
		{"distribution_rates", view.RatePage(page, chosen)},
		{"distribution_rates_search", view.RatePage(page, searched)},
		{"distributors", view.DistributorListPage(page, view.DistributorList{DistributionNav: nav("people"), Rows: people, Counts: counts, OnFirst: true, After: "1-1", MayManage: true})},
		{"distributors_none", view.DistributorListPage(page, view.DistributorList{DistributionNav: nav("people"), OnFirst: true})},
		{"distributor", view.DistributorPage(page, first)},
		{"distributor_history", view.DistributorPage(page, history)},
		{"distributor_signals", view.DistributorPage(page, withSignals(show, at))},
		{"distributor_poster", view.DistributorPage(page, withPoster(show, ""))},
		{"distributor_poster_refused", view.DistributorPage(page, withPoster(show, f.Text.T("dist.poster_failed")))},
		{"distributor_applied", view.DistributorPage(page, refused)},
		{"commissions", view.EntryListPage(page, view.EntryList{DistributionNav: nav("commissions"), Rows: entries, Sums: sums, OnFirst: true, Next: 3, MayExport: true})},
		{"commissions_none", view.EntryListPage(page, view.EntryList{DistributionNav: nav("commissions"), OnFirst: true, OrderNo: "261121"})},
		{"withdrawals", view.WithdrawalListPage(page, view.WithdrawalList{DistributionNav: nav("withdrawals"), Rows: draws, Counts: waiting, OnFirst: true, MayExport: true, Periods: []string{"2026-11", "2026-10", "2026"}})},
		{"withdrawals_none", view.WithdrawalListPage(page, view.WithdrawalList{DistributionNav: nav("withdrawals"), OnFirst: true})},
		{"withdrawal_review", view.WithdrawalPage(page, review)},
		{"withdrawal_second", view.WithdrawalPage(page, second)},
		{"withdrawal_by_hand", view.WithdrawalPage(page, byHand)},
		{"withdrawal_proved", view.WithdrawalPage(page, proved)},
		{"withdrawal_failed", view.WithdrawalPage(page, failed)},
		{"withdrawal_waits", view.WithdrawalPage(page, sent)},
	}
}

func withSignals(d view.DistributorShow, at time.Time) view.DistributorShow {
	d.Tab, d.Signals = "signals", distributionSignals(at)
	return d
}

// withPoster shows a poster, or why there is none.
func withPoster(d view.DistributorShow, bad string) view.DistributorShow {
	d.Tab, d.App, d.PosterBad = "poster", "wx1a2b3c4d5e6f7a8b", bad
	d.Apps = []view.Choice{{Value: d.App, Label: "山野茶事"}, {Value: "wx2a2b3c4d5e6f7a8b", Label: "山野茶事批发"}}
	if bad != "" {
		d.Apps = d.Apps[:1]
		return d
	}
	d.Poster = "data:image/png;base64," + onePixel
	return d
}

// onePixel is a PNG of one white pixel.
const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTjW+gAAAABJRU5ErkJggg=="

func distributionPeople(at time.Time) []distribution.Distributor {
	return []distribution.Distributor{
		{MemberID: 7, Status: distribution.Active, LevelID: 1, Level: "金牌", Code: "K7Q2M9XT", Nickname: "小满", AvailableFen: 12_300, LockedFen: 10_000, WithdrawnFen: 165_700, AppliedAt: at, DecidedAt: at, Team: 12},
		{MemberID: 8, Status: distribution.Applied, Code: "AB2C3D4E", Nickname: "立夏", Statement: "我有三个茶友群，平时帮大家团购。", AppliedAt: at},
		{MemberID: 9, Status: distribution.Frozen, Code: "ZZ2C3D4E", Reason: "刷单", AvailableFen: -500, AppliedAt: at, DecidedAt: at, Team: 2},
	}
}

func distributionSignals(at time.Time) []distribution.Signal {
	return []distribution.Signal{
		{ID: 9, OrderNo: "261121194205K7Q2M9XT", BuyerID: 71, Buyer: "买茶人", Kind: distribution.ParcelAddress, OwnOrderNo: "261101094205K7Q2M9XA", Fen: 937, SeenAt: at},
		{ID: 8, OrderNo: "261121194205K7Q2M9XT", BuyerID: 71, Buyer: "买茶人", Kind: distribution.SharedPhone, SeenAt: at, Refused: true},
		{ID: 3, OrderNo: "261111194205K7Q2M9XB", BuyerID: 72, Kind: distribution.ParcelPhone, OwnOrderNo: "261101094205K7Q2M9XA", SeenAt: at, ClearedAt: at, ClearedBy: "staff:1"},
	}
}

func distributionEntries(at time.Time) []distribution.Entry {
	return []distribution.Entry{
		{ID: 5, OrderNo: "261121194205K7Q2M9XT", Tier: 1, Status: distribution.Pending, BaseFen: 9900, RateBps: 1250, AmountFen: 1237, ReversedFen: 300, Title: "明前龙井", Spec: "250 克", DistributorID: 7, Distributor: "小满", BuyerID: 71, Buyer: "买茶人", CreatedAt: at},
		{ID: 4, OrderNo: "261121194205K7Q2M9XT", Tier: 2, Status: distribution.Reversed, BaseFen: 9900, RateBps: 200, AmountFen: 198, ReversedFen: 198, Title: "明前龙井", DistributorID: 9, BuyerID: 71, Buyer: "买茶人", CreatedAt: at},
	}
}

func distributionDraws(at time.Time) []distribution.Withdrawal {
	return []distribution.Withdrawal{
		{ID: 3, No: "W261122K7Q2M9XTAB12", DistributorID: 7, Distributor: "小满", Status: distribution.Requested, Way: distribution.WayAlipay, Receiver: "138***8000 李**", AmountFen: 10_000, FeeFen: 100, TaxFen: 1980, PayFen: 7920, CreatedAt: at},
		{ID: 2, No: "W261121K7Q2M9XTAB11", DistributorID: 7, Distributor: "小满", Status: distribution.Sending, Way: distribution.WayWeChat, Receiver: "oUp***f9Qk 李**", AmountFen: 10_000, PayFen: 10_000, CreatedAt: at},
		{ID: 1, No: "W261120K7Q2M9XTAB10", DistributorID: 9, Status: distribution.Failed, Way: distribution.WayWeChat, Receiver: "oUp***aaaa", AmountFen: 5000, PayFen: 5000, Reason: "NAME_NOT_CORRECT", CreatedAt: at, FinishedAt: at},
	}
}
