package miniapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"galleria/commerce/distribution"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
)

// Distribution lets members sell for the shop; *distribution.Service is one.
type Distribution interface {
	Overview(ctx context.Context, id tenant.ID, memberID int64) (distribution.Overview, error)
	Apply(ctx context.Context, id tenant.ID, memberID int64, statement string) (distribution.Distributor, error)
	Bind(ctx context.Context, id tenant.ID, in distribution.BindInput) (bool, error)
	Team(ctx context.Context, id tenant.ID, distributorID int64, tier int, before int64) ([]distribution.TeamMember, int64, error)
	Entries(ctx context.Context, id tenant.ID, f distribution.EntryFilter) ([]distribution.Entry, int64, error)
	Refusals(ctx context.Context, id tenant.ID, distributorID, before int64) ([]distribution.Refusal, int64, error)
	Ranking(ctx context.Context, id tenant.ID, month string) ([]distribution.Rank, error)
	Request(ctx context.Context, id tenant.ID, in distribution.RequestInput) (distribution.Withdrawal, error)
	Cancel(ctx context.Context, id tenant.ID, memberID int64, withdrawalNo string) error
	CodePicture(ctx context.Context, id tenant.ID, memberID int64, app tenant.AppID, productID int64) ([]byte, error)
	Poster(ctx context.Context, id tenant.ID, memberID int64, app tenant.AppID, productID int64) ([]byte, error)
	Withdrawals(ctx context.Context, id tenant.ID, distributorID int64, status distribution.WithdrawalStatus, before int64) ([]distribution.Withdrawal, int64, error)
}

// DistributionPlan is on what terms members sell for the shop.
type DistributionPlan struct {
	Enabled         bool       `json:"enabled"`
	Levels          int        `json:"levels" minimum:"1" maximum:"2" doc:"1: only who brought the buyer is paid; 2: also who brought that one." example:"1"`
	JoinBy          string     `json:"join_by" enum:"anyone,application,spending,staff" doc:"How a member becomes a distributor; spending: who has bought for join_from_fen."`
	JoinFromFen     money.Fen  `json:"join_from_fen" doc:"Fen." example:"19900"`
	FirstBPS        money.Rate `json:"first_bps" doc:"Of what is paid for goods, in hundredths of a percent; products may differ." example:"500"`
	SecondBPS       money.Rate `json:"second_bps" example:"200"`
	WithdrawFromFen money.Fen  `json:"withdraw_from_fen" doc:"The least that can be drawn at once, fen." example:"1000"`
	FeeBPS          money.Rate `json:"fee_bps" doc:"What the shop keeps of a withdrawal." example:"0"`
	TaxBPS          money.Rate `json:"tax_bps" doc:"What is withheld of the rest." example:"0"`
	NameFromFen     money.Fen  `json:"name_from_fen" doc:"Of what arrives by WeChat: from here on the withdrawal needs the real name." example:"200000"`
}

// Distributing is where a member stands as a distributor.
type Distributing struct {
	Status       string           `json:"status" enum:"none,applied,active,frozen,rejected,left"`
	Code         string           `json:"code" doc:"Put it into links and posters; empty without one." example:"K7Q2M9XT"`
	Reason       string           `json:"reason" doc:"Why it was refused or frozen."`
	AvailableFen money.Fen        `json:"available_fen" doc:"May be drawn; below zero after refunds of what was drawn." example:"12300"`
	LockedFen    money.Fen        `json:"locked_fen" doc:"On its way out." example:"0"`
	WithdrawnFen money.Fen        `json:"withdrawn_fen" example:"50000"`
	EstimatedFen money.Fen        `json:"estimated_fen" doc:"Of orders that are not paid." example:"0"`
	ConfirmedFen money.Fen        `json:"confirmed_fen" doc:"Of paid ones." example:"880"`
	PendingFen   money.Fen        `json:"pending_fen" doc:"Of received ones, while their buyers may still complain." example:"1200"`
	First        int64            `json:"first" doc:"Whom the member brought." example:"12"`
	Second       int64            `json:"second" doc:"Whom they brought." example:"40"`
	Plan         DistributionPlan `json:"plan"`
}

// TeamMate is somebody whom a distributor brought.
type TeamMate struct {
	Nickname string    `json:"nickname" doc:"Masked." example:"王***明"`
	Avatar   string    `json:"avatar"`
	Since    time.Time `json:"since"`
	Orders   int64     `json:"orders" doc:"Paid ones that commission is owed for." example:"3"`
}

