package sandbox

import "net/http"

type shippingLookBody struct {
	TransactionID string `json:"transaction_id"`
	MchID         string `json:"merchant_id"`
	OutTradeNo    string `json:"merchant_trade_no"`
}

// heldOrder is the order of an answer of get_order.
type heldOrder struct {
	TransactionID string       `json:"transaction_id"`
	OutTradeNo    string       `json:"merchant_trade_no"`
	MchID         string       `json:"merchant_id"`
	OpenID        string       `json:"openid"`
	State         int          `json:"order_state"`
	Shipping      heldShipping `json:"shipping"`
}

type heldShipping struct {
	LogisticsType int          `json:"logistics_type"`
	Finished      bool         `json:"finish_shipping"`
	List          []heldParcel `json:"shipping_list"`
}

type heldParcel struct {
	TrackingNo string `json:"tracking_no"`
}

type shippingLookAnswer struct {
	ErrCode int       `json:"errcode"`
	ErrMsg  string    `json:"errmsg"`
	Order   heldOrder `json:"order"`
}

// The states of an order, as get_order numbers them.
const (
	orderToShip    = 1
	orderShipped   = 2
	orderConfirmed = 3
	orderRefunded  = 5
	orderSettling  = 6
)

// shippingHeld is POST /wxa/sec/order/get_order.
func (s *Server) shippingHeld(r *http.Request, body []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.checkToken(r)
	if err != nil {
		return nil, err
	}
	var in shippingLookBody
	fields := []field{{name: "transaction_id", kind: kindString}, {name: "merchant_id", kind: kindString}, {name: "merchant_trade_no", kind: kindString}}
	if err := decodeMini(body, fields, &in); err != nil {
		return nil, err
	}
	key := pair{in.MchID, in.OutTradeNo}
	if in.TransactionID != "" {
		key = s.books.byTransaction[in.TransactionID]
	}
	c, ok := s.books.charges[key]
	if !ok || c.AppID != app.AppID || c.PaidAt.IsZero() {
		return nil, miniRefusal(10060001)
	}
	ship := s.books.shipments[c.TransactionID]
	out := heldOrder{TransactionID: c.TransactionID, OutTradeNo: c.OutTradeNo, MchID: c.MchID, OpenID: c.OpenID, State: orderToShip}
	out.Shipping = heldShipping{LogisticsType: ship.LogisticsType, Finished: ship.Complete, List: []heldParcel{}}
	for _, no := range ship.TrackingNo {
		out.Shipping.List = append(out.Shipping.List, heldParcel{no})
	}
	switch {
	case c.RefundedFen == c.TotalFen:
		out.State = orderRefunded
	case ship.Complete && ship.Received != 0:
		out.State = ship.Received
	case ship.Complete:
		out.State = orderShipped
	}
	return shippingLookAnswer{ErrMsg: "ok", Order: out}, nil
}

// ShippingChange is what befalls the shipping information of a payment at the provider.
type ShippingChange struct {
	TransactionID string `json:"transaction_id"`
	// Received is the order_state that a buyer's word, or time, brings it to: 3 or 6; 0 keeps it.
	Received int `json:"received,omitempty"`
	// Lost has the provider forget what it was told.
	Lost bool `json:"lost,omitempty"`
}

// ChangeShipping has the provider count an order as received, or forget its shipping information.
func (s *Server) ChangeShipping(in ShippingChange) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ship, ok := s.books.shipments[in.TransactionID]
	switch {
	case !ok:
		return badControl(http.StatusNotFound, "NOT_FOUND", "no shipping information of %q", in.TransactionID)
	case in.Received != 0 && in.Received != orderConfirmed && in.Received != orderSettling:
		return badControl(http.StatusBadRequest, "INVALID", "received must be %d or %d", orderConfirmed, orderSettling)
	}
	ship.Received = in.Received
	if in.Lost {
		ship = Shipment{AppID: ship.AppID, MchID: ship.MchID, OutTradeNo: ship.OutTradeNo, TransactionID: ship.TransactionID, OpenID: ship.OpenID}
	}
	return s.commit(entry{Shipment: &ship})
}
