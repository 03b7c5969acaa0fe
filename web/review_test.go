package web_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"galleria/commerce/catalog"
	"galleria/commerce/order"
	"galleria/commerce/picture"
	"galleria/commerce/review"
	"galleria/tenant/tenantdb"
	"galleria/web/miniapi"
)

// newReviews builds the room of reviews.
func (h *house) newReviews(orders *order.Service) *review.Service {
	h.orders = orders
	h.reviews = review.New(review.Deps{
		DB: h.DB, Outbox: h.Outbox, Timers: h.Timers, Audit: h.Audit, NotifyChannel: catalog.NotifyChannel,
		Pictures: func(tx tenantdb.Tx, address string) bool { return picture.Owns(tx.TenantID(), address) },
		Nickname: func(ctx context.Context, tx tenantdb.Tx, memberID int64) (string, error) {
			return h.members.NicknameTx(ctx, tx, memberID)
		},
	})
	return h.reviews
}

// arrive lets the buyer of a received order review it, as the worker does.
func (h *house) arrive(t *testing.T, s *shop, orderNo string) {
	t.Helper()
	err := h.DB.InTenant(t.Context(), s.ID, func(tx tenantdb.Tx) error {
		got, err := h.orders.ArrivedTx(t.Context(), tx, orderNo)
		if err != nil {
			return err
		}
		var lines []review.Line
		for _, l := range got.Lines {
			lines = append(lines, review.Line(l))
		}
		return h.reviews.InviteTx(t.Context(), tx, orderNo, got.MemberID, got.At, lines)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// pass is what the content check says of a review.
func (h *house) pass(t *testing.T, s *shop, id int64) {
	t.Helper()
	err := h.DB.InTenant(t.Context(), s.ID, func(tx tenantdb.Tx) error {
		return h.reviews.JudgeTx(t.Context(), tx, id, review.First, review.Verdict{Pass: true})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// walkReviews reviews what arrived of an order, adds to it and takes it back.
func walkReviews(t *testing.T, h *house, s *shop, orderNo string, call func(want, status int, method, path string, body any, header ...string) answer) {
	t.Helper()
	h.arrive(t, s, orderNo)
	var todo miniapi.ToReviewList
	call(1, http.StatusOK, http.MethodGet, "/reviews/pending?limit=5", nil).into(t, &todo)
	if len(todo.Items) == 0 {
		t.Fatal("nothing is to be reviewed")
	}
	line := todo.Items[0]
	var mine miniapi.MyReview
	call(5, http.StatusCreated, http.MethodPost, "/reviews", map[string]any{"line_id": line.LineID, "score": 4, "body": "<script>alert(1)</script>很香", "anonymous": true}).into(t, &mine)
	if mine.Status != "waiting" || mine.Author != "***" {
		t.Errorf("written: %+v", mine)
	}
	products := "/products/" + id(line.ProductID)
	h.pass(t, s, mine.ID)
	one := "/reviews/" + id(mine.ID)
	call(4, http.StatusCreated, http.MethodPost, one+"/follow-up", map[string]any{"body": "又喝了一周，依旧好"})
	var list miniapi.ReviewList
	call(1, http.StatusOK, http.MethodGet, products+"/reviews?filter=good", nil).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].FollowUp != nil || list.Items[0].First.Body != "<script>alert(1)</script>很香" {
		t.Errorf("others see %+v", list)
	}
	var own miniapi.MyReviewList
	call(1, http.StatusOK, http.MethodGet, "/reviews", nil).into(t, &own)
	if len(own.Items) != 1 || own.Items[0].FollowUpStatus != "waiting" || own.Items[0].FollowUp == nil {
		t.Errorf("the author sees %+v", own)
	}
	other := h.client(s)
	eventually(t, "the product shows the review", func() bool { // its answer is kept until the news of the change is there
		var p miniapi.Product
		other.must(t, http.StatusOK, http.MethodGet, products, nil).into(t, &p)
		return p.Reviews.Total == 1 && p.Reviews.AverageHundredths == 400 && slices.Equal(p.Reviews.Scores, []int64{0, 0, 0, 1, 0})
	})
	call(2, http.StatusConflict, http.MethodPost, one+"/report", map[string]any{"reason": "abuse"}) // one's own
	call(4, http.StatusNoContent, http.MethodDelete, one, nil)
}
