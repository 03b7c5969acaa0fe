package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"galleria/commerce/delivery/internal/deliverydb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Topics about where parcels are; the key is the parcel's number, of TopicFollowAll the shop's.
const (
	// TopicFollow is a number to be subscribed at the tracking service.
	TopicFollow outbox.Topic = "delivery.follow"
	// TopicFollowAll is a shop that has begun to use its key: what is under way is followed.
	TopicFollowAll outbox.Topic = "delivery.follow_all"
	// TimerAsk asks about a parcel of which nothing was told for a day: pushes get lost.
	TimerAsk outbox.Topic = "delivery.ask"
	// TopicTracked is a parcel that was signed for, or comes back.
	TopicTracked outbox.Topic = "delivery.tracked"
)

// TrackedEvent is the payload of TopicTracked.
type TrackedEvent struct {
	ParcelNo   string    `json:"parcel_no"`
	Courier    string    `json:"courier"`
	TrackingNo string    `json:"tracking_no"`
	State      State     `json:"state"`
	At         time.Time `json:"at"`
}

type parcelEvent struct {
	ParcelNo string `json:"parcel_no"`
}

// FollowAllEvent is the payload of TopicFollowAll.
type FollowAllEvent struct {
	After string `json:"after"`
}

const (
	askEvery  = 24 * time.Hour
	askPause  = 30 * time.Minute    // between two questions about a number; the service locks it otherwise
	followFor = 45 * 24 * time.Hour // after which nobody asks any more
	followOld = 15 * 24 * time.Hour // parcels from before the key was there
	portion   = 200                 // parcels of one step of TopicFollowAll
)

// followTx has a number followed if the shop has a key. TimerAsk is set whatever becomes of
// the subscription.
func (s *Service) followTx(ctx context.Context, tx tenantdb.Tx, parcelNo string) error {
	on, err := s.q.TrackingOn(ctx, tx)
	if err != nil || !on {
		return err
	}
	return s.followsTx(ctx, tx, parcelNo)
}

func (s *Service) followsTx(ctx context.Context, tx tenantdb.Tx, parcelNo string) error {
	if err := s.d.Outbox.Append(ctx, tx, TopicFollow, parcelNo, parcelEvent{parcelNo}); err != nil {
		return err
	}
	return s.askLater(ctx, tx, parcelNo)
}

func (s *Service) askLater(ctx context.Context, tx tenantdb.Tx, parcelNo string) error {
	return s.d.Timers.Set(ctx, tx, TimerAsk, parcelNo, tx.Now().Add(askEvery), parcelEvent{parcelNo})
}

// FollowAllTx follows a portion of what is under way and unfollowed, and appends the next.
func (s *Service) FollowAllTx(ctx context.Context, tx tenantdb.Tx, after string) error {
	on, err := s.q.TrackingOn(ctx, tx)
	if err != nil || !on {
		return err
	}
	list, err := s.q.OpenTracks(ctx, tx, tx.Now().Add(-followOld), after, portion)
	if err != nil {
		return fmt.Errorf("follow what is under way: %w", err)
	}
	for _, no := range list {
		if err := s.followsTx(ctx, tx, no); err != nil {
			return err
		}
	}
	if len(list) < portion {
		return nil
	}
	return s.d.Outbox.Append(ctx, tx, TopicFollowAll, tx.TenantID().String(), FollowAllEvent{After: list[len(list)-1]})
}

// parcel is a track with the key by which it is asked about.
type parcel struct {
	track   deliverydb.TrackRow
	account deliverydb.TrackingKeyRow
}

func (p parcel) number() Number {
	courier, _ := CourierOf(p.track.Courier)
	return Number{Courier: courier, TrackingNo: p.track.TrackingNo, PhoneTail: p.track.PhoneTail}
}

// over reports that there is nothing more to learn of the parcel.
func (p parcel) over(now time.Time) bool {
	state := State(p.track.State)
	return state == Delivered || state == Returned || now.Sub(p.track.UpdatedAt) > followFor
}

// find reads a parcel and the shop's key. Faults: NOT_FOUND, TRACKING_OFF.
func (s *Service) find(ctx context.Context, id tenant.ID, parcelNo string) (p parcel, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		pipe := r.Pipeline()
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			p.track, err = s.q.Track(ctx, q, parcelNo)
			if tenantdb.NoRows(err) {
				return fault.ErrNotFound
			}
			return err
		})
		pipe.AddRead(func(q tenantdb.Querier) (err error) {
			p.account, err = s.q.TrackingKey(ctx, q)
			if tenantdb.NoRows(err) {
				return ErrTrackingOff
			}
			return err
		})
		return pipe.Run(ctx)
	})
	if err == nil && !p.account.Enabled {
		err = ErrTrackingOff
	}
	return p, err
}

// Follow subscribes a parcel's number at the tracking service. What no repeat would mend is
// noted where staff see it; anything else is returned, to be tried again. Safe to repeat.
// Opens a transaction, after the call.
func (s *Service) Follow(ctx context.Context, id tenant.ID, parcelNo string) error {
	p, err := s.find(ctx, id, parcelNo)
	if errors.Is(err, fault.ErrNotFound) || errors.Is(err, ErrTrackingOff) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("follow parcel %s: %w", parcelNo, err)
	}
	if p.track.SubscribedAt != nil || p.account.Error != "" || State(p.track.State) == Delivered {
		return nil
	}
	key, err := s.open(ctx, id, p.account)
	if err == nil {
		err = s.d.Tracker.Subscribe(ctx, key, p.number(), s.callbackURL(s.d.Tracker.Provider(), p.account.RouteKey))
	}
	ctx = context.WithoutCancel(ctx) // the service was told; noting so must not time out with it
	if err != nil {
		return s.refused(ctx, id, p, err)
	}
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		return s.q.FollowTrack(ctx, tx, tx.Now(), parcelNo, p.track.Courier, p.track.TrackingNo)
	})
}

