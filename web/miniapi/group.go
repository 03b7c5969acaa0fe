package miniapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Groups are buyers who come together; *campaign.Service keeps them.
type Groups interface {
	GroupsOfProduct(ctx context.Context, id tenant.ID, app string, spuID int64, now time.Time) ([]campaign.GroupOffer, []campaign.OpenGroup, error)
	BuyGroup(ctx context.Context, id tenant.ID, groupNo string) (campaign.BuyGroup, error)
	GroupsOf(ctx context.Context, id tenant.ID, memberID int64) ([]campaign.BuyGroup, error)
}

// GroupBuy is the group that an order is for.
type GroupBuy struct {
	CampaignID int64  `json:"campaign_id" minimum:"1" example:"9"`
	GroupNo    string `json:"group_no,omitempty" maxLength:"32" pattern:"^[0-9A-Z]{10,32}$" doc:"The group that is joined; without it, the order opens one." example:"G7Q2M4XKZ3WPT5AB"`
}

// GroupSKU is what a SKU costs in a group.
type GroupSKU struct {
	SKUID           int64     `json:"sku_id" example:"17"`
	Spec            string    `json:"spec"`
	PriceFen        money.Fen `json:"price_fen" example:"3900"`
	RegularPriceFen money.Fen `json:"regular_price_fen" example:"5900"`
}

// GroupOffer is what groups of a product are for.
type GroupOffer struct {
	CampaignID int64      `json:"campaign_id" example:"9"`
	Title      string     `json:"title" example:"三人成团"`
	EndsAt     time.Time  `json:"ends_at" doc:"Exclusive."`
	Seats      int64      `json:"seats" doc:"Buyers that make a group." example:"3"`
	FillHours  int64      `json:"fill_hours" doc:"From the first payment of a group to its last." example:"24"`
	PerOrder   int64      `json:"per_order" doc:"Pieces of one order; 0: no limit." example:"0"`
	PerMember  int64      `json:"per_member" doc:"Pieces of one buyer in all groups of the campaign; 0: no limit." example:"2"`
	SKUs       []GroupSKU `json:"skus" nullable:"false"`
}

// OpenGroup is a group with seats left.
type OpenGroup struct {
	GroupNo    string    `json:"group_no" example:"G7Q2M4XKZ3WPT5AB"`
	CampaignID int64     `json:"campaign_id" example:"9"`
	Seats      int64     `json:"seats" example:"3"`
	Left       int64     `json:"left" doc:"Seats that nobody has taken." example:"1"`
	DeadlineAt time.Time `json:"deadline_at"`
	Nicknames  []string  `json:"nicknames" nullable:"false" doc:"Of those who have paid, masked." example:"[\"青**\"]"`
}

// ProductGroups are the groups of a product.
type ProductGroups struct {
	Offers []GroupOffer `json:"offers" nullable:"false" doc:"What groups are for; empty where nothing is bought in groups."`
	Open   []OpenGroup  `json:"open" nullable:"false" doc:"At most 20 groups with seats left, those that end first at the top."`
}

// GroupMember is who is in a group.
type GroupMember struct {
	Nickname string `json:"nickname" doc:"Masked." example:"青**"`
	Avatar   string `json:"avatar"`
	Opened   bool   `json:"opened" doc:"The group began with this one."`
	Paid     bool   `json:"paid"`
	Me       bool   `json:"me"`
}

// GroupShare is what a shared card needs.
type GroupShare struct {
	Title   string `json:"title" example:"还差1人成团：明前龙井"`
	Picture string `json:"picture"`
	Query   string `json:"query" doc:"Of the Mini Program's page." example:"group_no=G7Q2M4XKZ3WPT5AB&product_id=12"`
}

// BuyGroup is a group of buyers.
type BuyGroup struct {
	GroupNo    string        `json:"group_no" example:"G7Q2M4XKZ3WPT5AB"`
	CampaignID int64         `json:"campaign_id" example:"9"`
	Title      string        `json:"title" doc:"Of the campaign."`
	ProductID  int64         `json:"product_id" example:"12"`
	Product    string        `json:"product"`
	Picture    string        `json:"picture"`
	Status     string        `json:"status" enum:"pending,open,complete,refunding,failed,abandoned" doc:"pending: who opens it has not paid. open: can be joined until its deadline. complete: its goods are sent. refunding, failed: it did not fill; the money goes back, is back. abandoned: never opened."`
	Seats      int64         `json:"seats" example:"3"`
	Left       int64         `json:"left" doc:"Seats that nobody has taken." example:"1"`
	Paid       int64         `json:"paid" example:"2"`
	DeadlineAt *time.Time    `json:"deadline_at,omitempty" nullable:"false"`
	OrderNo    string        `json:"order_no,omitempty" doc:"The buyer's own."`
	Members    []GroupMember `json:"members" nullable:"false" doc:"In the order in which they came; empty in lists."`
	Share      GroupShare    `json:"share"`
}

type (
	productGroupsInput struct {
		ID int64 `path:"id" minimum:"1"`
	}
	productGroupsOutput struct{ Body ProductGroups }
	groupInput          struct {
		GroupNo string `path:"group_no" minLength:"10" maxLength:"32" pattern:"^[0-9A-Z]+$"`
	}
	groupOutput  struct{ Body BuyGroup }
	groupsOutput struct {
		Body struct {
			Items []BuyGroup `json:"items" nullable:"false"`
		}
	}
)

