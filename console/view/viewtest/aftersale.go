package viewtest

import (
	"time"

	"galleria/commerce/aftersale"
	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// aftersalePages are the pages of the after-sales desk.
func (f Frame) aftersalePages() []Sample {
	desk := f.page("nav.aftersales", f.Text.T("aftersale.title"))
	now := caseNow()
	rows := caseRows(now)
	counts := map[string]int64{"": 6, "todo": 4, "answer": 1, "inspect": 1, "reship": 1, "stopped": 1, "waiting": 1, "ended": 1}
	list := func(l view.CaseList) view.CaseList {
		l.Counts, l.OnFirst, l.Now = counts, true, now
		return l
	}
	show := func(s view.CaseShow) Sample {
		return Sample{"aftersale_" + string(s.Kind) + "_" + string(s.Status), view.CaseShowPage(desk, s)}
	}
	named := func(name string, s view.CaseShow) Sample { return Sample{name, view.CaseShowPage(desk, s)} }
	due := func(d time.Duration) *time.Time { return new(now.Add(d)) }
	unsent := f.caseShow(aftersale.RefundOnly, aftersale.Requested, now, due(5*time.Hour))
	unsent.Unsent, unsent.FreightFen, unsent.AmountFen, unsent.Limit = true, 800, 12600, 5000
	unsent.Lines[0].Unsent = 2
	noAddress := f.caseShow(aftersale.Exchange, aftersale.Requested, now, due(-3*time.Hour))
	noAddress.Addresses, noAddress.MaySet = nil, false
	refused := f.caseShow(aftersale.Return, aftersale.Requested, now, due(30*time.Hour))
	refused.Event, refused.Typed = "approve", map[string]string{"amount": "200", "body": "请一并寄回赠品", "address_id": "2"}
	refused.Bad = map[string]string{"amount": f.Text.T("aftersale.amount_range", f.Text.Money(0), f.Text.Money(11800)), "sure": f.Text.T("aftersale.wrong.sure")}
	no := f.caseShow(aftersale.Return, aftersale.Requested, now, due(30*time.Hour))
	no.Event, no.Typed, no.Bad = "reject", map[string]string{"body": ""}, map[string]string{"body": f.Text.T("aftersale.body_bad"), "sure": f.Text.T("aftersale.wrong.sure")}
	counted := f.caseShow(aftersale.Return, aftersale.Inspecting, now, due(8*24*time.Hour))
	counted.Event, counted.Typed = "inspect", map[string]string{"sellable-31": "2", "damaged-31": "1", "missing-31": "0"}
	counted.Bad = map[string]string{"lines.31": f.Text.T("aftersale.found_bad")}
	places := f.caseShow(aftersale.Return, aftersale.Inspecting, now, due(8*24*time.Hour))
	places.Places = casePlaces()
	places.Event, places.Typed = "inspect", map[string]string{"sellable-31": "2", "damaged-31": "0", "missing-31": "0", "place-31": "3"}
	places.Bad = map[string]string{"place-31": "仓库已停用，请选择其他仓库"}
	shelved := f.caseShow(aftersale.Return, aftersale.Refunded, now, nil)
	shelved.Shelved = map[int64]string{17: "西湖店仓"}
	sent := f.caseShow(aftersale.Exchange, aftersale.Reshipping, now, due(40*time.Hour))
	sent.Event, sent.Typed, sent.Bad = "reship", map[string]string{"courier": "sf", "tracking_no": "12"}, map[string]string{"tracking_no": f.Text.T("aftersale.wrong.tracking_no")}
	approval := f.caseShow(aftersale.Return, aftersale.Refunding, now, nil)
	approval.RefundStatus, approval.OutRefundNo = "awaiting_approval", "20261122030000A1B2C3D4E5F6"
	stopped := f.caseShow(aftersale.Return, aftersale.RefundStopped, now, nil)
	stopped.OutRefundNo, stopped.Problem = "20261122030000A1B2C3D4E5F6", f.Text.T("aftersale.changed")
	looks := f.caseShow(aftersale.Return, aftersale.Requested, now, due(30*time.Hour))
	looks.MayHandle, looks.SeesRefunds = false, false
	typed := map[string]string{"answer_hours": "48", "send_back_days": "7", "inspect_days": "10"}
	set := view.CaseSettings{Addresses: returnAddresses(), Typed: typed, MaySet: true}
	setRefused := view.CaseSettings{MaySet: true, Typed: map[string]string{"answer_hours": "0", "send_back_days": "7", "inspect_days": "十", "name": "仓库", "phone": "1", "address": ""}, Bad: map[string]string{
		"answer_hours": f.Text.T("aftersale.wrong.answer_hours"), "inspect_days": f.Text.T("aftersale.wrong.inspect_days"),
		"phone": f.Text.T("aftersale.wrong.phone"), "address": f.Text.T("aftersale.wrong.address"),
	}}
	fresh := view.CaseForm{OrderNo: "261121140000K7Q2M9XT", Claimable: claimable(), Addresses: returnAddresses(), Limit: 5000, Key: "K7Q2M9XTK7Q2M9XT", Kind: "refund", Typed: map[string]string{}}
	slip := fresh
	slip.Kind, slip.Reason, slip.Typed = "return", "quality", map[string]string{"qty-31": "3", "amount": "1000", "body": "电话里和买家说好的"}
	slip.Bad = map[string]string{"qty-31": f.Text.T("aftersale.new_free", "2"), "amount": f.Text.T("aftersale.amount_range", f.Text.Money(0), f.Text.Money(11800)), "sure": f.Text.T("aftersale.wrong.sure")}
	return []Sample{
		{"aftersale_new", view.CaseFormPage(desk, fresh)},
		{"aftersale_new_refused", view.CaseFormPage(desk, slip)},
		{"aftersales", view.CaseListPage(desk, list(view.CaseList{MoneyPage: readmodel.MoneyPage[readmodel.CaseRow]{Rows: rows, Next: 50}}))},
		{"aftersales_todo", view.CaseListPage(desk, list(view.CaseList{MoneyPage: readmodel.MoneyPage[readmodel.CaseRow]{Rows: rows[:4]}, Tab: readmodel.CaseTodo}))},
		{"aftersales_none", view.CaseListPage(desk, view.CaseList{OnFirst: true})},
		{"aftersales_none_here", view.CaseListPage(desk, list(view.CaseList{Tab: "stopped"}))},
		{"aftersales_no_match", view.CaseListPage(desk, list(view.CaseList{Query: "<script>alert(1)</script>"}))},
		named("aftersale_unsent", unsent), named("aftersale_no_address", noAddress), named("aftersale_accept_refused", refused), named("aftersale_no_refused", no),
		named("aftersale_inspect_refused", counted), named("aftersale_reship_refused", sent), named("aftersale_approval", approval), named("aftersale_stopped", stopped), named("aftersale_places", places), named("aftersale_shelved", shelved), named("aftersale_read_only", looks),
		show(f.caseShow(aftersale.Return, aftersale.Requested, now, due(30*time.Hour))),
		show(f.caseShow(aftersale.Return, aftersale.AwaitingReturn, now, due(6*24*time.Hour))),
		show(f.caseShow(aftersale.Return, aftersale.InTransit, now, due(9*24*time.Hour))),
		show(f.caseShow(aftersale.Return, aftersale.Inspecting, now, due(8*24*time.Hour))),
		show(f.caseShow(aftersale.Exchange, aftersale.Inspecting, now, due(8*24*time.Hour))),
		show(f.caseShow(aftersale.Exchange, aftersale.Reshipped, now, due(8*24*time.Hour))),
		show(f.caseShow(aftersale.Return, aftersale.Refunded, now, nil)),
		show(f.caseShow(aftersale.RefundOnly, aftersale.Rejected, now, nil)),
		{"aftersale_settings", view.CaseSettingsPage(desk, set)},
		{"aftersale_settings_refused", view.CaseSettingsPage(desk, setRefused)},
		{"aftersale_settings_read_only", view.CaseSettingsPage(desk, view.CaseSettings{Typed: typed, Addresses: returnAddresses()})},
	}
}

// caseNow is when the desk is looked at.
func caseNow() time.Time { return time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC) }

