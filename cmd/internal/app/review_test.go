package app_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/commerce/order"
	"galleria/commerce/review"
	"galleria/tenant/tenantdb"
)

// reviewed lets an order arrive, and its buyer review it; others see it.
func (t *twin) reviewed(orderNo string) (line, reviewID int64) {
	w, ctx := t.w, t.w.t.Context()
	w.t.Helper()
	var memberID int64
	err := w.DB.InTenant(ctx, t.shop.ID, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE orders SET status = 'completed', settlement = 'window', test = false, paid_at = now(), received_at = now(), settle_by = now() + interval '7 days' WHERE order_no = $1", orderNo)
		if err != nil {
			return err
		}
		got, err := w.Orders.ArrivedTx(ctx, tx, orderNo)
		if err != nil {
			return err
		}
		line, memberID = got.Lines[0].LineID, got.MemberID
		return w.Reviews.InviteTx(ctx, tx, orderNo, memberID, got.At, []review.Line{review.Line(got.Lines[0])})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	written, err := w.Reviews.Write(ctx, t.shop.ID, review.WriteInput{LineID: line, MemberID: memberID, AppID: t.shop.appID, Score: 5, Body: "很好"})
	if err == nil {
		err = w.DB.InTenant(ctx, t.shop.ID, func(tx tenantdb.Tx) error {
			return w.Reviews.JudgeTx(ctx, tx, written.ID, review.First, review.Verdict{Pass: true})
		})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return line, written.ID
}

// TestReviewsPassTheContentCheck: what a buyer writes is checked by WeChat before others see
// it. While WeChat is down it waits; what WeChat doubts waits for a person.
func TestReviewsPassTheContentCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("reviews", 20)
	b := w.login(s, "小明")
	var placed []string
	for range 3 {
		no := b.order(1).OrderNo
		b.pay(no)
		b.waitFor(no, "paid", 20*time.Second)
		if _, err := w.Orders.Ship(t.Context(), s.ID, order.ShipInput{OrderNo: no, Courier: "sf", TrackingNo: "SF1234567890" + itoa(int64(100+len(placed))), Actor: "staff:1"}); err != nil {
			t.Fatal(err)
		}
		b.must(http.StatusOK, http.MethodPost, "/orders/"+no+"/receive", nil, nil)
		placed = append(placed, no)
	}
	var todo struct {
		Items []struct {
			LineID    int64 `json:"line_id"`
			ProductID int64 `json:"product_id"`
		}
	}
	eventually(t, 20*time.Second, "three lines to review", func() bool {
		b.must(http.StatusOK, http.MethodGet, "/reviews/pending", nil, &todo)
		return len(todo.Items) == 3
	})
	w.control("/_control/faults", map[string]any{"target": "content", "mode": "http_500", "count": 1}, http.StatusOK, nil)
	for i, body := range []string{"很香，会回购", "加微信领红包", "一般般"} {
		in := map[string]any{"line_id": todo.Items[i].LineID, "score": 5 - i, "body": body}
		b.must(http.StatusCreated, http.MethodPost, "/reviews", in, nil)
	}
	status := func(body string) (status string) {
		w.scan(s, "SELECT status || ' ' || doubt FROM review WHERE body = $1", []any{body}, &status)
		return status
	}
	eventually(t, 60*time.Second, "the checks", func() bool {
		return status("很香，会回购") == "published " && status("加微信领红包") == "flagged 10001" && status("一般般") == "published "
	})
	var product struct {
		Reviews struct {
			Total int64
			Avg   int64 `json:"average_hundredths"`
		}
	}
	eventually(t, 10*time.Second, "the product to tell it", func() bool {
		b.must(http.StatusOK, http.MethodGet, "/products/"+itoa(todo.Items[0].ProductID), nil, &product)
		return product.Reviews.Total == 2 && product.Reviews.Avg == 400
	})
}
