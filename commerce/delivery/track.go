package delivery

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"galleria/commerce/delivery/internal/deliverydb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// State is where a parcel is, whoever tells it.
type State string

// The states.
const (
	Accepted       State = "accepted"
	Transit        State = "transit"
	OutForDelivery State = "out_for_delivery"
	Delivered      State = "delivered"
	Exception      State = "exception"
	Returned       State = "returned"
)

// Event is what a courier said of a number.
type Event struct {
	At    time.Time
	State State
	Text  string
	Place string
}

// Track is where a parcel is and how it came there, newest first.
type Track struct {
	State  State // empty: nothing was told yet
	Events []Event
}

// BeginTx follows a parcel's number; a number that was corrected begins anew. Safe to repeat.
func (s *Service) BeginTx(ctx context.Context, tx tenantdb.Tx, parcelNo, courier, number, phoneTail string) error {
	if err := s.q.BeginTrack(ctx, tx, parcelNo, courier, number, phoneTail, tx.Now()); err != nil {
		return fmt.Errorf("follow parcel: %w", err)
	}
	if err := s.followTx(ctx, tx, parcelNo); err != nil {
		return fmt.Errorf("follow parcel: %w", err)
	}
	return nil
}

const maxText = 500

func clip(text string) string {
	if runes := []rune(text); len(runes) > maxText {
		return string(runes[:maxText])
	}
	return text
}

// ToldTx stores what a courier said of a number, each word once, oldest first, and moves the
// parcels that bear it to the state of the newest word. One that was signed for, or comes
// back, is announced by TopicTracked. Numbers that no parcel bears are dropped.
func (s *Service) ToldTx(ctx context.Context, tx tenantdb.Tx, courier, number string, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	before, err := s.q.LockTracks(ctx, tx, courier, number)
	if err != nil {
		return fmt.Errorf("lock tracks: %w", err)
	}
	if len(before) == 0 {
		return nil
	}
	row := deliverydb.AddTrackEventsParams{Courier: courier, TrackingNo: number, Now: tx.Now()}
	for _, e := range events {
		e.Text, e.Place = clip(e.Text), clip(e.Place)
		digest := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s\x00%s\x00%s", e.At.Unix(), e.State, e.Text, e.Place))
		row.Ats, row.States, row.Texts = append(row.Ats, e.At), append(row.States, string(e.State)), append(row.Texts, e.Text)
		row.Places, row.Digests = append(row.Places, e.Place), append(row.Digests, digest[:])
	}
	if err := s.q.AddTrackEvents(ctx, tx, row); err != nil {
		return fmt.Errorf("store track: %w", err)
	}
	rows, err := s.q.MoveTracks(ctx, tx, tx.Now(), courier, number)
	if err != nil {
		return fmt.Errorf("move tracks: %w", err)
	}
	was := map[string]string{}
	for _, b := range before {
		was[b.ParcelNo] = b.State
	}
	for _, r := range rows {
		if state := State(r.State); r.State != was[r.ParcelNo] && (state == Delivered || state == Returned) {
			if err := s.d.Outbox.Append(ctx, tx, TopicTracked, r.ParcelNo, TrackedEvent{
				ParcelNo: r.ParcelNo, Courier: courier, TrackingNo: number, State: state, At: r.At,
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Tracks returns what is known of parcels; one without word is absent. One statement.
func (s *Service) Tracks(ctx context.Context, id tenant.ID, parcelNos []string) (map[string]Track, error) {
	tracks := map[string]Track{}
	if len(parcelNos) == 0 {
		return tracks, nil
	}
	err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.TrackEvents(ctx, r, parcelNos)
		for _, row := range rows {
			t := tracks[row.ParcelNo]
			t.State = State(row.ParcelState)
			t.Events = append(t.Events, Event{At: row.At, State: State(row.State), Text: row.Text, Place: row.Place})
			tracks[row.ParcelNo] = t
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read tracks: %w", err)
	}
	return tracks, nil
}