func casePlaces() aftersale.Places {
	return aftersale.Places{Open: []inventory.Location{{Name: "昆明总仓"}, {ID: 2, Name: "西湖店仓"}, {ID: 3, Name: "余杭备货仓"}}, Home: map[int64]int64{31: 2}}
}

func returnAddresses() []aftersale.Address {
	return []aftersale.Address{
		{ID: 1, Name: "山野咖啡仓库", Phone: "13800001234", Address: "云南省昆明市五华区翠湖北路 12 号"}, {ID: 2, Name: "西湖店", Phone: "0571-88886666", Address: "浙江省杭州市西湖区北山街 8 号"},
	}
}

func caseRows(now time.Time) []readmodel.CaseRow {
	row := func(n int64, kind, status, reason string, amount money.Fen, due time.Duration) readmodel.CaseRow {
		r := readmodel.CaseRow{
			ID: n, CaseNo: "S261122K7Q2M9XTAB" + string(rune('0'+n)), OrderNo: "261121140000K7Q2M9XT", Kind: kind, Status: status, Reason: reason, Amount: amount,
			Title: "云南小粒咖啡豆", Spec: "深烘 / 250g", Pieces: n, Buyer: "王小明", OpenedAt: now.Add(-6 * time.Hour),
		}
		if due != 0 {
			r.DueAt = new(now.Add(due))
		}
		return r
	}
	return []readmodel.CaseRow{
		row(6, "refund", "requested", "late", 12600, -95*time.Minute), row(5, "return", "returned_in_transit", "quality", 5900, 5*time.Hour+20*time.Minute),
		row(4, "exchange", "reshipping", "wrong_goods", 0, 40*time.Hour), row(3, "return", "refund_stopped", "damaged", 5900, 0),
		row(2, "return", "awaiting_return", "changed_mind", 11800, 6*24*time.Hour), row(1, "refund", "refunded", "not_received", 5900, 0),
	}
}

