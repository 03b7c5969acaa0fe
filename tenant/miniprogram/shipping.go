package miniprogram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"galleria/tenant"
)

// Parcel is one parcel of an upload of shipping information.
type Parcel struct {
	TrackingNo string // empty unless a courier carries it
	Company    string // WeChat's code of the courier
	ItemDesc   string // what is in it, 1 to 120 characters
	Contact    string // receiver's phone, all but the last four digits masked; asked for by SF
}

// Shipping is what a shop tells WeChat it has sent for a payment, so that the money is
// settled.
type Shipping struct {
	TransactionID string
	OpenID        string // of the payer
	Way           Way    // one for all parcels; what no courier carries is exactly one
	Parcels       []Parcel
	Complete      bool // nothing is left to send
	At            time.Time
}

// Way is how goods reach their buyer, as WeChat counts it.
type Way int

// The ways.
const (
	ByCourier Way = 1
	ByTown    Way = 2 // the shop's own people, in its town
	ByCode    Way = 3 // virtual goods
	ByPickup  Way = 4
)

const (
	byTransaction  = 2
	deliverUnified = 1
	deliverSplit   = 2
	// MaxShippingParcels is how many parcels one upload may name; WeChat refuses a longer list
	// (10060024). Every upload gives the whole list of a payment anew, so those beyond cannot
	// follow in another one.
	MaxShippingParcels = 15
	uploadTimeForm     = "2006-01-02T15:04:05.000Z07:00"
)

// UploadShipping tells WeChat what was sent for a payment. ShippingVerdict says what an
// error means.
//
// Of more than MaxShippingParcels the first are named, and the last of those says how many more
// there are. Nothing is lost by that: what frees the money is whether everything was sent,
// which is told truly; the parcels named stay the same from one upload to the next, so that no
// tracking number of a buyer's disappears; and the shop's own pages show all of them.
func (s *Service) UploadShipping(ctx context.Context, id tenant.ID, app tenant.AppID, in Shipping) error {
	cred, err := s.openWeChat(ctx, id, app)
	if err != nil {
		return err
	}
	type contact struct {
		Receiver string `json:"receiver_contact"`
	}
	type parcel struct {
		TrackingNo string   `json:"tracking_no,omitempty"`
		Company    string   `json:"express_company,omitempty"`
		ItemDesc   string   `json:"item_desc"`
		Contact    *contact `json:"contact,omitempty"`
	}
	mode := deliverUnified
	if len(in.Parcels) > 1 || !in.Complete {
		mode = deliverSplit
	}
	list := make([]parcel, 0, len(in.Parcels))
	for _, p := range named(in.Parcels) {
		out := parcel{TrackingNo: p.TrackingNo, Company: p.Company, ItemDesc: p.ItemDesc}
		if p.Contact != "" {
			out.Contact = &contact{p.Contact}
		}
		list = append(list, out)
	}
	const beijing = 8 * 60 * 60
	body := map[string]any{
		"order_key":      map[string]any{"order_number_type": byTransaction, "transaction_id": in.TransactionID},
		"logistics_type": in.Way, "delivery_mode": mode, "is_all_delivered": in.Complete, "shipping_list": list,
		"upload_time": in.At.In(time.FixedZone("Asia/Shanghai", beijing)).Format(uploadTimeForm),
		"payer":       map[string]any{"openid": in.OpenID},
	}
	return s.withToken(ctx, id, cred, app, request{
		api: "upload_shipping_info", method: http.MethodPost, base: cred.base, path: "/wxa/sec/order/upload_shipping_info", body: body,
	}, nil)
}

// maxItemDesc is how much WeChat takes of what is in a parcel, characters.
const maxItemDesc = 120

// named are the parcels that an upload names.
func named(parcels []Parcel) []Parcel {
	more := len(parcels) - MaxShippingParcels
	if more <= 0 {
		return parcels
	}
	parcels = slices.Clone(parcels[:MaxShippingParcels])
	last, rest := &parcels[MaxShippingParcels-1], []rune(fmt.Sprintf("；另有%d个包裹", more)) //nolint:gosmopolitan // WeChat shows it to buyers
	desc := []rune(last.ItemDesc)
	last.ItemDesc = string(append(slices.Clip(desc[:min(len(desc), maxItemDesc-len(rest))]), rest...))
	return parcels
}

// Verdict is what an upload's answer means for the next try.
type Verdict string

// The verdicts.
const (
	ShippingDone  Verdict = "done"  // WeChat has it, now or from before
	ShippingLater Verdict = "later" // the same may be taken later
	ShippingEarly Verdict = "early" // the payment is not known yet; later, but not for ever
	ShippingNever Verdict = "never" // somebody must look
)

// ShippingVerdict reads the answer of UploadShipping.
func ShippingVerdict(err error) Verdict {
	var refusal *RefusalError
	switch {
	case err == nil:
		return ShippingDone
	case !errors.As(err, &refusal):
		return ShippingLater
	}
	switch refusal.Code {
	case 10060002, 10060023: // finished before; nothing new
		return ShippingDone
	case -1, 10060012, 10060019:
		return ShippingLater
	case 10060001:
		return ShippingEarly
	}
	switch classOf(refusal.Code) {
	case classToken, classLimit, classBusy, classConfiguration: // a secret or an address list that the merchant mends
		return ShippingLater
	case classUnknown, classCode, classBlocked, classRefused, classDefect:
		return ShippingNever
	}
	return ShippingNever
}