func groupFaults() []*fault.Error {
	return []*fault.Error{campaign.ErrGroupGone, campaign.ErrGroupFull, campaign.ErrGroupMine, campaign.ErrGroupLimit}
}

func (a *API) groupRoutes() {
	add(a, route{
		method: http.MethodGet, path: "/products/{id}/groups", id: "listProductGroups", tag: tagCatalog, summary: "What groups of a product are for, and those that can be joined",
		description: "An order with `group` opens or joins one: it has a seat from then on, until it closes. Its goods are sent when the group is complete; if it does not fill in time, all that was paid goes back by itself, also what was paid too late.",
	}, a.productGroups)
	add(a, route{
		method: http.MethodGet, path: "/groups/{group_no}", id: "getGroup", tag: tagCatalog, member: true, summary: "One group, its members and its deadline",
		errors: []*fault.Error{fault.ErrNotFound},
	}, a.group)
	add(a, route{method: http.MethodGet, path: "/me/groups", id: "listMyGroups", tag: tagOrder, member: true, summary: "The groups that the buyer is or was in, the newest first"}, a.myGroups)
}

func fromGroup(g *GroupBuy) order.Group {
	if g == nil {
		return order.Group{}
	}
	return order.Group{CampaignID: g.CampaignID, GroupNo: g.GroupNo}
}

// masked leaves the first character of a name.
func masked(name string) string {
	for _, c := range strings.TrimSpace(name) {
		return string(c) + "**"
	}
	return "**"
}

func (a *API) productGroups(ctx context.Context, in *productGroupsInput) (*productGroupsOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	offers, open, err := a.d.Groups.GroupsOfProduct(ctx, who.tenant, who.app.String(), in.ID, a.d.Answers.now())
	if err != nil {
		return nil, err
	}
	out := &productGroupsOutput{ProductGroups{Offers: make([]GroupOffer, len(offers)), Open: make([]OpenGroup, len(open))}}
	for i, o := range offers {
		out.Body.Offers[i] = GroupOffer{
			CampaignID: o.CampaignID, Title: o.Title, EndsAt: o.EndsAt, Seats: o.Seats, FillHours: o.FillHours, PerOrder: o.PerOrder, PerMember: o.PerMember, SKUs: make([]GroupSKU, len(o.SKUs)),
		}
		for j, k := range o.SKUs {
			out.Body.Offers[i].SKUs[j] = GroupSKU{SKUID: k.SKUID, Spec: k.Spec, PriceFen: k.PriceFen, RegularPriceFen: k.RegularFen}
		}
	}
	for i, g := range open {
		out.Body.Open[i] = OpenGroup{GroupNo: g.GroupNo, CampaignID: g.CampaignID, Seats: g.Seats, Left: g.Seats - g.Taken, DeadlineAt: g.DeadlineAt, Nicknames: make([]string, len(g.Nicknames))}
		for j, name := range g.Nicknames {
			out.Body.Open[i].Nicknames[j] = masked(name)
		}
	}
	return out, nil
}

func toBuyGroup(ctx context.Context, g campaign.BuyGroup, memberID int64) BuyGroup {
	out := BuyGroup{
		GroupNo: g.GroupNo, CampaignID: g.CampaignID, Title: g.Title, ProductID: g.SPUID, Product: g.Product, Picture: g.Cover, Status: string(g.Status),
		Seats: g.Seats, Left: g.Seats - g.Taken, Paid: g.Paid, DeadlineAt: g.DeadlineAt, OrderNo: g.OrderNo, Members: []GroupMember{},
	}
	for i, m := range g.Members {
		mine := m.MemberID == memberID
		if mine {
			out.OrderNo = m.OrderNo
		}
		if m.BackAt == nil {
			out.Members = append(out.Members, GroupMember{Nickname: masked(m.Nickname), Avatar: m.Avatar, Opened: i == 0, Paid: m.PaidAt != nil, Me: mine})
		}
	}
	query := url.Values{"group_no": {g.GroupNo}, "product_id": {strconv.FormatInt(g.SPUID, 10)}}
	out.Share = GroupShare{Title: g.Product, Picture: g.Cover, Query: query.Encode()}
	if g.Status == campaign.GroupOpen {
		out.Share.Title = "还差" + strconv.FormatInt(g.Seats-g.Paid, 10) + "人成团：" + g.Product
		if languageOf(ctx) == "en" {
			out.Share.Title = strconv.FormatInt(g.Seats-g.Paid, 10) + " more to complete the group: " + g.Product
		}
	}
	return out
}

func (a *API) group(ctx context.Context, in *groupInput) (*groupOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	g, err := a.d.Groups.BuyGroup(ctx, who.tenant, in.GroupNo)
	if err != nil {
		return nil, err
	}
	return &groupOutput{toBuyGroup(ctx, g, who.member)}, nil
}

func (a *API) myGroups(ctx context.Context, _ *none) (*groupsOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.d.Groups.GroupsOf(ctx, who.tenant, who.member)
	if err != nil {
		return nil, err
	}
	out := &groupsOutput{}
	out.Body.Items = make([]BuyGroup, len(list))
	for i, g := range list {
		out.Body.Items[i] = toBuyGroup(ctx, g, who.member)
	}
	return out, nil
}
