package review

import (
	"context"
	"fmt"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Verdict is what a content check found.
type Verdict struct {
	Pass  bool
	Doubt string // without Pass, why: a label of the provider's, or a word of ours
}

// Words of ours for why a person has to look.
const (
	DoubtUncheckable = "uncheckable" // nobody checks texts of this app, or of this writer any more
	DoubtPictures    = "pictures"    // nobody judges them for this app, or could not
)

// Check is a text that is to be checked.
type Check struct {
	ReviewID int64
	Part     Part
	MemberID int64
	AppID    string
	Author   string
	Body     string
	Pictures []string
	Asked    []string // of Pictures, what the provider was asked about
}

// Words is what of it is checked as a text; empty if there is nothing but pictures.
func (c Check) Words() string {
	if c.Body == "" {
		return c.Author
	}
	return c.Body
}

// ToCheck returns what is to be checked; found is false once that is decided.
func (s *Service) ToCheck(ctx context.Context, id tenant.ID, reviewID int64, part Part) (out Check, found bool, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		row, err := s.q.Find(ctx, r, reviewID)
		if err != nil {
			return err
		}
		rev := fromRow(row)
		text := rev.TextOf(part)
		if found = text.Status == Waiting; !found {
			return nil
		}
		out = Check{ReviewID: reviewID, Part: part, MemberID: rev.MemberID, AppID: text.AppID, Author: rev.Author, Body: text.Body, Pictures: text.Pictures}
		if len(out.Pictures) > 0 {
			out.Asked, err = s.q.AskedPictures(ctx, r, reviewID, string(part))
		}
		return err
	})
	if tenantdb.NoRows(err) {
		return Check{}, false, nil
	}
	if err != nil {
		return Check{}, false, fmt.Errorf("read what is to be checked: %w", err)
	}
	return out, found, nil
}

// JudgeTx tells what the check of a text found. One that is decided stays so.
func (s *Service) JudgeTx(ctx context.Context, tx tenantdb.Tx, reviewID int64, part Part, v Verdict) error {
	r, err := s.lock(ctx, tx, reviewID, 0)
	if err != nil {
		return fmt.Errorf("judge review %d: %w", reviewID, err)
	}
	if r.TextOf(part).Status != Waiting {
		return nil
	}
	event, doubt := EventPass, ""
	if !v.Pass {
		event, doubt = EventDoubt, v.Doubt
	}
	return s.move(ctx, tx, &r, part, event, doubt)
}
