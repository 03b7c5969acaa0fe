package miniprogram

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"galleria/tenant"
)

// ShippingHeld is what WeChat holds of a payment's shipping.
type ShippingHeld struct {
	// State is WeChat's order_state: 1 to ship, 2 shipped, 3 receipt confirmed, 4 done, 5
	// refunded, 6 about to be settled; 0 is a payment that it does not know.
	State       int
	Complete    bool // it was told that everything is sent
	TrackingNos []string
}

// Has reports whether WeChat holds all that an upload would tell it.
func (h ShippingHeld) Has(in Shipping) bool {
	if h.State < 2 || h.Complete != in.Complete {
		return false
	}
	return !slices.ContainsFunc(named(in.Parcels), func(p Parcel) bool {
		return p.TrackingNo != "" && !slices.Contains(h.TrackingNos, p.TrackingNo)
	})
}

// notKnown is a payment that WeChat's order management does not know.
const notKnown = 10060001

// ShippingOf asks WeChat what it holds of a payment (get_order). An unknown payment is State 0
// and no error. Faults: those of every call with a token.
func (s *Service) ShippingOf(ctx context.Context, id tenant.ID, app tenant.AppID, transactionID string) (ShippingHeld, error) {
	cred, err := s.openWeChat(ctx, id, app)
	if err != nil {
		return ShippingHeld{}, err
	}
	var answer struct {
		Order struct {
			State    int `json:"order_state"`
			Shipping struct {
				Finished bool `json:"finish_shipping"`
				List     []struct {
					TrackingNo string `json:"tracking_no"`
				} `json:"shipping_list"`
			} `json:"shipping"`
		} `json:"order"`
	}
	err = s.withToken(ctx, id, cred, app, request{
		api: "get_order", method: http.MethodPost, base: cred.base, path: "/wxa/sec/order/get_order", body: map[string]any{"transaction_id": transactionID},
	}, &answer)
	if refusal, ok := errors.AsType[*RefusalError](err); ok && refusal.Code == notKnown {
		return ShippingHeld{}, nil
	}
	if err != nil {
		return ShippingHeld{}, err
	}
	held := ShippingHeld{State: answer.Order.State, Complete: answer.Order.Shipping.Finished}
	if held.State < 1 || held.State > 6 {
		return ShippingHeld{}, ErrBadResponse.Because(errors.New("get_order: an unknown order_state"))
	}
	for _, p := range answer.Order.Shipping.List {
		held.TrackingNos = append(held.TrackingNos, p.TrackingNo)
	}
	return held, nil
}

// ShippingSpent reports that WeChat takes no other version of a payment's shipping: whether it
// holds the one it was told must be asked.
func ShippingSpent(err error) bool {
	refusal, ok := errors.AsType[*RefusalError](err)
	return ok && refusal.Code == 10060003
}
