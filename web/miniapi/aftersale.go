package miniapi

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"galleria/commerce/aftersale"
	"galleria/commerce/delivery"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/picture"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
	"galleria/tenant/plan"
)

// Cases opens after-sales cases and moves them; *aftersale.Service is one.
type Cases interface {
	Preview(ctx context.Context, id tenant.ID, in aftersale.OpenInput) (aftersale.Preview, error)
	Open(ctx context.Context, id tenant.ID, in aftersale.OpenInput) (out aftersale.Opened, replayed bool, err error)
	Get(ctx context.Context, id tenant.ID, memberID int64, caseNo string) (aftersale.Case, error)
	List(ctx context.Context, id tenant.ID, memberID int64, in aftersale.ListInput) (aftersale.Page, error)
	OfOrder(ctx context.Context, id tenant.ID, memberID int64, orderNo string) ([]aftersale.Brief, error)
	Withdraw(ctx context.Context, id tenant.ID, memberID int64, caseNo string) (aftersale.Case, error)
	SendBack(ctx context.Context, id tenant.ID, in aftersale.SendBackInput) (aftersale.Case, error)
	Confirm(ctx context.Context, id tenant.ID, memberID int64, caseNo string) (aftersale.Case, error)
	Say(ctx context.Context, id tenant.ID, in aftersale.SayInput) (out aftersale.Case, replayed bool, err error)
}

// Pictures takes what buyers upload; *picture.Service is one.
type Pictures interface {
	Take(ctx context.Context, id tenant.ID, in picture.TakeInput) (address string, err error)
}

// CaseLine is what a case is about of one line of the order.
type CaseLine struct {
	LineID    int64     `json:"line_id" example:"31"`
	SKUID     int64     `json:"sku_id" example:"17"`
	Title     string    `json:"title"`
	Spec      string    `json:"spec"`
	Picture   string    `json:"picture"`
	Qty       int64     `json:"qty" example:"1"`
	Unsent    int64     `json:"unsent" doc:"Of qty, what had not been sent." example:"0"`
	ShareFen  money.Fen `json:"share_fen" doc:"What was paid for these pieces, fen." example:"5900"`
	RefundFen money.Fen `json:"refund_fen" doc:"What went back for them, fen; 0 before that." example:"0"`
	Sellable  int64     `json:"sellable" doc:"As the shop's inspection found them; with damaged and missing." example:"0"`
	Damaged   int64     `json:"damaged" example:"0"`
	Missing   int64     `json:"missing" example:"0"`
}

// CaseMessage is one entry of a case's thread.
type CaseMessage struct {
	At       time.Time `json:"at"`
	By       string    `json:"by" enum:"member,staff,system"`
	Event    string    `json:"event" doc:"say for what was only said." example:"apply"`
	Status   string    `json:"status" doc:"Of the case after it." example:"requested"`
	Body     string    `json:"body"`
	Pictures []string  `json:"pictures" nullable:"false"`
}

// ReturnAddress is where goods are sent back to.
type ReturnAddress struct {
	Name    string `json:"name"`
	Phone   string `json:"phone"`
	Address string `json:"address"`
}