// caseShow is a case of two bags of coffee at a status, with the thread that led there.
func (f Frame) caseShow(kind aftersale.Kind, status aftersale.Status, now time.Time, due *time.Time) view.CaseShow {
	c := aftersale.Case{
		CaseNo: "S261122K7Q2M9XTABCD", OrderNo: "261121140000K7Q2M9XT", MemberID: 7, Kind: kind, Status: status, Reason: aftersale.Quality, ShareFen: 11800, AmountFen: 11800,
		OpenedBy: "member:7", DueAt: due, OpenedAt: now.Add(-18 * time.Hour),
		Lines: []aftersale.Line{{LineID: 31, SKUID: 17, Title: "云南小粒咖啡豆", Spec: "深烘 / 250g", Picture: "", Qty: 2, ShareFen: 11800}},
		Messages: []aftersale.Message{
			{At: now.Add(-18 * time.Hour), Actor: "member:7", Event: aftersale.EventApply, Body: "两袋都漏气了，豆子受潮。麻烦尽快处理，谢谢！", Pictures: []string{f.Asset("mark.svg"), f.Asset("mark.svg")}},
			{At: now.Add(-17 * time.Hour), Actor: "staff:2", Event: aftersale.EventSay, Body: "抱歉，请拍一下封口处。"},
		},
	}
	if kind == aftersale.Exchange {
		c.AmountFen = 0
	}
	said := func(actor string, event aftersale.Event, ago time.Duration) {
		c.Messages = append(c.Messages, aftersale.Message{At: now.Add(-ago), Actor: actor, Event: event})
	}
	if kind != aftersale.RefundOnly && status != aftersale.Requested {
		c.ReturnTo = &returnAddresses()[0]
		said("staff:2", aftersale.EventApprove, 16*time.Hour)
		if status != aftersale.AwaitingReturn {
			c.BackCourier, c.BackNumber = "sf", "SF1234567890123"
			said("member:7", aftersale.EventSendBack, 12*time.Hour)
		}
	}
	switch status { //nolint:exhaustive // the others have no more in their thread
	case aftersale.Refunded, aftersale.Refunding, aftersale.RefundStopped, aftersale.Reshipping, aftersale.Reshipped:
		c.Lines[0].Sellable, c.Lines[0].Damaged = 1, 1
		said("staff:2", aftersale.EventInspect, 3*time.Hour)
	case aftersale.Rejected:
		said("staff:2", aftersale.EventReject, time.Hour)
		c.Messages[len(c.Messages)-1].Body = "签收超过七天，请联系客服补发一袋。"
	}
	switch status { //nolint:exhaustive // the others have no more in their thread
	case aftersale.Refunded:
		c.OutRefundNo = "20261122030000A1B2C3D4E5F6"
		said("system", aftersale.EventRefunded, time.Hour)
	case aftersale.Reshipped:
		c.OutCourier, c.OutNumber = "zto", "75412345678901"
		said("staff:2", aftersale.EventReship, time.Hour)
	}
	back := readmodel.Track{State: "none"}
	if status == aftersale.InTransit {
		back = readmodel.Track{State: "delivered", Followed: true, Events: []readmodel.TrackEvent{
			{At: now.Add(-time.Hour), State: "delivered", Text: "仓库已签收", Place: "浙江,杭州市,余杭区"},
			{At: now.Add(-10 * time.Hour), State: "accepted", Text: "顺丰速运 已收取快件"},
		}}
	}
	return view.CaseShow{
		Case: c, CaseAside: readmodel.CaseAside{Buyer: "王小明", People: map[string]string{"2": "王客服"}, Back: back}, Addresses: returnAddresses(), MayHandle: true, MaySet: true,
		SeesRefunds: true, Limit: -1, Now: now, Key: "K7Q2M9XTK7Q2M9XTK7Q2M9XTAB", Typed: map[string]string{},
	}
}

func claimable() readmodel.Claimable {
	return readmodel.Claimable{Open: true, Freight: 800, Lines: []readmodel.ClaimableLine{
		{ID: 31, Title: "云南小粒咖啡豆", Spec: "深烘 / 250g", Qty: 3, Free: 2, Back: 2, Rest: 11800},
		{ID: 32, Title: "手冲滤纸", Qty: 1, Free: 1, Back: 0, Rest: 2980},
		{ID: 33, Title: "冷萃杯", Qty: 1},
	}}
}
