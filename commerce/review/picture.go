package review

import (
	"context"
	"fmt"
	"time"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// PictureWait is how long a verdict on pictures is waited for: the provider promises half an
// hour.
const PictureWait = 40 * time.Minute

// DoubtSilent is why a person has to look at pictures on which no verdict came.
const DoubtSilent = "silent"

// AskedTx notes that the provider was asked about a picture, and that it is not waited for
// longer than PictureWait. Safe to repeat.
func (s *Service) AskedTx(ctx context.Context, tx tenantdb.Tx, c Check, picture, trace string) error {
	if err := s.q.AskPicture(ctx, tx, trace, c.AppID, c.ReviewID, string(c.Part), picture, tx.Now()); err != nil {
		return fmt.Errorf("note a picture's check: %w", err)
	}
	key := keyOf(c.ReviewID) + "/" + string(c.Part)
	if err := s.d.Timers.Set(ctx, tx, TimerPictures, key, tx.Now().Add(PictureWait), CheckEvent{ReviewID: c.ReviewID, Part: c.Part}); err != nil {
		return err
	}
	return s.settleTx(ctx, tx, c.ReviewID, c.Part) // the verdict may have been faster
}

// HearPicture takes the provider's verdict on a picture. Repeating it is no error, nor is one
// on a picture that nobody waits for. Opens a transaction.
func (s *Service) HearPicture(ctx context.Context, id tenant.ID, appID, trace string, v Verdict) error {
	word, label := "pass", ""
	if !v.Pass {
		word, label = "doubt", v.Doubt
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		rows, err := s.q.HearPicture(ctx, tx, trace, appID, tx.Now(), word, label)
		if err != nil || len(rows) == 0 {
			return err
		}
		if rows[0].ReviewID == 0 {
			const keep = 24 * time.Hour
			return s.q.DropStrayPictures(ctx, tx, tx.Now().Add(-keep))
		}
		return s.settleTx(ctx, tx, rows[0].ReviewID, Part(rows[0].Part))
	})
	if err != nil {
		return fmt.Errorf("hear of a picture: %w", err)
	}
	return nil
}

// settleTx decides a text once its pictures are. Verdicts of the same review come here one
// after the other: its row is locked.
func (s *Service) settleTx(ctx context.Context, tx tenantdb.Tx, reviewID int64, part Part) error {
	r, err := s.lock(ctx, tx, reviewID, 0)
	if err != nil {
		return err
	}
	text := r.TextOf(part)
	if text.Status == Waiting {
		found, err := s.q.PictureVerdicts(ctx, tx, reviewID, string(part))
		if err != nil {
			return err
		}
		switch {
		case found.Doubted > 0 && found.Label == "":
			err = s.move(ctx, tx, &r, part, EventDoubt, DoubtPictures)
		case found.Doubted > 0:
			err = s.move(ctx, tx, &r, part, EventDoubt, found.Label)
		case found.Passed == int64(len(text.Pictures)):
			err = s.move(ctx, tx, &r, part, EventPass, "")
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
	return s.q.DropPictures(ctx, tx, reviewID, string(part))
}

// SilentTx is what the timer TimerPictures means: who still waits for a verdict on pictures
// waits for a person from now on.
func (s *Service) SilentTx(ctx context.Context, tx tenantdb.Tx, reviewID int64, part Part) error {
	if err := s.JudgeTx(ctx, tx, reviewID, part, Verdict{Doubt: DoubtSilent}); err != nil {
		return err
	}
	return s.q.DropPictures(ctx, tx, reviewID, string(part))
}
