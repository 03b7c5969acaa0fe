package delivery

import (
	"context"
	"fmt"
	"time"

	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// TimerLook is an order that WeChat is asked about: it was told that all is sent, and the order
// is not received here. The key is the order's number.
const TimerLook outbox.Topic = "delivery.look"

const (
	// LookEvery is how often WeChat is asked about an order that waits for its buyer. It counts
	// an express order as received on about the tenth day by itself.
	LookEvery = 3 * 24 * time.Hour
	// lookFor is for how long, from the last upload: no order waits longer than the longest
	// terms of a shop.
	lookFor = 90 * 24 * time.Hour
	// uploadsAgain is how often an upload that WeChat lost is repeated by itself.
	uploadsAgain = 2
)

// ProviderState is what WeChat holds of an order.
type ProviderState string

// The states, as WeChat's order_state numbers them from 1 on; unknown is a payment it does not know.
const (
	ProviderUnknown   ProviderState = "unknown"
	ProviderToShip    ProviderState = "to_ship"
	ProviderShipped   ProviderState = "shipped"
	ProviderConfirmed ProviderState = "confirmed" // its buyer, or time, says that it arrived
	ProviderDone      ProviderState = "done"
	ProviderRefunded  ProviderState = "refunded"
	ProviderSettling  ProviderState = "settling" // received; the money is about to be settled
)

// Received reports that WeChat counts the order as received.
func (s ProviderState) Received() bool {
	return s == ProviderConfirmed || s == ProviderDone || s == ProviderSettling
}

// Mismatch is how WeChat's word differs from ours so that somebody must look.
type Mismatch string

// The mismatches.
const (
	MismatchNone       Mismatch = ""
	MismatchNotShipped Mismatch = "not_shipped" // it does not keep what it is told
	MismatchReceived   Mismatch = "received"    // it counts the order as received, and something of it is not sent, or astray
	MismatchRefunded   Mismatch = "refunded"    // it counts the order as paid back, and here it goes on
)

// LookLaterTx has WeChat asked about an order in some days.
func (s *Service) LookLaterTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error {
	return s.d.Timers.Set(ctx, tx, TimerLook, orderNo, tx.Now().Add(LookEvery), map[string]string{"order_no": orderNo})
}

// NoteLookTx notes what WeChat said of an order. again has it asked once more in some days, as
// long as that can bring news.
func (s *Service) NoteLookTx(ctx context.Context, tx tenantdb.Tx, u Upload, said ProviderState, mismatch Mismatch, again bool) error {
	if err := s.q.NoteLook(ctx, tx, tx.Now(), string(said), string(mismatch), u.OrderNo); err != nil {
		return fmt.Errorf("note what the provider holds: %w", err)
	}
	if !again || u.UploadedAt == nil || tx.Now().Sub(*u.UploadedAt) > lookFor {
		return nil
	}
	return s.LookLaterTx(ctx, tx, u.OrderNo)
}

// UploadAgainTx has WeChat told anew what it does not have, some times by itself; false says
// that this was done often enough. The caller appends TopicUpload.
func (s *Service) UploadAgainTx(ctx context.Context, tx tenantdb.Tx, u Upload, said ProviderState) (bool, error) {
	n, err := s.q.UploadAgain(ctx, tx, tx.Now(), string(said), u.OrderNo, u.Version, uploadsAgain)
	if err != nil {
		return false, fmt.Errorf("upload again: %w", err)
	}
	return n == 1, nil
}