// Commission is what is owed for a line of an order.
type Commission struct {
	OrderNo     string     `json:"order_no" example:"261121194205K7Q2M9XT"`
	Title       string     `json:"title"`
	Spec        string     `json:"spec"`
	Qty         int64      `json:"qty" example:"1"`
	Buyer       string     `json:"buyer" doc:"Masked." example:"王***明"`
	Tier        int        `json:"tier" minimum:"1" maximum:"2" doc:"1: brought by the member; 2: by one whom the member brought."`
	Status      string     `json:"status" enum:"estimated,confirmed,pending,available,withdrawn,reversed,void"`
	BaseFen     money.Fen  `json:"base_fen" doc:"Paid for the goods." example:"9900"`
	RateBPS     money.Rate `json:"rate_bps" example:"500"`
	AmountFen   money.Fen  `json:"amount_fen" example:"495"`
	ReversedFen money.Fen  `json:"reversed_fen" doc:"Of it, taken back after refunds." example:"0"`
	CreatedAt   time.Time  `json:"created_at"`
}

// Ranked is a distributor's place.
type Ranked struct {
	Nickname  string    `json:"nickname" doc:"Masked, unless it is the member." example:"王***明"`
	Avatar    string    `json:"avatar"`
	EarnedFen money.Fen `json:"earned_fen" example:"88000"`
	Orders    int64     `json:"orders" example:"31"`
	Mine      bool      `json:"mine"`
}

// RefusedOrder is an order that a distributor earns nothing from.
type RefusedOrder struct {
	OrderNo string    `json:"order_no" example:"20261122103000123456"`
	Reason  string    `json:"reason" enum:"shared_phone" doc:"New reasons may appear."`
	Text    string    `json:"text" doc:"The reason for people, in the language of Accept-Language." example:"买家与您共用手机号，本单不计佣金"`
	At      time.Time `json:"at"`
}

// Withdrawing is money on its way to a distributor.
type Withdrawing struct {
	WithdrawalNo string     `json:"withdrawal_no" example:"W261122K7Q2M9XTAB12"`
	Status       string     `json:"status" enum:"requested,approved,sending,succeeded,failed,rejected,cancelled" doc:"sending by WeChat: the member confirms it, see listTransfers."`
	Way          string     `json:"way" enum:"wechat,alipay,manual"`
	Receiver     string     `json:"receiver" doc:"Masked." example:"138***8000 李**"`
	AmountFen    money.Fen  `json:"amount_fen" example:"10000"`
	FeeFen       money.Fen  `json:"fee_fen" example:"0"`
	TaxFen       money.Fen  `json:"tax_fen" example:"0"`
	PayFen       money.Fen  `json:"pay_fen" doc:"What arrives." example:"10000"`
	Reason       string     `json:"reason" doc:"Why staff refused it, in their words, or the code of what failed: the payment provider's or ours. New codes may appear." example:"NAME_NOT_CORRECT"`
	ReasonText   string     `json:"reason_text,omitempty" doc:"The reason in words, in the language of Accept-Language; only of a refused or failed one." example:"姓名与收款账户的实名不一致"`
	NextStep     string     `json:"next_step,omitempty" doc:"What the member can do now, in the language of Accept-Language; only of a refused or failed one." example:"金额已退回佣金余额；请填写与收款账户实名一致的姓名，重新提现。"`
	CreatedAt    time.Time  `json:"created_at"`
	FinishedAt   *time.Time `json:"finished_at,omitempty"`
}

