package review

import (
	"context"
	"fmt"
	"slices"

	"galleria/commerce/review/internal/reviewdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// WriteInput is a review.
type WriteInput struct {
	LineID    int64
	MemberID  int64
	AppID     string // where it is written
	Score     int    // 1 to 5
	Anonymous bool
	Body      string // 0 to 500 characters
	Pictures  []string
}

// Write reviews a line of an order that arrived. The same words again are no error. Others see
// it once it passed the content check. Opens a transaction. Faults: VALIDATION, REVIEW_PICTURES,
// NOT_FOUND, REVIEW_CLOSED, REVIEW_WRITTEN.
func (s *Service) Write(ctx context.Context, id tenant.ID, in WriteInput) (out Review, err error) {
	if in.Body, err = checkText(in.Body, in.Pictures); err != nil {
		return Review{}, fmt.Errorf("write review: %w", err)
	}
	if in.Score < worst || in.Score > best {
		return Review{}, fmt.Errorf("write review: %w", fault.Invalidf("score", "must be %d to %d", worst, best))
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		out, err = s.writeTx(ctx, tx, in)
		return err
	})
	if err != nil {
		return Review{}, fmt.Errorf("write review: %w", err)
	}
	return out, nil
}

func (s *Service) writeTx(ctx context.Context, tx tenantdb.Tx, in WriteInput) (Review, error) {
	if err := s.ours(tx, in.Pictures); err != nil {
		return Review{}, err
	}
	row, err := s.q.LockLine(ctx, tx, in.LineID, in.MemberID)
	if tenantdb.NoRows(err) {
		return Review{}, fault.ErrNotFound
	}
	if err != nil {
		return Review{}, err
	}
	r := fromRow(row)
	switch {
	case r.First.Status != Open:
		return r, r.wasWritten(in)
	case !tx.Now().Before(r.Until):
		return Review{}, ErrLate
	}
	terms, err := s.terms(ctx, tx)
	if err != nil {
		return Review{}, err
	}
	nickname, err := s.d.Nickname(ctx, tx, in.MemberID)
	if err != nil {
		return Review{}, err
	}
	r.Score, r.Anonymous, r.Author = in.Score, in.Anonymous, authorOf(nickname, in.Anonymous)
	r.First.Body, r.First.Pictures, r.First.AppID = in.Body, in.Pictures, in.AppID
	return r, s.put(ctx, tx, &r, needsCheck(terms, in.Body, in.Pictures, r.Author))
}

// needsCheck reports whether there is anything that others would see, and that a check is to
// see first.
func needsCheck(terms Terms, body string, pictures []string, author string) bool {
	return terms.Checks && (body != "" || len(pictures) > 0 || author != "")
}

// wasWritten is the answer to a second review of a line.
func (r Review) wasWritten(in WriteInput) error {
	if r.First.Status == Deleted || r.Auto || r.Score != in.Score || r.First.Body != in.Body || r.Anonymous != in.Anonymous || !slices.Equal(r.First.Pictures, in.Pictures) {
		return ErrWritten
	}
	return nil
}

// put writes a locked review's first text.
func (s *Service) put(ctx context.Context, tx tenantdb.Tx, r *Review, check bool) error {
	event := EventPublish
	if check {
		event = EventWrite
	}
	before := *r
	to, err := Next(r.First.Status, event)
	if err != nil {
		return err
	}
	now := tx.Now()
	r.pictured, err = s.q.Write(ctx, tx, reviewdb.WriteParams{
		ToStatus: string(to), Score: int16(r.Score), Auto: r.Auto, Anonymous: r.Anonymous, Author: r.Author, AppID: r.First.AppID, Body: r.First.Body,
		Pictures: notNil(r.First.Pictures), At: now, ID: r.ID,
	})
	if err != nil {
		return conflict(err)
	}
	r.First.Status, r.First.At = to, &now
	if check {
		return s.d.Outbox.Append(ctx, tx, TopicCheck, keyOf(r.ID), CheckEvent{ReviewID: r.ID, Part: First})
	}
	if err := s.tally(ctx, tx, before, *r); err != nil {
		return err
	}
	return s.announce(ctx, tx, *r, First)
}

// FollowUpInput is what a buyer adds to a review.
type FollowUpInput struct {
	ReviewID int64
	MemberID int64
	AppID    string
	Body     string // with pictures, 0 to 500 characters, else at least one
	Pictures []string
}