// refused notes what the service said, if asking again would not mend it.
func (s *Service) refused(ctx context.Context, id tenant.ID, p parcel, cause error) error {
	badKey := errors.Is(cause, ErrTrackingKey)
	if !badKey && !errors.Is(cause, ErrTrackingNumber) && !errors.Is(cause, ErrTrackingNone) {
		return cause
	}
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if badKey {
			return s.q.FailTracking(ctx, tx, fault.CodeOf(cause), p.account.UpdatedAt)
		}
		return s.q.FailTrack(ctx, tx, fault.CodeOf(cause), tx.Now(), p.track.Courier, p.track.TrackingNo)
	})
}

// AskDue is what TimerAsk means: a parcel of which nothing was told lately is asked about, and
// subscribed if it is not. The timer is set anew until the parcel has arrived.
func (s *Service) AskDue(ctx context.Context, id tenant.ID, parcelNo string) error {
	p, err := s.find(ctx, id, parcelNo)
	if errors.Is(err, fault.ErrNotFound) || errors.Is(err, ErrTrackingOff) {
		return nil // switching it on sets the timers again
	}
	if err != nil {
		return fmt.Errorf("ask about parcel %s: %w", parcelNo, err)
	}
	now, again, err := s.askAgain(ctx, id, p)
	if err != nil || !again || p.account.Error != "" || (p.track.ToldAt != nil && now.Sub(*p.track.ToldAt) < askEvery) {
		return err
	}
	if p.track.SubscribedAt == nil && p.track.Error != fault.CodeOf(ErrTrackingNumber) {
		if err := s.Follow(ctx, id, parcelNo); err != nil {
			return err
		}
	}
	err = s.query(ctx, id, p)
	for _, known := range []error{ErrTrackingKey, ErrTrackingNumber, ErrTrackingNone, ErrTrackedLately} {
		if errors.Is(err, known) {
			return nil // noted; the timer asks again
		}
	}
	return err
}

// askAgain sets TimerAsk anew if there is more to learn of the parcel.
func (s *Service) askAgain(ctx context.Context, id tenant.ID, p parcel) (now time.Time, again bool, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		now = tx.Now()
		if again = !p.over(now); !again {
			return nil
		}
		return s.askLater(ctx, tx, p.track.ParcelNo)
	})
	return now, again, err
}

// Ask asks the tracking service about a parcel now, for a person who waits. Faults: NOT_FOUND,
// TRACKING_OFF, TRACKED_LATELY, and those of Tracker.Query.
func (s *Service) Ask(ctx context.Context, id tenant.ID, parcelNo string) error {
	p, err := s.find(ctx, id, parcelNo)
	if err != nil {
		return err
	}
	return s.query(ctx, id, p)
}

func (s *Service) query(ctx context.Context, id tenant.ID, p parcel) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.BeginAsk(ctx, tx, tx.Now(), p.track.ParcelNo, tx.Now().Add(-askPause))
		if err == nil && n == 0 {
			err = ErrTrackedLately
		}
		return err
	})
	if err != nil {
		return err
	}
	key, err := s.open(ctx, id, p.account)
	if err != nil {
		return err
	}
	events, err := s.d.Tracker.Query(ctx, key, p.number())
	ctx = context.WithoutCancel(ctx)
	if err != nil {
		if noted := s.refused(ctx, id, p, err); noted != nil {
			return noted
		}
		return err
	}
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		return s.ToldTx(ctx, tx, p.track.Courier, p.track.TrackingNo, events)
	})
}

// Heard takes what the tracking service sent to the address of routeKey. What it says is
// stored once, however often it comes; numbers that no parcel of the shop bears are dropped.
// Opens a transaction. Faults: NOT_FOUND for an address without a key, TRACKING_SIGNATURE,
// TRACKING_NEWS.
func (s *Service) Heard(ctx context.Context, id tenant.ID, routeKey string, body []byte) error {
	row, err := s.account(ctx, id)
	if tenantdb.NoRows(err) || (err == nil && row.RouteKey != routeKey) {
		return fault.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("hear of a parcel: %w", err)
	}
	salt, err := s.d.Vault.Open(ctx, trackingField(id, routeKey, trackingSalt), row.SaltSealed)
	if err != nil {
		return fmt.Errorf("hear of a parcel: %w", err)
	}
	news, err := s.d.Tracker.Read(salt, body)
	if err != nil {
		return err
	}
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.ToldTx(ctx, tx, news.Courier, news.TrackingNo, news.Events); err != nil {
			return err
		}
		if !news.Ended || news.Problem == "" {
			return nil
		}
		return s.q.EndTrack(ctx, tx, clip(news.Problem), tx.Now(), news.Courier, news.TrackingNo)
	})
}

// Answer is what the tracking service hears for what it sent.
func (s *Service) Answer(err error) (contentType string, body []byte) { return s.d.Tracker.Answer(err) }