type (
	applyInput struct {
		Body struct {
			Statement string `json:"statement,omitempty" maxLength:"200" doc:"What the member says for himself."`
		}
	}
	bindInput struct {
		Body struct {
			Code      string `json:"code" minLength:"1" maxLength:"32" example:"K7Q2M9XT"`
			How       string `json:"how" enum:"link,poster"`
			Scene     string `json:"scene,omitempty" maxLength:"32" doc:"scene of wx.getLaunchOptionsSync."`
			ProductID int64  `json:"product_id,omitempty" minimum:"1"`
		}
	}
	bindOutput struct {
		Body struct {
			Bound bool `json:"bound" doc:"The distributor of the code brought the buyer, now or before: repeating the call is told the same. false: the shop's rule keeps who brought the buyer before."`
		}
	}
	teamInput struct {
		Tier   int    `query:"tier" minimum:"1" maximum:"2" doc:"Default 1."`
		Cursor string `query:"cursor" maxLength:"20" doc:"next_cursor of the page before."`
	}
	teamOutput struct {
		Body struct {
			Items      []TeamMate `json:"items" nullable:"false"`
			NextCursor string     `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
		}
	}
	commissionInput struct {
		Status string `query:"status" enum:"estimated,confirmed,pending,available,withdrawn,reversed,void"`
		Cursor string `query:"cursor" maxLength:"20" doc:"next_cursor of the page before."`
	}
	commissionOutput struct {
		Body struct {
			Items      []Commission `json:"items" nullable:"false"`
			NextCursor string       `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
		}
	}
	rankingInput struct {
		Month string `query:"month" pattern:"^20[0-9]{2}-(0[1-9]|1[0-2])$" doc:"Of Asia/Shanghai; default the present one." example:"2026-11"`
	}
	rankingOutput struct {
		Body struct {
			Items []Ranked `json:"items" nullable:"false"`
		}
	}
	withdrawInput struct {
		Key  string `header:"Idempotency-Key" maxLength:"255" pattern:"^[!-~]+$" doc:"Yours, unique per withdrawal. A repeat with the same key draws once."`
		Body struct {
			Way       string    `json:"way" enum:"wechat,alipay,manual"`
			AmountFen money.Fen `json:"amount_fen" minimum:"1" maximum:"20000000" example:"10000"`
			Account   string    `json:"account,omitempty" maxLength:"100" doc:"alipay: the account's name; manual: bank and number."`
			Name      string    `json:"name,omitempty" maxLength:"50" doc:"Real name; wechat: where name_from_fen or more arrives (WITHDRAWAL_NAME without it). It is kept sealed and sent to the provider encrypted; a wrong one fails there."`
		}
	}
	withdrawalPath struct {
		No string `path:"withdrawal_no" pattern:"^W[0-9A-Z]{11,31}$" doc:"Number of the withdrawal."`
	}
	withdrawalsInput struct {
		Cursor string `query:"cursor" maxLength:"20" doc:"next_cursor of the page before."`
	}
	withdrawalsOutput struct {
		Body struct {
			Items      []Withdrawing `json:"items" nullable:"false"`
			NextCursor string        `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
		}
	}
	refusalsInput struct {
		Cursor string `query:"cursor" maxLength:"20" doc:"next_cursor of the page before."`
	}
	refusalsOutput struct {
		Body struct {
			Items      []RefusedOrder `json:"items" nullable:"false"`
			NextCursor string         `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
		}
	}
	distributingOutput struct{ Body Distributing }
	withdrawingOutput  struct{ Body Withdrawing }
)

func (a *API) distributionRoutes() {
	add(a, route{
		method: http.MethodGet, path: "/distribution", id: "getDistribution", tag: tagDistribution, member: true,
		summary: "Where the member stands as a distributor", description: "And on what terms members sell for the shop.",
	}, a.distributing)
	add(a, route{
		method: http.MethodPost, path: "/distribution/apply", id: "applyAsDistributor", tag: tagDistribution, member: true, class: classWrite,
		summary: "Become a distributor, or ask for it", description: "By the shop's rule at once or after its people have looked. Repeating it is no error.",
		errors: []*fault.Error{distribution.ErrOff, distribution.ErrJoin, distribution.ErrSpend},
	}, a.applyAsDistributor)
	add(a, route{
		method: http.MethodPost, path: "/distribution/bind", id: "bindToDistributor", tag: tagDistribution, member: true, class: classWrite,
		summary:     "Tell who brought the buyer",
		description: "When a buyer opens the app by a distributor's link or poster. Orders that were placed before stay as they are. Repeating it is no error.",
		errors:      []*fault.Error{distribution.ErrOff, distribution.ErrCode, distribution.ErrSelf, distribution.ErrShared, distribution.ErrCircle},
	}, a.bindToDistributor)
	add(a, route{
		method: http.MethodGet, path: "/distribution/team", id: "listTeam", tag: tagDistribution, member: true, summary: "Whom the member brought, and whom they brought",
	}, a.team)
	add(a, route{
		method: http.MethodGet, path: "/distribution/commissions", id: "listCommissions", tag: tagDistribution, member: true, summary: "What is owed for which order, the newest first",
	}, a.commissions)
	add(a, route{
		method: http.MethodGet, path: "/distribution/refusals", id: "listRefusals", tag: tagDistribution, member: true, summary: "Orders that the member earns nothing from, the newest first",
		description: "A shop may pay no commission for an order whose buyer shares a phone with the distributor, in their accounts or address books.",
	}, a.refusals)
	add(a, route{
		method: http.MethodGet, path: "/distribution/ranking", id: "getDistributionRanking", tag: tagDistribution, member: true,
		summary: "Who has earned most in a month", description: "What became available then, less what went back of it; at most 50.",
	}, a.ranking)
	add(a, route{
		method: http.MethodGet, path: "/distribution/withdrawals", id: "listWithdrawals", tag: tagDistribution, member: true, summary: "What the member has drawn, the newest first",
	}, a.withdrawals)
	add(a, route{
		method: http.MethodPost, path: "/distribution/withdrawals", id: "withdraw", tag: tagDistribution, member: true, class: classWrite, status: http.StatusCreated,
		summary: "Draw commission",
		errors: []*fault.Error{
			idempotency.ErrMissing, distribution.ErrNotDistributor, distribution.ErrBalance, distribution.ErrWithdrawalLimit, distribution.ErrWay,
			distribution.ErrWithdrawalDiffers, distribution.ErrName,
		},
	}, a.withdraw)
	add(a, route{
		method: http.MethodPost, path: "/distribution/withdrawals/{withdrawal_no}/cancel", id: "cancelWithdrawal", tag: tagDistribution, member: true, class: classWrite, status: http.StatusNoContent,
		summary: "Take back a withdrawal that nobody has looked at", description: "Repeating it is no error.", errors: []*fault.Error{fault.ErrNotFound, distribution.ErrState},
	}, a.cancelWithdrawal)
	a.posterRoutes()
}

