package review

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// maxReason is the longest reason for hiding, characters.
const maxReason = 100

// ActInput is what a member of staff does with a review's text.
type ActInput struct {
	ReviewID int64
	Part     Part
	Event    Event  // EventApprove, EventHide or EventShow
	Reason   string // 1 to 100 characters, for EventHide and EventShow
	Actor    string // "staff:3"
}

func (in ActInput) check() error {
	n := utf8.RuneCountInString(in.Reason)
	switch {
	case in.Event != EventApprove && in.Event != EventHide && in.Event != EventShow:
		return fault.Invalidf("event", "must be approve, hide or show")
	case in.Part != First && in.Part != FollowUp:
		return fault.Invalidf("part", "must be first or follow_up")
	case n > maxReason || !utf8.ValidString(in.Reason) || strings.ContainsRune(in.Reason, 0) || (n == 0 && in.Event != EventApprove):
		return fault.Invalidf("reason", "must have 1 to %d characters", maxReason)
	}
	return nil
}

// Act approves, hides or shows a text, with an entry in the audit log. Opens a transaction.
// Faults: VALIDATION on reason, NOT_FOUND, REVIEW_STATE.
func (s *Service) Act(ctx context.Context, id tenant.ID, in ActInput) error {
	in.Reason = strings.TrimSpace(in.Reason)
	if err := in.check(); err != nil {
		return fmt.Errorf("act on review: %w", err)
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		r, err := s.lock(ctx, tx, in.ReviewID, 0)
		if err != nil {
			return err
		}
		doubt, from := "", r.TextOf(in.Part).Status
		if in.Event == EventHide {
			doubt = in.Reason
		}
		if err := s.move(ctx, tx, &r, in.Part, in.Event, doubt); err != nil {
			return err
		}
		if r.Reports > 0 && in.Part == First {
			if err := s.q.ClearReports(ctx, tx, r.ID); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, in.Actor, string(in.Event), in.ReviewID, audit.Entry{
			Before: map[string]any{"status": string(from)}, After: map[string]any{"status": string(r.TextOf(in.Part).Status)},
			Detail: map[string]any{"part": string(in.Part), "reason": in.Reason, "spu_id": r.SPUID, "score": r.Score},
		})
	})
	if err != nil {
		return fmt.Errorf("act on review: %w", err)
	}
	return nil
}

// Reply answers a review in the shop's name, or changes the answer. The same words again are
// no error. Opens a transaction. Faults: VALIDATION on reply, NOT_FOUND, REVIEW_STATE unless
// others see the review.
func (s *Service) Reply(ctx context.Context, id tenant.ID, reviewID int64, reply, actor string) error {
	reply, err := checkText(reply, nil)
	if err != nil || reply == "" {
		return fmt.Errorf("reply to review: %w", fault.Invalidf("reply", "must have 1 to %d characters", MaxBody))
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		r, err := s.lock(ctx, tx, reviewID, 0)
		if err != nil {
			return err
		}
		switch {
		case r.First.Status != Published:
			return ErrState.WithData(map[string]any{"status": r.First.Status})
		case r.Reply == reply:
			return nil
		}
		if err := s.q.SetReply(ctx, tx, reply, actor, tx.Now(), reviewID); err != nil {
			return err
		}
		if err := s.changed(ctx, tx); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "reply", reviewID, audit.Entry{Before: map[string]any{"reply": r.Reply}, After: map[string]any{"reply": reply}})
	})
	if err != nil {
		return fmt.Errorf("reply to review: %w", err)
	}
	return nil
}

func (s *Service) record(ctx context.Context, tx tenantdb.Tx, actor, action string, reviewID int64, e audit.Entry) error {
	e.Actor, e.Action, e.Object = actor, "review."+action, "review:"+keyOf(reviewID)
	return s.d.Audit.RecordTx(ctx, tx, e)
}

// Terms returns the shop's rules.
func (s *Service) Terms(ctx context.Context, id tenant.ID) (out Terms, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		out, err = s.terms(ctx, r)
		return err
	})
	if err != nil {
		return Terms{}, fmt.Errorf("read terms of reviews: %w", err)
	}
	return out, nil
}

// SetTerms changes the shop's rules; what arrived before keeps its time. Opens a transaction.
// Faults: VALIDATION on review_days, follow_up_days and report_limit, NOT_FOUND for a shop without settings.
func (s *Service) SetTerms(ctx context.Context, id tenant.ID, in Terms, actor string) error {
	const mostReview, mostFollow, mostReports = 180, 365, 50
	switch {
	case in.ReviewDays < 1 || in.ReviewDays > mostReview:
		return fmt.Errorf("set terms of reviews: %w", fault.Invalidf("review_days", "must be 1 to %d", mostReview))
	case in.FollowUpDays < 1 || in.FollowUpDays > mostFollow:
		return fmt.Errorf("set terms of reviews: %w", fault.Invalidf("follow_up_days", "must be 1 to %d", mostFollow))
	case in.ReportLimit < 1 || in.ReportLimit > mostReports:
		return fmt.Errorf("set terms of reviews: %w", fault.Invalidf("report_limit", "must be 1 to %d", mostReports))
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		was, err := s.terms(ctx, tx)
		if err != nil {
			return err
		}
		n, err := s.q.SetTerms(ctx, tx, int32(in.ReviewDays), int32(in.FollowUpDays), in.Auto, in.Checks, int32(in.ReportLimit))
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "review.terms_set", Object: "shop", Before: was.fields(), After: in.fields()})
	})
	if err != nil {
		return fmt.Errorf("set terms of reviews: %w", err)
	}
	return nil
}

func (t Terms) fields() map[string]any {
	return map[string]any{"review_days": t.ReviewDays, "follow_up_days": t.FollowUpDays, "review_auto": t.Auto, "review_check": t.Checks, "report_limit": t.ReportLimit}
}
