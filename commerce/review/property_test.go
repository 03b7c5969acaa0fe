package review_test

import (
	"testing"

	"pgregory.net/rapid"

	"galleria/commerce/review"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// TestAnyHistoryIsAddedUp: whatever is written, judged, hidden, shown, followed up, taken back
// and forgotten, in whatever order, the summaries equal a recount.
func TestAnyHistoryIsAddedUp(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx, id := t.Context(), s.Tenant.ID
	rapid.Check(t, func(rt *rapid.T) {
		buyer := s.newMember("")
		_, lines := s.arrived(buyer, 7, 8, 7)
		var ids []int64
		ok := func(err error) {
			if err != nil && fault.KindOf(err) == fault.Internal {
				rt.Fatal(err)
			}
		}
		for range rapid.IntRange(3, 14).Draw(rt, "steps") {
			pictures := []string{"/media/shop/a.jpg"}[:rapid.IntRange(0, 1).Draw(rt, "pictures")]
			part := rapid.SampledFrom([]review.Part{review.First, review.FollowUp}).Draw(rt, "part")
			if len(ids) == 0 || rapid.IntRange(0, 3).Draw(rt, "write") == 0 {
				r, err := s.write(review.WriteInput{LineID: rapid.SampledFrom(lines).Draw(rt, "line"), MemberID: buyer, Score: rapid.IntRange(1, 5).Draw(rt, "score"), Body: "好", Pictures: pictures})
				if ok(err); err == nil {
					ids = append(ids, r.ID)
				}
				continue
			}
			at := rapid.SampledFrom(ids).Draw(rt, "review")
			switch rapid.IntRange(0, 7).Draw(rt, "act") {
			case 0, 1:
				ok(s.judge(at, part, review.Verdict{Pass: true}))
			case 2:
				ok(s.judge(at, part, review.Verdict{Doubt: "10001"}))
			case 3:
				_, err := s.reviews.Follow(ctx, id, review.FollowUpInput{ReviewID: at, MemberID: buyer, Body: "追加", Pictures: pictures})
				ok(err)
			case 4, 5:
				event := rapid.SampledFrom([]review.Event{review.EventApprove, review.EventHide, review.EventShow}).Draw(rt, "event")
				ok(s.reviews.Act(ctx, id, review.ActInput{ReviewID: at, Part: part, Event: event, Reason: "核实", Actor: "staff:1"}))
			case 6:
				ok(s.reviews.Delete(ctx, id, buyer, at))
			case 7:
				ok(s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.reviews.ForgetMemberTx(ctx, tx, buyer) }))
			}
		}
		if n := s.off(); n != 0 {
			rt.Fatalf("%d summaries differ from a recount", n)
		}
	})
}

func TestSummaryFigures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scores        [5]int64
		average, good int64
	}{
		{},
		{scores: [5]int64{0, 0, 0, 0, 1}, average: 500, good: 10000},
		{scores: [5]int64{1, 0, 0, 1, 1}, average: 333, good: 6666},
		{scores: [5]int64{0, 0, 0, 1, 2}, average: 467, good: 10000},
		{scores: [5]int64{3, 0, 0, 0, 0}, average: 100},
	} {
		sum := review.Summary{Scores: c.scores}
		for _, n := range c.scores {
			sum.Total += n
		}
		if got := sum.AverageHundredths(); got != c.average {
			t.Errorf("%v: average %d, want %d", c.scores, got, c.average)
		}
		if got := sum.GoodBPS(); got != c.good {
			t.Errorf("%v: good %d, want %d", c.scores, got, c.good)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx, id := t.Context(), s.Tenant.ID
	buyer := s.newMember("小雨")
	seen := map[int64]bool{}
	for i := range 5 {
		_, lines := s.arrived(buyer, 7)
		s.published(buyer, lines[0], i+1)
	}
	cursor := ""
	for range 3 {
		page, err := s.reviews.OfProduct(ctx, id, 7, review.ListInput{Limit: 2, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Items {
			if seen[r.ID] || r.Author != "小雨" {
				t.Errorf("%d twice, or by %q", r.ID, r.Author)
			}
			seen[r.ID] = true
		}
		cursor = page.Next
	}
	if len(seen) != 5 || cursor != "" {
		t.Errorf("saw %d, then %q", len(seen), cursor)
	}
	for _, bad := range []string{"x", "1.", ".1", "-1.1", "1.-1", "zzzzzzzzzzzzzzzz.1", "1.1.1"} {
		if _, err := s.reviews.OfProduct(ctx, id, 7, review.ListInput{Cursor: bad}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("cursor %q: %v", bad, err)
		}
	}
	if _, err := s.reviews.OfProduct(ctx, id, 7, review.ListInput{Filter: "x"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an unknown filter: %v", err)
	}
}