func (a *API) distributing(ctx context.Context, _ *none) (*distributingOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return a.distributingOf(ctx, who)
}

func (a *API) distributingOf(ctx context.Context, who caller) (*distributingOutput, error) {
	o, err := a.d.Distribution.Overview(ctx, who.tenant, who.member)
	if err != nil {
		return nil, err
	}
	out := &distributingOutput{Distributing{
		Status: string(o.Status), Code: o.Code, Reason: o.Reason, AvailableFen: o.AvailableFen, LockedFen: o.LockedFen, WithdrawnFen: o.WithdrawnFen,
		EstimatedFen: o.EstimatedFen, ConfirmedFen: o.ConfirmedFen, PendingFen: o.PendingFen, First: o.First, Second: o.Second,
		Plan: DistributionPlan{
			Enabled: o.Plan.Enabled, Levels: o.Plan.Depth, JoinBy: string(o.Plan.JoinBy), JoinFromFen: o.Plan.JoinFromFen, FirstBPS: o.Plan.FirstBps, SecondBPS: o.Plan.SecondBps,
			WithdrawFromFen: o.Plan.WithdrawFromFen, FeeBPS: o.Plan.FeeBps, TaxBPS: o.Plan.TaxBps, NameFromFen: distribution.NameFrom,
		},
	}}
	if o.Status == "" {
		out.Body.Status = "none"
	}
	return out, nil
}

func (a *API) applyAsDistributor(ctx context.Context, in *applyInput) (*distributingOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := a.d.Distribution.Apply(ctx, who.tenant, who.member, in.Body.Statement); err != nil {
		return nil, err
	}
	return a.distributingOf(ctx, who)
}

func (a *API) bindToDistributor(ctx context.Context, in *bindInput) (*bindOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	out := &bindOutput{}
	out.Body.Bound, err = a.d.Distribution.Bind(ctx, who.tenant, distribution.BindInput{
		MemberID: who.member, Code: in.Body.Code, How: distribution.How(in.Body.How),
		Evidence: distribution.Evidence{AppID: who.app.String(), Scene: in.Body.Scene, SPUID: in.Body.ProductID},
	})
	return out, err
}

