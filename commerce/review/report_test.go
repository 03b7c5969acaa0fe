package review_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"galleria/commerce/review"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

func (s *shop) report(reviewID, memberID int64) error {
	return s.reviews.Report(s.t.Context(), s.Tenant.ID, review.ReportInput{ReviewID: reviewID, MemberID: memberID, Reason: "abuse", Words: " 骂人 "})
}

func (s *shop) get(id int64) review.Review {
	s.t.Helper()
	r, err := s.reviews.Get(s.t.Context(), s.Tenant.ID, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// TestReportsHideAReview: members who report count once each, also at the same time; with the
// third the review is hidden and no longer counted, and staff decide for good.
func TestReportsHideAReview(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	author := s.newMember("小明")
	_, lines := s.arrived(author, 7)
	r := s.published(author, lines[0], 1)
	var reporters []int64
	for range 5 {
		reporters = append(reporters, s.newMember(""))
	}
	if err := s.report(r.ID, author); !errors.Is(err, review.ErrOwn) {
		t.Errorf("one's own: %v", err)
	}
	for _, bad := range []review.ReportInput{
		{ReviewID: r.ID, MemberID: reporters[0], Reason: "dislike"},
		{ReviewID: r.ID, MemberID: reporters[0], Reason: "abuse", Words: strings.Repeat("长", 201)},
		{ReviewID: r.ID, MemberID: reporters[0], Reason: "abuse", Words: "\x00"},
	} {
		if err := s.reviews.Report(t.Context(), s.Tenant.ID, bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	var all sync.WaitGroup
	for range 4 {
		for _, m := range reporters[:2] {
			all.Go(func() {
				if err := s.report(r.ID, m); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if got := s.get(r.ID); got.Reports != 2 || got.First.Status != review.Published {
		t.Fatalf("after two: %d, %s", got.Reports, got.First.Status)
	}
	if err := s.reviews.Keep(t.Context(), s.Tenant.ID, r.ID, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if err := s.report(r.ID, reporters[0]); err != nil { // again: no error, and no count
		t.Fatal(err)
	}
	if got := s.get(r.ID); got.Reports != 0 {
		t.Fatalf("%d reports after they were answered", got.Reports)
	}
	if err := s.reviews.SetTerms(t.Context(), s.Tenant.ID, review.Terms{ReviewDays: 30, FollowUpDays: 180, Checks: true, ReportLimit: 2}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	for _, m := range reporters[2:4] {
		if err := s.report(r.ID, m); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.get(r.ID); got.First.Status != review.Flagged || got.First.Doubt != review.DoubtReported {
		t.Fatalf("after the limit: %s %s", got.First.Status, got.First.Doubt)
	}
	if sum, err := s.reviews.SummaryOf(t.Context(), s.Tenant.ID, 7); err != nil || sum.Total != 0 || s.off() != 0 {
		t.Errorf("the summary counts %d, %d off, %v", sum.Total, s.off(), err)
	}
	if err := s.report(r.ID, reporters[4]); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("what nobody sees: %v", err)
	}
	if err := s.reviews.Keep(t.Context(), s.Tenant.ID, r.ID, "staff:1"); !errors.Is(err, review.ErrState) {
		t.Errorf("keep what is hidden: %v", err)
	}
	act := review.ActInput{ReviewID: r.ID, Part: review.First, Event: review.EventApprove, Actor: "staff:1"}
	if err := s.reviews.Act(t.Context(), s.Tenant.ID, act); err != nil {
		t.Fatal(err)
	}
	if got := s.get(r.ID); got.Reports != 0 || got.First.Status != review.Published || s.off() != 0 {
		t.Errorf("after approval: %d, %s, %d off", got.Reports, got.First.Status, s.off())
	}
	if list, err := s.reviews.Reports(t.Context(), s.Tenant.ID, r.ID); err != nil || len(list) != 4 || list[0].Words != "骂人" {
		t.Errorf("reports: %+v, %v", list, err)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error { return s.reviews.ForgetMemberTx(t.Context(), tx, reporters[3]) })
	if n := s.count("SELECT count(*) FROM review_report WHERE member_id = $1", reporters[3]); n != 0 {
		t.Errorf("%d reports of a member who left", n)
	}
}
