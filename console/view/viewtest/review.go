package viewtest

import (
	"time"

	"galleria/commerce/review"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// reviewPages are the pages of what buyers say.
func (f Frame) reviewPages() []Sample {
	page := f.page("nav.reviews", f.Text.T("review.title"))
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	rows := []readmodel.ReviewRow{
		{ID: 9, SPUID: 5, Title: "云南小粒咖啡豆", Spec: "深烘 / 250g", Score: 1, Author: "王***明", Body: "收到的时候袋子漏气，香味都跑了，联系客服也没有人回。", Pictures: 2, Status: "published", FollowStatus: "flagged", Reports: 2, WrittenAt: at},
		{ID: 8, SPUID: 4, Title: "手冲滤纸", Score: 5, Author: "小雨", Body: "<script>alert(1)</script>", Status: "flagged", FollowStatus: "open", WrittenAt: at.Add(-time.Hour)},
		{ID: 7, SPUID: 4, Title: "手冲滤纸", Score: 5, Auto: true, Status: "published", FollowStatus: "open", Replied: true, WrittenAt: at.Add(-2 * time.Hour)},
		{ID: 6, SPUID: 4, Title: "手冲滤纸", Score: 4, Author: "阿哲", Status: "waiting", FollowStatus: "open", WrittenAt: at.Add(-3 * time.Hour)},
	}
	counts := map[string]int64{"": 4, "unanswered": 1, "flagged": 2, "reported": 1, "waiting": 1, "published": 2}
	one := review.Review{
		ID: 9, OrderNo: "261121110000ABCDEFGHIJ", MemberID: 7, SPUID: 5, Title: rows[0].Title, Spec: rows[0].Spec, Score: 1, Author: "小雨",
		First:    review.Text{Status: review.Published, Body: rows[0].Body, At: &at},
		FollowUp: review.Text{Status: review.Flagged, Body: "老板是骗子，大家别买。", Doubt: "20008", At: new(at.Add(time.Hour))},
		Reply:    "非常抱歉，已为您补发一袋。", ReplyBy: "staff:1", RepliedAt: new(at.Add(2 * time.Hour)),
	}
	one.Reports = 2
	reports := []review.Report{
		{MemberID: 31, Reason: "abuse", Words: "骂人，很难听", At: at.Add(3 * time.Hour)},
		{MemberID: 29, Reason: "untrue", At: at.Add(2 * time.Hour)},
	}
	may := view.ReviewShow{Review: one, Reports: reports, MayModerate: true, MayReply: true, SeesMember: true, SeesOrder: true, SeesProduct: true}
	refused := may
	refused.Part, refused.Event, refused.Bad = "first", "hide", f.Text.T("review.bad.reason")
	sum := review.Summary{SPUID: 4, Total: 128, Scores: [5]int64{3, 2, 6, 20, 97}, Pictured: 31, Followed: 4}
	terms := view.ReviewSettings{ReviewDays: "30", FollowUpDays: "180", ReportLimit: "3", Checks: true, MaySet: true}
	bad := terms
	bad.ReviewDays, bad.Bad = "900", map[string]string{"review_days": f.Text.T("review.bad.review_days")}
	return []Sample{
		{"reviews", view.ReviewListPage(page, view.ReviewList{MoneyPage: readmodel.MoneyPage[readmodel.ReviewRow]{Rows: rows, Counts: counts, Next: 30}, OnFirst: true})},
		{"reviews_product", view.ReviewListPage(page, view.ReviewList{MoneyPage: readmodel.MoneyPage[readmodel.ReviewRow]{Rows: rows[1:], Counts: counts}, Tab: "published", Product: 4, Score: 5, Summary: sum, OnFirst: true})},
		{"reviews_none", view.ReviewListPage(page, view.ReviewList{OnFirst: true})},
		{"review", view.ReviewShowPage(page, may)},
		{"review_refused", view.ReviewShowPage(page, refused)},
		{"review_settings", view.ReviewSettingsPage(page, terms)},
		{"review_settings_refused", view.ReviewSettingsPage(page, bad)},
	}
}
