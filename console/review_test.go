package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"galleria/commerce/catalog"
	"galleria/commerce/review"
	"galleria/console/authz"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// reviewsOf is the room of reviews on the test's database.
func reviewsOf(env *tenanttest.Env) *review.Service {
	return review.New(review.Deps{
		DB: env.DB, Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit, NotifyChannel: catalog.NotifyChannel,
		Pictures: func(tenantdb.Tx, string) bool { return true },
		Nickname: func(context.Context, tenantdb.Tx, int64) (string, error) { return "<b>王小明</b>", nil },
	})
}

// written writes a review of the shop's first order line, and lets the check find something.
func (d *desk) written(t *testing.T, score int, body string, v review.Verdict) review.Review {
	t.Helper()
	ctx, room := t.Context(), reviewsOf(d.env)
	line := review.Line{SPUID: 1, SKUID: 1, Title: "云南小粒咖啡豆", Spec: "250g"}
	var memberID int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		no := "R" + tenanttest.RandomHex(10)
		if err := tx.QueryRow(ctx, "INSERT INTO member (nickname) VALUES ('') RETURNING id").Scan(&memberID); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `WITH o AS (INSERT INTO orders (order_no, member_id, app_id, status, close_reason, closed_at, goods_fen, payable_fen, address, expires_at, placed_at, paid_at)
			VALUES ($1, $2, 'wx', 'closed', 'all_refunded', now(), 0, 0, '{}', now(), now(), now()) RETURNING id)
			INSERT INTO order_line (order_id, spu_id, sku_id, title, price_fen, qty, goods_fen, payable_fen) SELECT o.id, 1, 1, 't', 0, 1, 0, 0 FROM o RETURNING id`, no, memberID).Scan(&line.LineID); err != nil {
			return err
		}
		return room.InviteTx(ctx, tx, no, memberID, tx.Now(), []review.Line{line})
	})
	r, err := room.Write(ctx, d.env.Tenant.ID, review.WriteInput{LineID: line.LineID, MemberID: memberID, AppID: "wx", Score: score, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	d.env.InTenant(t, func(tx tenantdb.Tx) error { return room.JudgeTx(ctx, tx, r.ID, review.First, v) })
	return r
}

// TestReviewsInTheConsole: what waits for a person is approved, what is bad is answered, and
// what is hidden has a reason. T108: nothing of what buyers write becomes markup.
func TestReviewsInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	bad := d.written(t, 1, `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`, review.Verdict{Pass: true})
	odd := d.written(t, 5, "老板是骗子", review.Verdict{Doubt: "20008"})
	b := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Support))
	shop := "/console/" + d.env.Tenant.Handle
	b.wantStatus(shop, http.StatusOK)
	b.see("差评待回复", "评价待审核")
	b.wantStatus(shop+"/reviews", http.StatusOK)
	b.see("&lt;script&gt;", "老板是骗子")
	b.miss("<script>alert(1)", "<img src=x")
	b.wantStatus(shop+"/reviews?score=5&tab=flagged&product=1", http.StatusOK)
	b.see("老板是骗子", "平均 1.00 分")
	b.miss("&lt;script&gt;")
	one := fmt.Sprintf("%s/reviews/%d", shop, odd.ID)
	b.wantStatus(one, http.StatusOK)
	b.see("可能涉及欺诈", "通过并展示")
	b.wantPost(one+"/reply", url.Values{"reply": {"谢谢"}}, http.StatusConflict)
	b.wantPost(one+"/act", url.Values{"part": {"first"}, "event": {"hide"}, "reason": {" "}}, http.StatusUnprocessableEntity)
	b.see("请填写原因")
	b.wantPost(one+"/act", url.Values{"part": {"first"}, "event": {"delete"}, "reason": {"x"}}, http.StatusUnprocessableEntity)
	b.wantPost(one+"/act", url.Values{"part": {"first"}, "event": {"approve"}}, http.StatusSeeOther)
	b.wantStatus(one, http.StatusOK)
	b.wantPost(one+"/act", url.Values{"part": {"first"}, "event": {"approve"}}, http.StatusConflict)
	b.wantStatus(one, http.StatusOK)
	b.wantPost(one+"/act", url.Values{"part": {"first"}, "event": {"hide"}, "reason": {"同行诋毁，已核实"}}, http.StatusSeeOther)
	b.wantStatus(one, http.StatusOK)
	b.see("同行诋毁，已核实", "恢复展示")
	one = fmt.Sprintf("%s/reviews/%d", shop, bad.ID)
	b.wantStatus(one, http.StatusOK)
	b.wantPost(one+"/reply", url.Values{"reply": {strings.Repeat("长", 501)}}, http.StatusUnprocessableEntity)
	b.see("请填写回复，最多 500 字")
	b.wantPost(one+"/reply", url.Values{"reply": {"非常抱歉，已补发"}}, http.StatusSeeOther)
	b.wantStatus(one, http.StatusOK)
	b.see("非常抱歉，已补发")
	b.wantStatus(shop+"/reviews?tab=unanswered", http.StatusOK)
	b.see("没有评价")
	b.wantStatus(shop+"/reviews/999999", http.StatusNotFound)
	b.wantStatus(shop+"/review-settings", http.StatusOK)
	b.miss(`class="btn btn-primary">保存`)
	owner := d.signedIn(t, d.owner)
	owner.wantStatus(shop+"/review-settings", http.StatusOK)
	owner.wantPost(shop+"/review-settings", url.Values{"review_days": {"0"}, "follow_up_days": {"90"}, "report_limit": {"3"}}, http.StatusUnprocessableEntity)
	owner.see("请填 1 到 180 之间的整数", `value="90"`)
	owner.wantPost(shop+"/review-settings", url.Values{"review_days": {"15"}, "follow_up_days": {"90"}, "report_limit": {"3"}, "checks": {"1"}}, http.StatusSeeOther)
	owner.wantStatus(shop+"/audit", http.StatusOK)
	owner.see("隐藏了", "回复了")
}