// Follow adds to a review that others see, once. The same words again are no error. Opens a
// transaction. Faults: VALIDATION, REVIEW_PICTURES, NOT_FOUND, REVIEW_STATE, REVIEW_CLOSED,
// REVIEW_WRITTEN.
func (s *Service) Follow(ctx context.Context, id tenant.ID, in FollowUpInput) (out Review, err error) {
	if in.Body, err = checkText(in.Body, in.Pictures); err == nil && in.Body == "" && len(in.Pictures) == 0 {
		err = fault.Invalidf("body", "must not be empty without pictures")
	}
	if err != nil {
		return Review{}, fmt.Errorf("follow review up: %w", err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		out, err = s.followTx(ctx, tx, in)
		return err
	})
	if err != nil {
		return Review{}, fmt.Errorf("follow review up: %w", err)
	}
	return out, nil
}

func (s *Service) followTx(ctx context.Context, tx tenantdb.Tx, in FollowUpInput) (Review, error) {
	if err := s.ours(tx, in.Pictures); err != nil {
		return Review{}, err
	}
	r, err := s.lock(ctx, tx, in.ReviewID, in.MemberID)
	if err != nil {
		return Review{}, err
	}
	if r.FollowUp.Status != Open {
		if r.FollowUp.Body != in.Body || !slices.Equal(r.FollowUp.Pictures, in.Pictures) {
			return Review{}, ErrWritten
		}
		return r, nil
	}
	terms, err := s.terms(ctx, tx)
	if err != nil {
		return Review{}, err
	}
	now := tx.Now()
	switch {
	case r.First.Status != Published || r.Auto:
		return Review{}, ErrState.WithData(map[string]any{"status": r.First.Status})
	case !now.Before(r.First.At.Add(days(terms.FollowUpDays))):
		return Review{}, ErrLate
	}
	event := EventPublish
	if terms.Checks {
		event = EventWrite
	}
	to, err := Next(r.FollowUp.Status, event)
	if err != nil {
		return Review{}, err
	}
	before := r
	row, err := s.q.FollowUp(ctx, tx, string(to), in.AppID, in.Body, notNil(in.Pictures), now, r.ID)
	if err != nil {
		return Review{}, conflict(err)
	}
	r.pictured, r.followed = row.Pictured, row.Followed
	r.FollowUp = Text{Status: to, Body: in.Body, Pictures: in.Pictures, AppID: in.AppID, At: &now}
	if terms.Checks {
		return r, s.d.Outbox.Append(ctx, tx, TopicCheck, keyOf(r.ID), CheckEvent{ReviewID: r.ID, Part: FollowUp})
	}
	if err := s.tally(ctx, tx, before, r); err != nil {
		return Review{}, err
	}
	return r, s.announce(ctx, tx, r, FollowUp)
}

// Delete takes a member's review back with its follow-up and the reply to it; the line is not
// reviewed again. Repeating it is no error. Opens a transaction. Faults: NOT_FOUND.
func (s *Service) Delete(ctx context.Context, id tenant.ID, memberID, reviewID int64) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		r, err := s.lock(ctx, tx, reviewID, memberID)
		if err != nil || r.First.Status == Deleted {
			return err
		}
		after := r
		if after.First.Status, err = Next(r.First.Status, EventDelete); err != nil {
			return err
		}
		if err := s.q.Erase(ctx, tx, reviewID); err != nil {
			return err
		}
		if err := s.tally(ctx, tx, r, after); err != nil {
			return err
		}
		return s.erased(ctx, tx, r)
	})
	if err != nil {
		return fmt.Errorf("delete review: %w", err)
	}
	return nil
}

// erased has the pictures of reviews removed.
func (s *Service) erased(ctx context.Context, tx tenantdb.Tx, list ...Review) error {
	for _, r := range list {
		if pictures := slices.Concat(r.First.Pictures, r.FollowUp.Pictures); len(pictures) > 0 {
			if err := s.d.Outbox.Append(ctx, tx, TopicErased, keyOf(r.ID), ErasedEvent{Pictures: pictures}); err != nil {
				return err
			}
		}
	}
	return nil
}

// AutoTx is what the timer TimerAuto means: what nobody reviewed in time gets five points, if
// the shop wants it so.
func (s *Service) AutoTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	terms, err := s.terms(ctx, tx)
	if err != nil || !terms.Auto {
		return err
	}
	rows, err := s.q.LockOpen(ctx, tx, orderNo)
	if err != nil {
		return fmt.Errorf("review %s by itself: %w", orderNo, err)
	}
	for _, row := range rows {
		r := fromRow(row)
		if tx.Now().Before(r.Until) {
			continue
		}
		r.Score, r.Auto, r.Anonymous = best, true, true
		if err := s.put(ctx, tx, &r, false); err != nil {
			return fmt.Errorf("review %s by itself: %w", orderNo, err)
		}
	}
	return nil
}

// ours refuses pictures that were not uploaded here.
func (s *Service) ours(tx tenantdb.Tx, pictures []string) error {
	for _, p := range pictures {
		if !s.d.Pictures(tx, p) {
			return ErrPictures
		}
	}
	return nil
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
