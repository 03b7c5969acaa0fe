package miniapi

import (
	"context"
	"net/http"
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/money"
	"galleria/tenant/fault"
)

// FlashItem is a SKU of a session of a flash sale.
type FlashItem struct {
	ProductID       int64      `json:"product_id" example:"9"`
	SKUID           int64      `json:"sku_id" example:"41"`
	Title           string     `json:"title" example:"云南小粒挂耳咖啡"`
	Spec            string     `json:"spec" example:"10 包"`
	Picture         string     `json:"picture"`
	PriceFen        money.Fen  `json:"price_fen" doc:"Of a piece in the session, fen." example:"2990"`
	RegularPriceFen money.Fen  `json:"regular_price_fen" doc:"Fen: the price to strike through." example:"5900"`
	LeftBPS         money.Rate `json:"left_bps" doc:"What is left of its units, in steps of a tenth, rounded up, in hundredths of a percent; 0: sold out." example:"4000"`
}

// FlashSession is a session of a flash sale.
type FlashSession struct {
	CampaignID int64       `json:"campaign_id" example:"5"`
	No         int64       `json:"no" doc:"Of the campaign's sessions." example:"1"`
	Title      string      `json:"title" example:"整点秒杀"`
	State      string      `json:"state" enum:"running,coming"`
	StartsAt   time.Time   `json:"starts_at"`
	EndsAt     time.Time   `json:"ends_at" doc:"Exclusive."`
	PerOrder   int64       `json:"per_order,omitempty" doc:"Pieces of a SKU that an order may have at the price; missing: any number." example:"2"`
	PerMember  int64       `json:"per_member,omitempty" doc:"And a buyer, in all orders of the session." example:"2"`
	Items      []FlashItem `json:"items" nullable:"false"`
}

// FlashSessions is what sells now and what comes within three days.
type FlashSessions struct {
	Items []FlashSession `json:"items" nullable:"false"`
}

// FlashReminder is a session that the buyer is told of.
type FlashReminder struct {
	CampaignID int64     `json:"campaign_id" example:"5"`
	No         int64     `json:"no" example:"1"`
	Title      string    `json:"title" example:"整点秒杀"`
	StartsAt   time.Time `json:"starts_at"`
}

// ServerTime is the time by which sessions begin and end.
type ServerTime struct {
	Now time.Time `json:"now"`
}

type (
	flashSessionsOutput  struct{ Body FlashSessions }
	serverTimeOutput     struct{ Body ServerTime }
	flashRemindersOutput struct {
		Body struct {
			Items []FlashReminder `json:"items" nullable:"false"`
		}
	}
	flashReminderInput struct {
		CampaignID int64 `path:"campaign_id" minimum:"1"`
		No         int64 `path:"no" minimum:"1" maximum:"20"`
	}
)

func (a *API) flashRoutes() {
	const one = "/me/flash-reminders/{campaign_id}/{no}"
	add(a, route{
		method: http.MethodGet, path: "/flash-sessions", id: "listFlashSessions", tag: tagCatalog, summary: "Sessions of flash sales, now and soon",
		description: "What sells in this Mini Program now and what comes within three days, by its beginning; at most 10 sessions, each of at most 100 SKUs. Whether a price is had is decided by the quote and by the order: a line of more pieces than are left, or than the buyer may have, costs its regular price, and an order that confirmed another one is refused with PRICE_CHANGED. Count down by `/time`. " + cachedNote,
	}, a.flashSessions)
	add(a, route{
		method: http.MethodGet, path: "/time", id: "getTime", tag: tagCatalog, summary: "The time by which sessions begin and end",
	}, a.serverTime)
	add(a, route{
		method: http.MethodGet, path: "/me/flash-reminders", id: "listFlashReminders", tag: tagCatalog, member: true, summary: "The sessions that the buyer is told of",
	}, a.flashReminders)
	add(a, route{
		method: http.MethodPut, path: one, id: "addFlashReminder", tag: tagCatalog, member: true, class: classWrite, status: http.StatusNoContent,
		summary: "Be told five minutes before a session", description: "In the inbox, and by a subscribe message if the buyer allows one. Repeating it is no error.", errors: []*fault.Error{campaign.ErrSession},
	}, a.flashRemind)
	add(a, route{
		method: http.MethodDelete, path: one, id: "removeFlashReminder", tag: tagCatalog, member: true, class: classWrite, status: http.StatusNoContent,
		summary: "Not be told of a session", description: "Repeating it is no error.",
	}, a.flashUnremind)
}

func (a *API) flashSessions(ctx context.Context, _ *none) (*flashSessionsOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	now := a.d.Answers.now()
	if _, err := a.selling(ctx, who, now); err != nil { // when the answer changes is known from now on
		return nil, err
	}
	list, err := a.d.Campaigns.FlashSessions(ctx, who.tenant, who.app.String(), now)
	if err != nil {
		return nil, err
	}
	out := &flashSessionsOutput{FlashSessions{Items: make([]FlashSession, len(list))}}
	for i, n := range list {
		state := campaign.StateRunning
		if now.Before(n.StartsAt) {
			state = campaign.StateComing
		}
		out.Body.Items[i] = FlashSession{
			CampaignID: n.CampaignID, No: n.No, Title: n.Title, State: string(state), StartsAt: n.StartsAt, EndsAt: n.EndsAt, PerOrder: n.PerOrder, PerMember: n.PerMember,
			Items: make([]FlashItem, len(n.Items)),
		}
		for j, k := range n.Items {
			out.Body.Items[i].Items[j] = FlashItem{
				ProductID: k.SPUID, SKUID: k.SKUID, Title: k.Product, Spec: k.Spec, Picture: k.Picture, PriceFen: k.PriceFen, RegularPriceFen: k.RegularFen, LeftBPS: k.LeftShare(),
			}
		}
	}
	return out, nil
}

func (a *API) serverTime(context.Context, *none) (*serverTimeOutput, error) {
	return &serverTimeOutput{ServerTime{Now: a.d.Answers.now()}}, nil
}

func (a *API) flashReminders(ctx context.Context, _ *none) (*flashRemindersOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.d.Campaigns.Reminders(ctx, who.tenant, who.member, a.d.Answers.now())
	if err != nil {
		return nil, err
	}
	out := &flashRemindersOutput{}
	out.Body.Items = make([]FlashReminder, len(list))
	for i, r := range list {
		out.Body.Items[i] = FlashReminder(r)
	}
	return out, nil
}

func (a *API) flashRemind(ctx context.Context, in *flashReminderInput) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.d.Campaigns.Remind(ctx, who.tenant, who.app.String(), who.member, in.CampaignID, in.No)
}

func (a *API) flashUnremind(ctx context.Context, in *flashReminderInput) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.d.Campaigns.Unremind(ctx, who.tenant, who.member, in.CampaignID, in.No)
}