// AfterSale is a case as its buyer sees it.
type AfterSale struct {
	CaseNo         string         `json:"case_no" example:"S261122K7Q2M9XTABCD"`
	OrderNo        string         `json:"order_no" example:"261121194205K7Q2M9XT"`
	Kind           string         `json:"kind" enum:"refund,return,exchange"`
	Status         string         `json:"status" enum:"requested,awaiting_return,returned_in_transit,inspecting,refunding,refund_stopped,refunded,reshipping,reshipped,closed,rejected,withdrawn,receipt_refused,timeout_closed"`
	Reason         string         `json:"reason" example:"quality"`
	MostFen        money.Fen      `json:"most_fen" doc:"The most it could give back, fen." example:"5900"`
	FreightFen     money.Fen      `json:"freight_fen" doc:"Of most_fen, the freight." example:"0"`
	AmountFen      money.Fen      `json:"amount_fen" doc:"That goes back; 0 for an exchange." example:"5900"`
	DueAt          *time.Time     `json:"due_at,omitempty" nullable:"false" doc:"Until when whoever is to act has time."`
	ReturnTo       *ReturnAddress `json:"return_to,omitempty" nullable:"false"`
	BackCourier    string         `json:"back_courier" doc:"Of the parcel that goes back: its code, see /couriers."`
	BackTrackingNo string         `json:"back_tracking_no"`
	BackTrackState string         `json:"back_track_state" doc:"As the courier last told it; none before that, and where it was not asked for: only the case itself has it." enum:"none,accepted,transit,out_for_delivery,delivered,exception,returned"`
	BackTrack      []TrackEvent   `json:"back_track" nullable:"false" doc:"Newest first; only the case itself has it."`
	OutCourier     string         `json:"out_courier" doc:"Of the replacement."`
	OutTrackingNo  string         `json:"out_tracking_no"`
	OpenedAt       time.Time      `json:"opened_at"`
	ClosedAt       *time.Time     `json:"closed_at,omitempty" nullable:"false"`
	Lines          []CaseLine     `json:"lines" nullable:"false"`
	Messages       []CaseMessage  `json:"messages" nullable:"false" doc:"Oldest first; empty in lists."`
	Actions        []string       `json:"actions" nullable:"false" doc:"What the buyer may do now: withdraw (cancelAfterSale), send_back, confirm, say (addAfterSaleMessage); others may come." example:"[\"withdraw\",\"say\"]"`
}

// OrderCase is a case as its order names it.
type OrderCase struct {
	CaseNo    string     `json:"case_no" example:"S261122K7Q2M9XTABCD"`
	Kind      string     `json:"kind" enum:"refund,return,exchange"`
	Status    string     `json:"status" enum:"requested,awaiting_return,returned_in_transit,inspecting,refunding,refund_stopped,refunded,reshipping,reshipped,closed,rejected,withdrawn,receipt_refused,timeout_closed"`
	AmountFen money.Fen  `json:"amount_fen" doc:"That goes back; 0 for an exchange." example:"5900"`
	OpenedAt  time.Time  `json:"opened_at"`
	ClosedAt  *time.Time `json:"closed_at,omitempty" nullable:"false"`
}

func toOrderCases(found []aftersale.Brief) []OrderCase {
	out := make([]OrderCase, len(found))
	for i, c := range found {
		out[i] = OrderCase{CaseNo: c.CaseNo, Kind: string(c.Kind), Status: string(c.Status), AmountFen: c.AmountFen, OpenedAt: c.OpenedAt, ClosedAt: c.ClosedAt}
	}
	return out
}

