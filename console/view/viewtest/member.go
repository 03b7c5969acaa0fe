package viewtest

import (
	"time"

	"galleria/console/readmodel"
	"galleria/console/view"
)

// memberPages are the list of members and the page of one.
func (f Frame) memberPages() []Sample {
	page := func(title string) view.Page { return f.page("nav.members", f.Text.T(title)) }
	last := ago(50 * time.Hour)
	rows := []readmodel.MemberRow{
		{ID: 42, Nickname: "林小满", PhoneHint: "138****8000", Status: "active", Level: "金卡", Tags: []string{"常客", "企业采购"}, Orders: 12, Paid: 358000, Refunded: 5800, LastOrder: &last, CreatedAt: ago(3000 * time.Hour)},
		{ID: 41, Status: "active", Tags: []string{}, CreatedAt: ago(30 * time.Hour)},
		{ID: 40, Nickname: "阿哲", PhoneHint: "139****5678", Status: "blocked", Tags: []string{"恶意退款"}, Orders: 1, Paid: 5960, Refunded: 5960, LastOrder: &last, CreatedAt: ago(900 * time.Hour)},
		{ID: 39, Nickname: "何先生", PhoneHint: "137****0001", Status: "leaving", Tags: []string{}, Orders: 2, Paid: 11800, LastOrder: &last, CreatedAt: ago(4000 * time.Hour)},
	}
	list := readmodel.MemberPage{
		MoneyPage: readmodel.MoneyPage[readmodel.MemberRow]{Rows: rows, Next: 39, Counts: map[string]int64{"": 412, "active": 405, "blocked": 1, "leaving": 1, "left": 5}},
		Tags:      []string{"常客", "企业采购", "恶意退款"},
		Levels:    []readmodel.MemberLevel{{ID: 1, Name: "银卡"}, {ID: 2, Name: "金卡"}},
	}
	full := view.MemberShow{
		MemberDetail: readmodel.MemberDetail{
			MemberRow: rows[0], Note: "喜欢深烘，周末送货。", Apps: []readmodel.MemberApp{{AppID: "wxdemo0000000001"}, {AppID: "2021000000000001"}},
			Addresses: 3, Favourites: 12, OrderRows: orders(),
			RefundRows: []readmodel.RefundRow{{ID: 5, OutRefundNo: "20261121063000A1B2C3D4E5F5", OrderNo: "261121140000K7Q2M9XT", Channel: "wechat", Reason: "staff", Note: "缺货，退差价", Amount: 3900, Status: "succeeded", RequestedBy: "staff:2", RequestedAt: ago(time.Hour)}},
		},
		MaySeeOrders: true, MaySeeLevel: true, MaySeeRefunds: true, MayUpdate: true, MayBlock: true, MayReveal: true, TypedNote: "喜欢深烘，周末送货。", TypedTags: "企业采购，常客",
	}
	refused := full
	refused.RefundRows, refused.OrderRows = nil, nil
	refused.Bad = map[string]string{"why": f.Text.T("member.bad.why")}
	shown := full
	shown.Revealed, shown.OrderRows, shown.RefundRows = "13800138000", orders()[:1], nil
	blocked := view.MemberShow{MemberDetail: readmodel.MemberDetail{MemberRow: rows[2], Reason: "收货后多次恶意退款"}, MayBlock: true, MaySeeOrders: true}
	due := ago(-100 * time.Hour)
	leaving := view.MemberShow{MemberDetail: readmodel.MemberDetail{MemberRow: rows[3], LeaveAt: &due}, MaySeeOrders: true}
	merged := view.MemberShow{MemberDetail: readmodel.MemberDetail{MemberRow: readmodel.MemberRow{ID: 38, Status: "merged", CreatedAt: ago(90 * time.Hour)}, MergedInto: 42}}
	return []Sample{
		{"members", view.MemberListPage(page("member.title"), view.MemberList{MemberPage: list, OnFirst: true})},
		{"members_filtered", view.MemberListPage(page("member.title"), view.MemberList{Query: "<b>", Tag: "常客", Spent: "500", Seen: "asleep", Joined: "30", Status: "blocked"})},
		{"members_none", view.MemberListPage(page("member.title"), view.MemberList{OnFirst: true})},
		{"member", view.MemberShowPage(page("member.one"), full)},
		{"member_refused", view.MemberShowPage(page("member.one"), refused)},
		{"member_revealed", view.MemberShowPage(page("member.one"), shown)},
		{"member_blocked", view.MemberShowPage(page("member.one"), blocked)},
		{"member_leaving", view.MemberShowPage(page("member.one"), leaving)},
		{"member_merged", view.MemberShowPage(page("member.one"), merged)},
	}
}
