package miniapi

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"galleria/commerce/delivery"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Parcels tells where parcels are and where goods are fetched; *delivery.Service is one.
type Parcels interface {
	Stores(ctx context.Context, id tenant.ID, onlyOpen bool) ([]delivery.Store, error)
	Tracks(ctx context.Context, id tenant.ID, parcelNos []string) (map[string]delivery.Track, error)
	LocalWindows(ctx context.Context, id tenant.ID) (delivery.Local, []delivery.Window, error)
	Rider(ctx context.Context, id tenant.ID, orderNo string) (delivery.Rider, error)
}

// Delivery is how goods come to their buyer.
type Delivery struct {
	Kind    string `json:"kind" enum:"express,local,pickup,virtual,voucher"`
	StoreID int64  `json:"store_id,omitempty" minimum:"1" doc:"Where they are fetched; pickup only." example:"2"`
	SlotID  int64  `json:"slot_id,omitempty" minimum:"1" doc:"When they are brought; local only, see /local-delivery." example:"3"`
	Day     string `json:"day,omitempty" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$" doc:"Of the slot, in China; local only." example:"2026-11-23"`
}

func fromDelivery(d *Delivery) (kind order.ParcelKind, storeID int64, slot delivery.LocalSlot) {
	if d == nil {
		return "", 0, delivery.LocalSlot{}
	}
	return order.ParcelKind(d.Kind), d.StoreID, delivery.LocalSlot{ID: d.SlotID, Day: d.Day}
}