// AfterSalePage is one page of the member's cases, newest first.
type AfterSalePage struct {
	Items      []AfterSale `json:"items" nullable:"false"`
	NextCursor string      `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
}

// AfterSalePreview is what an application could give back.
type AfterSalePreview struct {
	Lines      []CaseLine `json:"lines" nullable:"false"`
	FreightFen money.Fen  `json:"freight_fen" doc:"The freight goes back with the last pieces of an order of which nothing was sent." example:"0"`
	MostFen    money.Fen  `json:"most_fen" example:"5900"`
	Unsent     bool       `json:"unsent" doc:"None of the pieces was sent: the amount is most_fen, and the shop's silence is a yes."`
}

// OpenedAfterSale is the answer to an application.
type OpenedAfterSale struct {
	CaseNo string `json:"case_no" example:"S261122K7Q2M9XTABCD"`
}

// UploadedPicture is a picture that was taken.
type UploadedPicture struct {
	URL string `json:"url" example:"/media/shop/0123456789abcdef/abcdefghijklmnopqrstuvwxyz.jpg"`
}

// CaseLineInput is how many pieces of a line.
type CaseLineInput struct {
	LineID int64 `json:"line_id" minimum:"1" example:"31"`
	Qty    int64 `json:"qty" minimum:"1" maximum:"9999" example:"1"`
}

type previewInput struct {
	Body struct {
		OrderNo string          `json:"order_no" minLength:"8" maxLength:"32" pattern:"^[0-9A-Za-z]+$"`
		Kind    string          `json:"kind" enum:"refund,return,exchange"`
		Lines   []CaseLineInput `json:"lines" nullable:"false" minItems:"1" maxItems:"100"`
	}
}

type openCaseInput struct {
	Key     string `header:"Idempotency-Key" maxLength:"255" pattern:"^[!-~]+$" doc:"Yours, unique per application. A repeat with the same key and body opens one case."`
	RawBody []byte
	Body    struct {
		OrderNo   string          `json:"order_no" minLength:"8" maxLength:"32" pattern:"^[0-9A-Za-z]+$"`
		Kind      string          `json:"kind" enum:"refund,return,exchange" doc:"return and exchange are for goods that were sent."`
		Lines     []CaseLineInput `json:"lines" nullable:"false" minItems:"1" maxItems:"100"`
		Reason    string          `json:"reason" enum:"changed_mind,wrong_goods,damaged,quality,not_as_described,not_received,late,agreed,other"`
		AmountFen *money.Fen      `json:"amount_fen,omitempty" nullable:"false" minimum:"0" doc:"Less than most_fen of the preview, if so agreed; without it, all of it."`
		Body      string          `json:"body,omitempty" maxLength:"500"`
		Pictures  []string        `json:"pictures,omitempty" nullable:"false" maxItems:"9" doc:"Addresses that uploadPicture gave."`
	}
}

type sayInput struct {
	CaseNo  string `path:"case_no" minLength:"12" maxLength:"32" pattern:"^S[0-9A-Z]+$"`
	Key     string `header:"Idempotency-Key" maxLength:"255" pattern:"^[!-~]+$" doc:"Yours, unique per message."`
	RawBody []byte
	Body    struct {
		Body     string   `json:"body,omitempty" maxLength:"500"`
		Pictures []string `json:"pictures,omitempty" nullable:"false" maxItems:"9"`
	}
}

// Courier is a company that carries parcels.
type Courier struct {
	Code string `json:"code" example:"sf"`
	Name string `json:"name" example:"顺丰速运"`
}

// CourierList is every courier that parcels go and come back with.
type CourierList struct {
	Items []Courier `json:"items" nullable:"false" doc:"The most used first."`
}

type couriersOutput struct{ Body CourierList }

type sendBackInput struct {
	CaseNo string `path:"case_no" minLength:"12" maxLength:"32" pattern:"^S[0-9A-Z]+$"`
	Body   struct {
		Courier    string `json:"courier" maxLength:"20" doc:"Its code, see /couriers." example:"sf"`
		TrackingNo string `json:"tracking_no" maxLength:"40" example:"SF1234567890123"`
	}
}

type caseListInput struct {
	Open   bool   `query:"open" doc:"Only cases that go on."`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" doc:"Default 20."`
	Cursor string `query:"cursor" maxLength:"64" doc:"next_cursor of the page before."`
}

type casePath struct {
	CaseNo string `path:"case_no" minLength:"12" maxLength:"32" pattern:"^S[0-9A-Z]+$"`
}

type uploadForm struct {
	File huma.FormFile `form:"file" required:"true" doc:"JPEG or PNG of at most 5 MB; what it is, its bytes say."`
}

type uploadInput struct {
	RawBody huma.MultipartFormFiles[uploadForm]
}

type (
	caseOutput     struct{ Body AfterSale }
	casePageOutput struct{ Body AfterSalePage }
	previewOutput  struct{ Body AfterSalePreview }
	pictureOutput  struct{ Body UploadedPicture }
	openedOutput   struct {
		Replayed string `header:"Idempotency-Replayed" doc:"true if this repeats an earlier answer."`
		Body     OpenedAfterSale
	}
	saidOutput struct {
		Replayed string `header:"Idempotency-Replayed" doc:"true if this repeats an earlier answer."`
		Body     AfterSale
	}
)

