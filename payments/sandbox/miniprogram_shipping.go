package sandbox

import (
	"net/http"
	"time"
	"unicode/utf8"
)

// Shipment is the shipping information of a payment.
type Shipment struct {
	AppID         string    `json:"app_id"`
	MchID         string    `json:"mchid"`
	OutTradeNo    string    `json:"out_trade_no"`
	TransactionID string    `json:"transaction_id"`
	OpenID        string    `json:"openid"`
	LogisticsType int       `json:"logistics_type"`
	TrackingNo    []string  `json:"tracking_no,omitempty"`
	Complete      bool      `json:"complete"` // everything has been shipped
	UploadTime    time.Time `json:"upload_time"`
	Uploads       int       `json:"uploads"` // the second upload after completion is the only re-ship
	BodyDigest    string    `json:"body_digest"`
	Received      int       `json:"received,omitempty"` // order_state once its buyer, or time, has confirmed it
}

type shippingBody struct {
	OrderKey struct {
		Type          int    `json:"order_number_type"`
		TransactionID string `json:"transaction_id"`
		MchID         string `json:"mchid"`
		OutTradeNo    string `json:"out_trade_no"`
	} `json:"order_key"`
	LogisticsType  int              `json:"logistics_type"`
	DeliveryMode   int              `json:"delivery_mode"`
	IsAllDelivered *bool            `json:"is_all_delivered"`
	ShippingList   []shippingParcel `json:"shipping_list"`
	UploadTime     string           `json:"upload_time"`
	Payer          struct {
		OpenID string `json:"openid"`
	} `json:"payer"`
}

type shippingParcel struct {
	TrackingNo     string `json:"tracking_no"`
	ExpressCompany string `json:"express_company"`
	ItemDesc       string `json:"item_desc"`
}

const (
	shipByNumber    = 1 // order_number_type: mchid and out_trade_no
	shipByID        = 2 // order_number_type: transaction_id
	logisticsByMail = 1
	modeUnified     = 1
	modeSplit       = 2
	maxParcels      = 15
	maxItemDesc     = 120
	maxTracking     = 128
	reshipLimit     = 2
	uploadTimeForm  = "2006-01-02T15:04:05.000Z07:00"
)

func shippingFields() []field {
	contact := []field{{name: "consignor_contact", kind: kindString}, {name: "receiver_contact", kind: kindString}}
	return []field{
		{name: "order_key", kind: kindObject, required: true, fields: []field{
			{name: "order_number_type", kind: kindInteger},
			{name: "transaction_id", kind: kindString},
			{name: "mchid", kind: kindString},
			{name: "out_trade_no", kind: kindString},
		}},
		{name: "logistics_type", kind: kindInteger},
		{name: "delivery_mode", kind: kindInteger},
		{name: "is_all_delivered", kind: kindBool},
		{name: "shipping_list", kind: kindArray, required: true, fields: []field{
			{name: "tracking_no", kind: kindString},
			{name: "express_company", kind: kindString},
			{name: "item_desc", kind: kindString},
			{name: "contact", kind: kindObject, fields: contact},
		}},
		{name: "upload_time", kind: kindString},
		{name: "payer", kind: kindObject, required: true, fields: []field{{name: "openid", kind: kindString}}},
	}
}