// LocalWindow is a slot of one day.
type LocalWindow struct {
	SlotID int64     `json:"slot_id" example:"3"`
	Day    string    `json:"day" doc:"In China." example:"2026-11-23"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Left   int64     `json:"left" doc:"Orders that it still takes; 0: it is full." example:"12"`
}

// LocalDelivery is how the shop brings goods itself.
type LocalDelivery struct {
	Active    bool          `json:"active" doc:"false: the shop brings nothing now, and the rest is empty."`
	StoreID   int64         `json:"store_id,omitempty" doc:"Where it brings them from." example:"2"`
	RadiusM   int64         `json:"radius_m,omitempty" doc:"How far from there, metres in a straight line; 0: only to divisions." example:"5000"`
	Divisions []string      `json:"divisions" nullable:"false" doc:"GB/T 2260: where it brings them if the address has no position, or there is no radius."`
	MinFen    money.Fen     `json:"min_fen" doc:"Of goods after discounts, fen." example:"3000"`
	BaseFen   money.Fen     `json:"base_fen" doc:"The fee for the first base_m metres." example:"500"`
	BaseM     int64         `json:"base_m" example:"3000"`
	PerKmFen  money.Fen     `json:"per_km_fen" doc:"For each further kilometre that is begun." example:"200"`
	FreeFen   money.Fen     `json:"free_fen" doc:"Goods of so much go free; 0: never." example:"9900"`
	Slots     []LocalWindow `json:"slots" nullable:"false" doc:"That can be booked now, soonest first; full ones are among them."`
}

type localDeliveryOutput struct{ Body LocalDelivery }

// Rider is who brings an order.
type Rider struct {
	Name  string `json:"name" example:"张师傅"`
	Phone string `json:"phone" example:"13900139000"`
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

// Parcel is what leaves the shop at once.
type Parcel struct {
	ParcelNo    string       `json:"parcel_no" example:"P261122K7Q2M9XTABCD"`
	Kind        string       `json:"kind" enum:"express,local,pickup,virtual,voucher"`
	Rider       *Rider       `json:"rider,omitempty" nullable:"false" doc:"Who brings it; local only."`
	Courier     string       `json:"courier" doc:"Its code, see /couriers; empty for what no courier carries, and for what is only packed." example:"sf"`
	CourierName string       `json:"courier_name" example:"顺丰速运"`
	TrackingNo  string       `json:"tracking_no" example:"SF1234567890123"`
	Status      string       `json:"status" enum:"packed,shipped,delivered,returned,lost" doc:"packed: it is being prepared and has no number yet."`
	PackedAt    *time.Time   `json:"packed_at,omitempty" nullable:"false"`
	ShippedAt   *time.Time   `json:"shipped_at,omitempty" nullable:"false" doc:"Absent while it is packed."`
	DeliveredAt *time.Time   `json:"delivered_at,omitempty" nullable:"false"`
	LostAt      *time.Time   `json:"lost_at,omitempty" nullable:"false"`
	Remedy      string       `json:"remedy,omitempty" enum:"refund,resent" doc:"What made up for a lost one; absent while the shop has not decided."`
	Resends     string       `json:"resends,omitempty" doc:"The lost parcel in whose stead it goes." example:"P261122K7Q2M9XTABCD"`
	Lines       []ParcelLine `json:"lines" nullable:"false"`
	TrackState  string       `json:"track_state" doc:"As the courier last told it; none before that." enum:"none,accepted,transit,out_for_delivery,delivered,exception,returned"`
	Track       []TrackEvent `json:"track" nullable:"false" doc:"Newest first."`
}

// ParcelList is everything that left the shop for an order, or is packed to.
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
	a.voucherRoutes()
	add(a, route{
		method: http.MethodGet, path: "/pickup-stores", id: "listPickupStores", tag: tagOrder,
		summary: "Where goods can be fetched",
	}, a.pickupStores)
	add(a, route{
		method: http.MethodGet, path: "/local-delivery", id: "getLocalDelivery", tag: tagOrder,
		summary: "Where, when and for how much the shop brings goods itself",
	}, a.localDelivery)
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
		if p.Kind == order.Local {
			rider, err := a.d.Delivery.Rider(ctx, who.tenant, in.OrderNo)
			if err != nil {
				return nil, err
			}
			out.Body.Items[i].Rider = new(Rider(rider))
		}
	}
	return out, nil
}

func (a *API) localDelivery(ctx context.Context, _ *struct{}) (*localDeliveryOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	local, windows, err := a.d.Delivery.LocalWindows(ctx, who.tenant)
	if err != nil {
		return nil, err
	}
	out := &localDeliveryOutput{LocalDelivery{Divisions: []string{}, Slots: make([]LocalWindow, len(windows))}}
	if !local.Active {
		return out, nil
	}
	out.Body = LocalDelivery{
		Active: true, StoreID: local.StoreID, RadiusM: local.RadiusM, Divisions: append([]string{}, local.Divisions...), MinFen: local.MinFen,
		BaseFen: local.BaseFen, BaseM: local.BaseM, PerKmFen: local.PerKmFen, FreeFen: local.FreeFen, Slots: out.Body.Slots,
	}
	for i, w := range windows {
		out.Body.Slots[i] = LocalWindow(w)
	}
	return out, nil
}

func toParcel(p order.Parcel, track delivery.Track) Parcel {
	courier, _ := delivery.CourierOf(p.Courier)
	out := Parcel{
		ParcelNo: p.ParcelNo, Kind: string(p.Kind), Courier: p.Courier, CourierName: courier.Name, TrackingNo: p.TrackingNo, Status: string(p.Status),
		PackedAt: p.PackedAt, ShippedAt: p.ShippedAt, DeliveredAt: p.DeliveredAt, LostAt: p.LostAt, Remedy: string(p.Remedy), Resends: p.Resends, Lines: make([]ParcelLine, len(p.Lines)),
	}
	out.TrackState, out.Track = toTrack(track)
	for i, l := range p.Lines {
		out.Lines[i] = ParcelLine(l)
	}
	return out
}

// toTrack is where a parcel is, and what its courier said, newest first.
func toTrack(track delivery.Track) (state string, events []TrackEvent) {
	state, events = cmp.Or(string(track.State), "none"), make([]TrackEvent, len(track.Events))
	for i, e := range track.Events {
		events[i] = TrackEvent{At: e.At, State: string(e.State), Text: e.Text, Place: e.Place}
	}
	return state, events
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