func (a *API) aftersaleRoutes() {
	const one = "/aftersales/{case_no}"
	keyed := []*fault.Error{idempotency.ErrMissing, idempotency.ErrMismatch, idempotency.ErrInProgress}
	gone := []*fault.Error{fault.ErrNotFound, aftersale.ErrState}
	add(a, route{
		method: http.MethodPost, path: "/aftersales/preview", id: "previewAfterSale", tag: tagAfterSale, member: true, class: classWrite,
		summary: "What an application could give back", errors: []*fault.Error{fault.ErrNotFound, order.ErrState, order.ErrClaimed, order.ErrHandedOut, order.ErrVoucherKind},
	}, a.previewCase)
	add(a, route{
		method: http.MethodPost, path: "/aftersales", id: "openAfterSale", tag: tagAfterSale, member: true, class: classWrite, status: http.StatusCreated,
		summary:     "Apply for a refund, a return or an exchange",
		description: "For pieces that no other case has, until the order is settled. They are not sent any more, and while the case goes on the order neither counts as received by itself nor settles.",
		errors:      append([]*fault.Error{fault.ErrNotFound, order.ErrState, order.ErrClaimed, order.ErrHandedOut, order.ErrVoucherKind, aftersale.ErrAmount, aftersale.ErrPictures, aftersale.ErrTooMany}, keyed...),
	}, a.openCase)
	add(a, route{method: http.MethodGet, path: "/aftersales", id: "listAfterSales", tag: tagAfterSale, member: true, summary: "The member's cases"}, a.cases)
	add(a, route{
		method: http.MethodGet, path: one, id: "getAfterSale", tag: tagAfterSale, member: true, summary: "One case with its thread", errors: []*fault.Error{fault.ErrNotFound},
	}, a.oneCase)
	add(a, route{
		method: http.MethodPost, path: one + "/cancel", id: "cancelAfterSale", tag: tagAfterSale, member: true, class: classWrite,
		summary: "Take a case back", description: "Repeating it is no error. Its pieces may be applied for again.", errors: gone,
	}, a.withdrawCase)
	add(a, route{
		method: http.MethodPost, path: one + "/send-back", id: "sendBackAfterSale", tag: tagAfterSale, member: true, class: classWrite,
		summary: "Tell in which parcel the goods come back", description: "The same parcel again is no error.", errors: gone,
	}, a.sendBackCase)
	add(a, route{
		method: http.MethodGet, path: "/couriers", id: "listCouriers", tag: tagAfterSale, summary: "The couriers that parcels go and come back with",
	}, a.couriers)
	add(a, route{
		method: http.MethodPost, path: one + "/confirm", id: "confirmAfterSale", tag: tagAfterSale, member: true, class: classWrite,
		summary: "Confirm that the replacement is there", description: "Repeating it is no error. Without it the case closes at `due_at`.", errors: gone,
	}, a.confirmCase)
	add(a, route{
		method: http.MethodPost, path: one + "/messages", id: "addAfterSaleMessage", tag: tagAfterSale, member: true, class: classWrite,
		summary: "Say something to the shop", errors: append(append([]*fault.Error{aftersale.ErrPictures, aftersale.ErrTalkedOut}, gone...), keyed...),
	}, a.sayInCase)
	add(a, route{
		method: http.MethodPost, path: "/pictures", id: "uploadPicture", tag: tagAfterSale, member: true, class: classWrite, status: http.StatusCreated, upload: true,
		summary:     "Upload a picture",
		description: "As `wx.uploadFile` sends it: one part named `file`. What the camera wrote into it is taken out.",
		errors:      []*fault.Error{picture.ErrType, picture.ErrTooLarge, picture.ErrPixels, picture.ErrBroken, picture.ErrNoPlace, picture.ErrTooMany, plan.ErrQuota},
	}, a.uploadPicture)
}

