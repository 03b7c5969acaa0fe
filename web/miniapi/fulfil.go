package miniapi

import (
	"context"
	"net/http"
	"time"

	"galleria/commerce/delivery"
	"galleria/commerce/order"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Parcels tells where parcels are and where goods are fetched; *delivery.Service is one.
type Parcels interface {
	Stores(ctx context.Context, id tenant.ID, onlyOpen bool) ([]delivery.Store, error)
	Tracks(ctx context.Context, id tenant.ID, parcelNos []string) (map[string]delivery.Track, error)
}

// Delivery is how goods come to their buyer.
type Delivery struct {
	Kind    string `json:"kind" enum:"express,pickup,virtual"`
	StoreID int64  `json:"store_id,omitempty" minimum:"1" doc:"Where they are fetched; pickup only." example:"2"`
}

func fromDelivery(d *Delivery) (order.ParcelKind, int64) {
	if d == nil {
		return "", 0
	}
	return order.ParcelKind(d.Kind), d.StoreID
}

// ParcelLine is how many pieces of a line a parcel holds.
type ParcelLine struct {
	LineID  int64  `json:"line_id" example:"31"`
	SKUID   int64  `json:"sku_id" example:"17"`
	Title   string `json:"title"`
	Spec    string `json:"spec"`
	Picture string `json:"picture"`
	Qty     int64  `json:"qty" example:"1"`
}

// TrackEvent is what a courier said of a parcel.
type TrackEvent struct {
	At    time.Time `json:"at"`
	State string    `json:"state" enum:"accepted,transit,out_for_delivery,delivered,exception,returned"`
	Text  string    `json:"text"`
	Place string    `json:"place,omitempty"`
}

// Parcel is what left the shop at once.
type Parcel struct {
	ParcelNo    string       `json:"parcel_no" example:"P261122K7Q2M9XTABCD"`
	Kind        string       `json:"kind" enum:"express,pickup,virtual"`
	Courier     string       `json:"courier" doc:"Our code; empty for what no courier carries." example:"sf"`
	CourierName string       `json:"courier_name" example:"顺丰速运"`
	TrackingNo  string       `json:"tracking_no" example:"SF1234567890123"`
	Status      string       `json:"status" enum:"shipped,delivered,returned"`
	ShippedAt   time.Time    `json:"shipped_at"`
	DeliveredAt *time.Time   `json:"delivered_at,omitempty" nullable:"false"`
	Lines       []ParcelLine `json:"lines" nullable:"false"`
	TrackState  string       `json:"track_state" doc:"As the courier last told it; none before that." enum:"none,accepted,transit,out_for_delivery,delivered,exception,returned"`
	Track       []TrackEvent `json:"track" nullable:"false" doc:"Newest first."`
}

// ParcelList is everything that left the shop for an order.
type ParcelList struct {
	Items []Parcel `json:"items" nullable:"false"`
}

// Missed is a line that could not go into the cart again.
type Missed struct {
	SKUID int64  `json:"sku_id" example:"17"`
	Title string `json:"title"`
	Code  string `json:"code" doc:"Why." example:"SKU_UNAVAILABLE"`
}

// BoughtAgain is what became of an order's lines.
type BoughtAgain struct {
	Added  int      `json:"added" doc:"Lines that are in the cart now." example:"2"`
	Missed []Missed `json:"missed" nullable:"false"`
}

// PickupStore is where buyers fetch their goods themselves.
type PickupStore struct {
	ID        int64  `json:"id" example:"2"`
	Name      string `json:"name"`
	Phone     string `json:"phone"`
	Address   string `json:"address"`
	Hours     string `json:"hours"`
	Latitude  string `json:"latitude,omitempty" doc:"GCJ-02, decimal degrees." example:"30.250000"`
	Longitude string `json:"longitude,omitempty" example:"120.130000"`
}

// PickupStores are the stores that hand out goods now.
type PickupStores struct {
	Items []PickupStore `json:"items" nullable:"false"`
}

type (
	parcelListOutput   struct{ Body ParcelList }
	boughtAgainOutput  struct{ Body BoughtAgain }
	pickupStoresOutput struct{ Body PickupStores }
)

func (a *API) fulfilRoutes() {
	add(a, route{
		method: http.MethodPost, path: "/orders/{order_no}/receive", id: "receiveOrder", tag: tagOrder, member: true, class: classWrite,
		summary: "Confirm receipt", description: "Once all of it was sent. Repeating it is no error. Without it the order counts as received at `receive_by`.",
		errors: []*fault.Error{fault.ErrNotFound, order.ErrState},
	}, a.receive)
	add(a, route{
		method: http.MethodDelete, path: "/orders/{order_no}", id: "deleteOrder", tag: tagOrder, member: true, class: classWrite, status: http.StatusNoContent,
		summary: "Take an ended order out of the list", description: "The shop keeps it. Repeating it is no error.",
		errors: []*fault.Error{fault.ErrNotFound, order.ErrState},
	}, a.deleteOrder)
	add(a, route{
		method: http.MethodPost, path: "/orders/{order_no}/buy-again", id: "buyAgain", tag: tagOrder, member: true, class: classWrite,
		summary: "Put an order's goods into the cart again", description: "As many of each as were ordered; what cannot go in is named.",
		errors: []*fault.Error{fault.ErrNotFound, order.ErrState},
	}, a.buyAgain)
	add(a, route{
		method: http.MethodGet, path: "/orders/{order_no}/parcels", id: "listParcels", tag: tagOrder, member: true,
		summary: "An order's parcels and where they are", errors: []*fault.Error{fault.ErrNotFound},
	}, a.parcels)
	a.cardRoutes()
	add(a, route{
		method: http.MethodGet, path: "/pickup-stores", id: "listPickupStores", tag: tagOrder,
		summary: "Where goods can be fetched",
	}, a.pickupStores)
}

func (a *API) receive(ctx context.Context, in *orderPath) (*orderOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	o, err := a.d.Orders.Receive(ctx, who.tenant, who.member, in.OrderNo)
	if err != nil {
		return nil, err
	}
	return &orderOutput{toOrder(ctx, o)}, nil
}

func (a *API) deleteOrder(ctx context.Context, in *orderPath) (*struct{}, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.d.Orders.Delete(ctx, who.tenant, who.member, in.OrderNo)
}

func (a *API) buyAgain(ctx context.Context, in *orderPath) (*boughtAgainOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	added, missed, err := a.d.Orders.BuyAgain(ctx, who.tenant, who.member, in.OrderNo)
	if err != nil {
		return nil, err
	}
	out := &boughtAgainOutput{BoughtAgain{Added: added, Missed: make([]Missed, len(missed))}}
	for i, m := range missed {
		out.Body.Missed[i] = Missed(m)
	}
	return out, nil
}

func (a *API) parcels(ctx context.Context, in *orderPath) (*parcelListOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.d.Orders.Parcels(ctx, who.tenant, who.member, in.OrderNo)
	if err != nil {
		return nil, err
	}
	numbers := make([]string, len(list))
	for i, p := range list {
		numbers[i] = p.ParcelNo
	}
	tracks, err := a.d.Delivery.Tracks(ctx, who.tenant, numbers)
	if err != nil {
		return nil, err
	}
	out := &parcelListOutput{ParcelList{Items: make([]Parcel, len(list))}}
	for i, p := range list {
		out.Body.Items[i] = toParcel(p, tracks[p.ParcelNo])
	}
	return out, nil
}

func toParcel(p order.Parcel, track delivery.Track) Parcel {
	courier, _ := delivery.CourierOf(p.Courier)
	out := Parcel{
		ParcelNo: p.ParcelNo, Kind: string(p.Kind), Courier: p.Courier, CourierName: courier.Name, TrackingNo: p.TrackingNo, Status: string(p.Status),
		ShippedAt: p.ShippedAt, DeliveredAt: p.DeliveredAt, Lines: make([]ParcelLine, len(p.Lines)), TrackState: "none",
		Track: make([]TrackEvent, len(track.Events)),
	}
	if track.State != "" {
		out.TrackState = string(track.State)
	}
	for i, l := range p.Lines {
		out.Lines[i] = ParcelLine(l)
	}
	for i, e := range track.Events {
		out.Track[i] = TrackEvent{At: e.At, State: string(e.State), Text: e.Text, Place: e.Place}
	}
	return out
}

func (a *API) pickupStores(ctx context.Context, _ *struct{}) (*pickupStoresOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.d.Delivery.Stores(ctx, who.tenant, true)
	if err != nil {
		return nil, err
	}
	out := &pickupStoresOutput{PickupStores{Items: make([]PickupStore, len(list))}}
	for i, st := range list {
		out.Body.Items[i] = PickupStore{
			ID: st.ID, Name: st.Name, Phone: st.Phone, Address: st.Address, Hours: st.Hours, Latitude: st.Latitude, Longitude: st.Longitude,
		}
	}
	return out, nil
}