// uploadShipping is POST /wxa/sec/order/upload_shipping_info.
func (s *Server) uploadShipping(r *http.Request, body []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.checkToken(r)
	if err != nil {
		return nil, err
	}
	var in shippingBody
	if err := decodeMini(body, shippingFields(), &in); err != nil {
		return nil, err
	}
	c, err := s.shippedCharge(app, in)
	if err != nil {
		return nil, err
	}
	if err := checkParcels(in); err != nil {
		return nil, err
	}
	at, err := time.Parse(uploadTimeForm, in.UploadTime)
	if err != nil {
		return nil, miniRefusal(268485216)
	}
	old := s.books.shipments[c.TransactionID]
	digest := digestHex(body)
	switch {
	case old.BodyDigest == digest:
		return nil, miniRefusal(10060023)
	case old.Complete && old.Uploads >= reshipLimit:
		return nil, miniRefusal(10060003)
	case !at.After(old.UploadTime):
		return nil, miniRefusal(10060014)
	}
	ship := Shipment{
		AppID: app.AppID, MchID: c.MchID, OutTradeNo: c.OutTradeNo, TransactionID: c.TransactionID, OpenID: c.OpenID,
		LogisticsType: in.LogisticsType, TrackingNo: nil, UploadTime: at.UTC(), Uploads: old.Uploads, BodyDigest: digest,
		Complete: in.DeliveryMode == modeUnified || *in.IsAllDelivered,
	}
	for _, p := range in.ShippingList {
		if p.TrackingNo != "" {
			ship.TrackingNo = append(ship.TrackingNo, p.TrackingNo)
		}
	}
	if ship.Complete {
		ship.Uploads++ // parts of a split delivery do not count until the last
	}
	if err := s.commit(entry{Shipment: &ship}); err != nil {
		return nil, err
	}
	return messageAnswer{ErrCode: 0, ErrMsg: "ok", MsgID: ""}, nil
}

// shippedCharge finds the paid charge that the body speaks of. s.mu must be held.
func (s *Server) shippedCharge(app App, in shippingBody) (Charge, error) {
	key := pair{in.OrderKey.MchID, in.OrderKey.OutTradeNo}
	switch {
	case in.OrderKey.Type != shipByNumber && in.OrderKey.Type != shipByID:
		return Charge{}, miniRefusal(268485194)
	case in.OrderKey.Type == shipByID && in.OrderKey.TransactionID == "":
		return Charge{}, miniRefusal(268485195)
	case in.OrderKey.Type == shipByNumber && in.OrderKey.MchID == "":
		return Charge{}, miniRefusal(268485196)
	case in.OrderKey.Type == shipByNumber && in.OrderKey.OutTradeNo == "":
		return Charge{}, miniRefusal(268485197)
	case in.OrderKey.Type == shipByID:
		key = s.books.byTransaction[in.OrderKey.TransactionID]
	}
	c, ok := s.books.charges[key]
	switch {
	case !ok || c.AppID != app.AppID:
		return Charge{}, miniRefusal(10060001)
	case c.PaidAt.IsZero() || c.RefundedFen == c.TotalFen:
		return Charge{}, miniRefusal(10060004)
	case in.Payer.OpenID != c.OpenID:
		return Charge{}, miniRefusal(10060031)
	}
	return c, nil
}

func checkParcels(in shippingBody) error {
	n := len(in.ShippingList)
	switch {
	case in.LogisticsType < 1 || in.LogisticsType > 4:
		return miniRefusal(10060005)
	case in.DeliveryMode != modeUnified && in.DeliveryMode != modeSplit:
		return miniRefusal(268485224)
	case in.DeliveryMode == modeSplit && in.LogisticsType != logisticsByMail:
		return miniRefusal(10060006)
	case in.DeliveryMode == modeSplit && in.IsAllDelivered == nil:
		return miniRefusal(10060007)
	case in.DeliveryMode == modeUnified && n != 1:
		return miniRefusal(268485228)
	case n > maxParcels:
		return miniRefusal(10060024)
	case n == 0:
		return miniRefusal(10060014)
	}
	for _, p := range in.ShippingList {
		if err := checkParcel(p, in.LogisticsType == logisticsByMail); err != nil {
			return err
		}
	}
	return nil
}

func checkParcel(p shippingParcel, express bool) error {
	switch {
	case p.ItemDesc == "":
		return miniRefusal(10060008)
	case utf8.RuneCountInString(p.ItemDesc) > maxItemDesc:
		return miniRefusal(10060009)
	case express && p.TrackingNo == "":
		return miniRefusal(268485226)
	case express && p.ExpressCompany == "":
		return miniRefusal(268485227)
	case len(p.TrackingNo) > maxTracking:
		return miniRefusal(10060026)
	case len(p.ExpressCompany) > maxTracking:
		return miniRefusal(10060025)
	}
	return nil
}