func (a *API) couriers(context.Context, *none) (*couriersOutput, error) {
	known := delivery.Couriers()
	out := &couriersOutput{CourierList{Items: make([]Courier, len(known))}}
	for i, c := range known {
		out.Body.Items[i] = Courier{Code: c.Code, Name: c.Name}
	}
	return out, nil
}

func piecesOf(lines []CaseLineInput) (map[int64]int64, error) {
	out := make(map[int64]int64, len(lines))
	for _, l := range lines {
		if _, twice := out[l.LineID]; twice {
			return nil, fault.Invalidf("lines", "must name each line once")
		}
		out[l.LineID] = l.Qty
	}
	return out, nil
}

func (a *API) previewCase(ctx context.Context, in *previewInput) (*previewOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	lines, err := piecesOf(in.Body.Lines)
	if err != nil {
		return nil, err
	}
	p, err := a.d.Cases.Preview(ctx, who.tenant, aftersale.OpenInput{
		OrderNo: in.Body.OrderNo, MemberID: who.member, Kind: aftersale.Kind(in.Body.Kind), Lines: lines,
	})
	if err != nil {
		return nil, err
	}
	return &previewOutput{AfterSalePreview{Lines: toCaseLines(p.Lines), FreightFen: p.FreightFen, MostFen: p.MostFen(), Unsent: p.Unsent}}, nil
}

func (a *API) openCase(ctx context.Context, in *openCaseInput) (*openedOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	lines, err := piecesOf(in.Body.Lines)
	if err != nil {
		return nil, err
	}
	opened, replayed, err := a.d.Cases.Open(ctx, who.tenant, aftersale.OpenInput{
		OrderNo: in.Body.OrderNo, MemberID: who.member, Kind: aftersale.Kind(in.Body.Kind), Lines: lines, Reason: aftersale.Reason(in.Body.Reason),
		AmountFen: in.Body.AmountFen, Body: in.Body.Body, Pictures: in.Body.Pictures, Actor: memberActor(who),
		Key: idempotency.Key{Scope: keyScope(who, "aftersale.open"), Value: in.Key, Body: in.RawBody},
	})
	if err != nil {
		return nil, err
	}
	return &openedOutput{Replayed: replayedText(replayed), Body: OpenedAfterSale{CaseNo: opened.CaseNo}}, nil
}

func memberActor(who caller) string { return fmt.Sprintf("member:%d", who.member) }

func replayedText(replayed bool) string {
	if replayed {
		return "true"
	}
	return ""
}

