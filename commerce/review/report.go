package review

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// DoubtReported is why a person has to look at what was reported too often.
const DoubtReported = "reported"

// maxReport is the most that a report says, characters.
const maxReport = 200

// ReportReasons are what a review may be reported for.
func ReportReasons() []string { return []string{"advertising", "abuse", "untrue", "privacy", "other"} }

// ReportInput is a member's word that a review should not be shown.
type ReportInput struct {
	ReviewID int64
	MemberID int64
	Reason   string // of ReportReasons
	Words    string // 0 to 200 characters
}

// Report is a report as staff see it.
type Report struct {
	MemberID int64
	Reason   string
	Words    string
	At       time.Time
}

// Report notes that a member thinks that a review should not be shown. With as many members as
// the shop says it is hidden until a person has decided. A member's second report of a review
// is no error and counts nothing. Opens a transaction. Faults: VALIDATION, NOT_FOUND for what
// others do not see, REVIEW_OWN.
func (s *Service) Report(ctx context.Context, id tenant.ID, in ReportInput) error {
	in.Words = strings.TrimSpace(in.Words)
	switch {
	case !slices.Contains(ReportReasons(), in.Reason):
		return fmt.Errorf("report review: %w", fault.Invalidf("reason", "is not a reason"))
	case !utf8.ValidString(in.Words) || strings.ContainsRune(in.Words, 0) || utf8.RuneCountInString(in.Words) > maxReport:
		return fmt.Errorf("report review: %w", fault.Invalidf("words", "must have at most %d characters", maxReport))
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.reportTx(ctx, tx, in) })
	if err != nil {
		return fmt.Errorf("report review: %w", err)
	}
	return nil
}

func (s *Service) reportTx(ctx context.Context, tx tenantdb.Tx, in ReportInput) error {
	r, err := s.lock(ctx, tx, in.ReviewID, 0)
	if err != nil {
		return err
	}
	if r.MemberID == in.MemberID {
		return ErrOwn
	}
	n, err := s.q.AddReport(ctx, tx, in.ReviewID, in.MemberID, in.Reason, in.Words, tx.Now())
	switch {
	case err != nil || n == 0:
		return err
	case r.First.Status != Published:
		return fault.ErrNotFound // and the report with it
	}
	if err := s.q.CountReport(ctx, tx, r.ID); err != nil {
		return err
	}
	terms, err := s.terms(ctx, tx)
	if err != nil || r.Reports+1 < terms.ReportLimit {
		return err
	}
	return s.move(ctx, tx, &r, First, EventReport, DoubtReported)
}

// Reports lists what members reported of a review, the latest first, at most 50.
func (s *Service) Reports(ctx context.Context, id tenant.ID, reviewID int64) (out []Report, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Reports(ctx, r, reviewID)
		for _, row := range rows {
			out = append(out, Report{MemberID: row.MemberID, Reason: row.Reason, Words: row.Words, At: row.At})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read reports of a review: %w", err)
	}
	return out, nil
}

// Keep leaves a reported review as it is: its reports are answered and count no more. What has
// none is no error. Opens a transaction. Faults: NOT_FOUND, REVIEW_STATE unless others see it.
func (s *Service) Keep(ctx context.Context, id tenant.ID, reviewID int64, actor string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		r, err := s.lock(ctx, tx, reviewID, 0)
		switch {
		case err != nil:
			return err
		case r.First.Status != Published:
			return ErrState.WithData(map[string]any{"status": r.First.Status})
		case r.Reports == 0:
			return nil
		}
		if err := s.q.ClearReports(ctx, tx, reviewID); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "keep", reviewID, audit.Entry{Before: map[string]any{"reports": r.Reports}, After: map[string]any{"reports": 0}})
	})
	if err != nil {
		return fmt.Errorf("keep review: %w", err)
	}
	return nil
}
