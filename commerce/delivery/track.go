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

// Moved is a parcel whose state a courier's word may have changed.
type Moved struct {
	ParcelNo string
	State    State
	At       time.Time
}

// BeginTx follows a parcel's number; a number that was corrected begins anew. Safe to repeat.
func (s *Service) BeginTx(ctx context.Context, tx tenantdb.Tx, parcelNo, courier, number, phoneTail string) error {
	if err := s.q.BeginTrack(ctx, tx, parcelNo, courier, number, phoneTail, tx.Now()); err != nil {
		return fmt.Errorf("follow parcel: %w", err)
	}
	return nil
}

const maxText = 500

// ToldTx stores what a courier said of a number, each word once, and returns the parcels
// that bear it with the state they are in now.
func (s *Service) ToldTx(ctx context.Context, tx tenantdb.Tx, courier, number string, events []Event) ([]Moved, error) {
	if len(events) == 0 {
		return nil, nil
	}
	row := deliverydb.AddTrackEventsParams{Courier: courier, TrackingNo: number, Now: tx.Now()}
	newest := events[0]
	for _, e := range events {
		if text := []rune(e.Text); len(text) > maxText {
			e.Text = string(text[:maxText])
		}
		digest := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s\x00%s\x00%s", e.At.Unix(), e.State, e.Text, e.Place))
		row.Ats, row.States, row.Texts = append(row.Ats, e.At), append(row.States, string(e.State)), append(row.Texts, e.Text)
		row.Places, row.Digests = append(row.Places, e.Place), append(row.Digests, digest[:])
		if e.At.After(newest.At) {
			newest = e
		}
	}
	if err := s.q.AddTrackEvents(ctx, tx, row); err != nil {
		return nil, fmt.Errorf("store track: %w", err)
	}
	rows, err := s.q.MoveTracks(ctx, tx, tx.Now(), courier, number)
	if err != nil {
		return nil, fmt.Errorf("move tracks: %w", err)
	}
	moved := make([]Moved, len(rows))
	for i, r := range rows {
		moved[i] = Moved{ParcelNo: r.ParcelNo, State: State(r.State), At: newest.At}
	}
	return moved, nil
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