func (a *API) cases(ctx context.Context, in *caseListInput) (*casePageOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	page, err := a.d.Cases.List(ctx, who.tenant, who.member, aftersale.ListInput{OnlyOpen: in.Open, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	out := &casePageOutput{AfterSalePage{Items: make([]AfterSale, len(page.Cases)), NextCursor: page.Next}}
	for i, c := range page.Cases {
		out.Body.Items[i] = toAfterSale(c)
	}
	return out, nil
}

func (a *API) oneCase(ctx context.Context, in *casePath) (*caseOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	c, err := a.d.Cases.Get(ctx, who.tenant, who.member, in.CaseNo)
	if err != nil {
		return nil, err
	}
	out := toAfterSale(c)
	if c.BackNumber != "" {
		tracks, err := a.d.Delivery.Tracks(ctx, who.tenant, []string{c.CaseNo})
		if err != nil {
			return nil, err
		}
		out.BackTrackState, out.BackTrack = toTrack(tracks[c.CaseNo])
	}
	return &caseOutput{out}, nil
}

func (a *API) withdrawCase(ctx context.Context, in *casePath) (*caseOutput, error) {
	return a.onCase(ctx, func(who caller) (aftersale.Case, error) {
		return a.d.Cases.Withdraw(ctx, who.tenant, who.member, in.CaseNo)
	})
}

func (a *API) confirmCase(ctx context.Context, in *casePath) (*caseOutput, error) {
	return a.onCase(ctx, func(who caller) (aftersale.Case, error) {
		return a.d.Cases.Confirm(ctx, who.tenant, who.member, in.CaseNo)
	})
}

func (a *API) sendBackCase(ctx context.Context, in *sendBackInput) (*caseOutput, error) {
	return a.onCase(ctx, func(who caller) (aftersale.Case, error) {
		return a.d.Cases.SendBack(ctx, who.tenant, aftersale.SendBackInput{
			CaseNo: in.CaseNo, MemberID: who.member, Courier: in.Body.Courier, TrackingNo: in.Body.TrackingNo, Actor: memberActor(who),
		})
	})
}

// onCase answers with the case that an act leaves.
func (a *API) onCase(ctx context.Context, act func(who caller) (aftersale.Case, error)) (*caseOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	c, err := act(who)
	if err != nil {
		return nil, err
	}
	return &caseOutput{toAfterSale(c)}, nil
}

func (a *API) sayInCase(ctx context.Context, in *sayInput) (*saidOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	c, replayed, err := a.d.Cases.Say(ctx, who.tenant, aftersale.SayInput{
		CaseNo: in.CaseNo, MemberID: who.member, Body: in.Body.Body, Pictures: in.Body.Pictures, Actor: memberActor(who),
		Key: idempotency.Key{Scope: keyScope(who, "aftersale.say:"+in.CaseNo), Value: in.Key, Body: in.RawBody},
	})
	if err != nil {
		return nil, err
	}
	return &saidOutput{Replayed: replayedText(replayed), Body: toAfterSale(c)}, nil
}

// uploadsPerDay is how many pictures a buyer may upload in a day.
const uploadsPerDay = 60

func (a *API) uploadPicture(ctx context.Context, in *uploadInput) (*pictureOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	file := in.RawBody.Data().File
	defer func() { _ = file.Close() }()
	raw, err := io.ReadAll(io.LimitReader(file, picture.MaxBytes+1))
	if err != nil {
		return nil, picture.ErrBroken.Because(err)
	}
	address, err := a.d.Pictures.Take(ctx, who.tenant, picture.TakeInput{Raw: raw, Name: file.Filename, Actor: memberActor(who), MostPerDay: uploadsPerDay})
	if err != nil {
		return nil, err
	}
	return &pictureOutput{UploadedPicture{URL: address}}, nil
}

func toCaseLines(lines []aftersale.Line) []CaseLine {
	out := make([]CaseLine, len(lines))
	for i, l := range lines {
		out[i] = CaseLine(l)
	}
	return out
}

func toAfterSale(c aftersale.Case) AfterSale {
	out := AfterSale{
		CaseNo: c.CaseNo, OrderNo: c.OrderNo, Kind: string(c.Kind), Status: string(c.Status), Reason: string(c.Reason), MostFen: c.MostFen(),
		FreightFen: c.FreightFen, AmountFen: c.AmountFen, DueAt: c.DueAt, BackCourier: c.BackCourier, BackTrackingNo: c.BackNumber,
		OutCourier: c.OutCourier, OutTrackingNo: c.OutNumber, OpenedAt: c.OpenedAt, ClosedAt: c.ClosedAt, Lines: toCaseLines(c.Lines),
		Messages: make([]CaseMessage, len(c.Messages)), Actions: []string{}, BackTrackState: "none", BackTrack: []TrackEvent{},
	}
	if c.ReturnTo != nil {
		out.ReturnTo = &ReturnAddress{Name: c.ReturnTo.Name, Phone: c.ReturnTo.Phone, Address: c.ReturnTo.Address}
	}
	for i, m := range c.Messages {
		by, _, _ := strings.Cut(m.Actor, ":") // which of the staff it was is not the buyer's business
		out.Messages[i] = CaseMessage{At: m.At, By: by, Event: string(m.Event), Status: string(m.To), Body: m.Body, Pictures: m.Pictures}
	}
	for _, e := range aftersale.ActionsOf(aftersale.Member, c.Kind, c.Status) {
		out.Actions = append(out.Actions, string(e))
	}
	return out
}