func (a *API) team(ctx context.Context, in *teamInput) (*teamOutput, error) {
	who, before, err := callerFrom(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.d.Distribution.Team(ctx, who.tenant, who.member, max(in.Tier, 1), before)
	if err != nil {
		return nil, err
	}
	out := &teamOutput{}
	out.Body.Items, out.Body.NextCursor = make([]TeamMate, len(list)), toCursor(next)
	for i, m := range list {
		out.Body.Items[i] = TeamMate{Nickname: maskName(m.Nickname), Avatar: m.Avatar, Since: m.Since, Orders: m.Orders}
	}
	return out, nil
}

func (a *API) commissions(ctx context.Context, in *commissionInput) (*commissionOutput, error) {
	who, before, err := callerFrom(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.d.Distribution.Entries(ctx, who.tenant, distribution.EntryFilter{DistributorID: who.member, Status: distribution.EntryStatus(in.Status), Before: before})
	if err != nil {
		return nil, err
	}
	out := &commissionOutput{}
	out.Body.Items, out.Body.NextCursor = make([]Commission, len(list)), toCursor(next)
	for i, e := range list {
		out.Body.Items[i] = Commission{
			OrderNo: e.OrderNo, Title: e.Title, Spec: e.Spec, Qty: e.Qty, Buyer: maskName(e.Buyer), Tier: e.Tier, Status: string(e.Status), BaseFen: e.BaseFen, RateBPS: e.RateBps,
			AmountFen: e.AmountFen, ReversedFen: e.ReversedFen, CreatedAt: e.CreatedAt,
		}
	}
	return out, nil
}

func (a *API) refusals(ctx context.Context, in *refusalsInput) (*refusalsOutput, error) {
	who, before, err := callerFrom(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.d.Distribution.Refusals(ctx, who.tenant, who.member, before)
	if err != nil {
		return nil, err
	}
	out := &refusalsOutput{}
	out.Body.Items, out.Body.NextCursor = make([]RefusedOrder, len(list)), toCursor(next)
	for i, r := range list {
		out.Body.Items[i] = RefusedOrder{OrderNo: r.OrderNo, Reason: "shared_phone", Text: distribution.RefusedWords(languageOf(ctx)), At: r.At}
	}
	return out, nil
}

func (a *API) ranking(ctx context.Context, in *rankingInput) (*rankingOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.d.Distribution.Ranking(ctx, who.tenant, in.Month)
	if err != nil {
		return nil, err
	}
	out := &rankingOutput{}
	out.Body.Items = make([]Ranked, len(list))
	for i, r := range list {
		item := Ranked{Nickname: maskName(r.Nickname), Avatar: r.Avatar, EarnedFen: r.EarnedFen, Orders: r.Orders, Mine: r.MemberID == who.member}
		if item.Mine {
			item.Nickname = r.Nickname
		}
		out.Body.Items[i] = item
	}
	return out, nil
}

func (a *API) withdraw(ctx context.Context, in *withdrawInput) (*withdrawingOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	if in.Key == "" {
		return nil, idempotency.ErrMissing
	}
	w, err := a.d.Distribution.Request(ctx, who.tenant, distribution.RequestInput{
		MemberID: who.member, AppID: who.app.String(), Key: in.Key, Way: distribution.Way(in.Body.Way), AmountFen: in.Body.AmountFen, Account: in.Body.Account, Name: in.Body.Name,
	})
	if err != nil {
		return nil, err
	}
	return &withdrawingOutput{toWithdrawing(w, languageOf(ctx))}, nil
}

func (a *API) cancelWithdrawal(ctx context.Context, in *withdrawalPath) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Distribution.Cancel(ctx, who.tenant, who.member, in.No)
}

func (a *API) withdrawals(ctx context.Context, in *withdrawalsInput) (*withdrawalsOutput, error) {
	who, before, err := callerFrom(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	list, next, err := a.d.Distribution.Withdrawals(ctx, who.tenant, who.member, "", before)
	if err != nil {
		return nil, err
	}
	out := &withdrawalsOutput{}
	out.Body.Items, out.Body.NextCursor = make([]Withdrawing, len(list)), toCursor(next)
	for i, w := range list {
		out.Body.Items[i] = toWithdrawing(w, languageOf(ctx))
	}
	return out, nil
}

func toWithdrawing(w distribution.Withdrawal, lang string) Withdrawing {
	why := w.Explain(lang)
	out := Withdrawing{
		WithdrawalNo: w.No, Status: string(w.Status), Way: string(w.Way), Receiver: w.Receiver, AmountFen: w.AmountFen, FeeFen: w.FeeFen, TaxFen: w.TaxFen, PayFen: w.PayFen,
		Reason: w.Reason, ReasonText: why.Why, NextStep: why.Next, CreatedAt: w.CreatedAt,
	}
	if !w.FinishedAt.IsZero() {
		out.FinishedAt = &w.FinishedAt
	}
	return out
}

// callerFrom is callerOf, and the id behind which the caller's page begins; 0 is the beginning.
func callerFrom(ctx context.Context, cursor string) (who caller, before int64, err error) {
	if who, err = callerOf(ctx); err == nil {
		before, err = idCursor(cursor)
	}
	return who, before, err
}

// idCursor reads the id behind which a page begins; 0 is the beginning.
func idCursor(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || id <= 0 {
		return 0, fault.Invalidf("cursor", "is not one of ours")
	}
	return id, nil
}

func toCursor(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// maskName is what strangers see of a name.
func maskName(name string) string {
	switch r := []rune(name); len(r) {
	case 0:
		return ""
	case 1:
		return "*"
	default:
		return string(r[:1]) + "***" + string(r[len(r)-1:])
	}
}
