package miniapi

import (
	"context"
	"net/http"
	"time"

	"galleria/commerce/review"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Reviews is what buyers say of what they got; *review.Service is one.
type Reviews interface {
	Write(ctx context.Context, id tenant.ID, in review.WriteInput) (review.Review, error)
	Follow(ctx context.Context, id tenant.ID, in review.FollowUpInput) (review.Review, error)
	Delete(ctx context.Context, id tenant.ID, memberID, reviewID int64) error
	OfProduct(ctx context.Context, id tenant.ID, spuID int64, in review.ListInput) (review.Page, error)
	Mine(ctx context.Context, id tenant.ID, memberID int64, in review.ListInput) (review.Page, error)
	ToWrite(ctx context.Context, id tenant.ID, memberID int64, in review.ListInput) (review.Page, error)
	Report(ctx context.Context, id tenant.ID, in review.ReportInput) error
}

// ReviewSummary is what buyers say of a product, added up.
type ReviewSummary struct {
	Total             int64   `json:"total" doc:"Reviews that are shown." example:"128"`
	AverageHundredths int64   `json:"average_hundredths" doc:"Mean score in hundredths; 0 without reviews." example:"486"`
	GoodBPS           int64   `json:"good_bps" doc:"Share of scores 4 and 5, in hundredths of a percent." example:"9765"`
	Scores            []int64 `json:"scores" nullable:"false" minItems:"5" maxItems:"5" doc:"How many gave 1, 2, 3, 4 and 5 points."`
	Pictures          int64   `json:"pictures" doc:"Reviews with pictures." example:"31"`
	FollowUps         int64   `json:"follow_ups" doc:"Reviews with a follow-up." example:"4"`
}

// ReviewText is what was written once.
type ReviewText struct {
	Body     string    `json:"body" doc:"Plain text." example:"豆子很香，包装也仔细。"`
	Pictures []string  `json:"pictures" nullable:"false"`
	At       time.Time `json:"at"`
}

// ShownReview is a review as others see it.
type ShownReview struct {
	ID       int64       `json:"id" example:"41"`
	Score    int         `json:"score" minimum:"1" maximum:"5" example:"5"`
	Author   string      `json:"author" doc:"Masked if the buyer wants it so; empty for somebody without a name." example:"王***明"`
	Auto     bool        `json:"auto" doc:"The buyer said nothing in time, and the shop takes that for content."`
	Spec     string      `json:"spec" example:"30 包"`
	First    ReviewText  `json:"first"`
	FollowUp *ReviewText `json:"follow_up,omitempty" nullable:"false"`
	Reply    *ReviewText `json:"reply,omitempty" nullable:"false" doc:"The shop's."`
}

// ReviewList is one page of a product's reviews, the newest first.
type ReviewList struct {
	Items      []ShownReview `json:"items" nullable:"false"`
	NextCursor string        `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
}

// MyReview is a review as its author sees it.
type MyReview struct {
	ShownReview
	OrderNo        string `json:"order_no" example:"261121194205K7Q2M9XT"`
	LineID         int64  `json:"line_id" example:"31"`
	ProductID      int64  `json:"product_id" example:"9"`
	Title          string `json:"title"`
	Picture        string `json:"picture"`
	Anonymous      bool   `json:"anonymous"`
	Status         string `json:"status" enum:"waiting,flagged,published,hidden" doc:"waiting: for the content check; flagged: a person looks at it."`
	FollowUpStatus string `json:"follow_up_status" enum:"open,waiting,flagged,published,hidden,deleted" doc:"open: there is none yet."`
}

// MyReviewList is one page of the member's reviews, the newest first.
type MyReviewList struct {
	Items      []MyReview `json:"items" nullable:"false"`
	NextCursor string     `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
}

// ToReview is a line of an order that may be reviewed.
type ToReview struct {
	LineID     int64     `json:"line_id" example:"31"`
	OrderNo    string    `json:"order_no" example:"261121194205K7Q2M9XT"`
	ProductID  int64     `json:"product_id" example:"9"`
	SKUID      int64     `json:"sku_id" example:"17"`
	Title      string    `json:"title"`
	Spec       string    `json:"spec"`
	Picture    string    `json:"picture"`
	ReceivedAt time.Time `json:"received_at"`
	Until      time.Time `json:"until" doc:"It may be written before."`
}

// ToReviewList is one page of what may be reviewed, what arrived last first.
type ToReviewList struct {
	Items      []ToReview `json:"items" nullable:"false"`
	NextCursor string     `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
}

type (
	reviewPageInput struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"100" doc:"Default 20."`
		Cursor string `query:"cursor" maxLength:"64" doc:"next_cursor of the page before."`
	}
	productReviewsInput struct {
		ID     int64  `path:"id" minimum:"1" doc:"Product id."`
		Filter string `query:"filter" enum:"pictures,good,middling,bad,follow_up" doc:"good: 4 and 5 points; middling: 3; bad: 1 and 2. Without it, all."`
		Limit  int    `query:"limit" minimum:"1" maximum:"100" doc:"Default 20."`
		Cursor string `query:"cursor" maxLength:"64" doc:"next_cursor of the page before, with the same filter."`
	}
	writeReviewInput struct {
		Body struct {
			LineID    int64    `json:"line_id" minimum:"1" example:"31"`
			Score     int      `json:"score" minimum:"1" maximum:"5" example:"5"`
			Body      string   `json:"body,omitempty" maxLength:"500"`
			Pictures  []string `json:"pictures,omitempty" nullable:"false" maxItems:"9" doc:"Addresses that uploadPicture gave."`
			Anonymous bool     `json:"anonymous,omitempty" doc:"Others see a masked name."`
		}
	}
	followUpInput struct {
		ID   int64 `path:"id" minimum:"1" doc:"Review id."`
		Body struct {
			Body     string   `json:"body,omitempty" maxLength:"500"`
			Pictures []string `json:"pictures,omitempty" nullable:"false" maxItems:"9"`
		}
	}
	reportReviewInput struct {
		ID   int64 `path:"id" minimum:"1" doc:"Review id."`
		Body struct {
			Reason string `json:"reason" enum:"advertising,abuse,untrue,privacy,other" example:"advertising"`
			Words  string `json:"words,omitempty" maxLength:"200" doc:"Staff read it; its author does not."`
		}
	}
	reviewPath struct {
		ID int64 `path:"id" minimum:"1" doc:"Review id."`
	}
	reviewListOutput   struct{ Body ReviewList }
	myReviewOutput     struct{ Body MyReview }
	myReviewListOutput struct{ Body MyReviewList }
	toReviewListOutput struct{ Body ToReviewList }
)

func (a *API) reviewRoutes() {
	add(a, route{
		method: http.MethodGet, path: "/products/{id}/reviews", id: "listProductReviews", tag: tagReview,
		summary: "What buyers say of a product", description: cachedNote,
	}, a.productReviews)
	add(a, route{
		method: http.MethodGet, path: "/reviews/pending", id: "listToReview", tag: tagReview, member: true, summary: "What the member may still review",
	}, a.toReview)
	add(a, route{
		method: http.MethodGet, path: "/reviews", id: "listMyReviews", tag: tagReview, member: true, summary: "What the member has written",
	}, a.myReviews)
	add(a, route{
		method: http.MethodPost, path: "/reviews", id: "writeReview", tag: tagReview, member: true, class: classWrite, status: http.StatusCreated,
		summary:     "Review a line of an order that arrived",
		description: "Once for each line; the same words again are no error. Others see it after the content check. A pickup counts as arrived when the goods were handed over.",
		errors:      []*fault.Error{fault.ErrNotFound, review.ErrWritten, review.ErrLate, review.ErrPictures},
	}, a.writeReview)
	add(a, route{
		method: http.MethodPost, path: "/reviews/{id}/follow-up", id: "followReviewUp", tag: tagReview, member: true, class: classWrite, status: http.StatusCreated,
		summary: "Add to a review that others see, once", description: "The same words again are no error.",
		errors: []*fault.Error{fault.ErrNotFound, review.ErrWritten, review.ErrLate, review.ErrState, review.ErrPictures},
	}, a.followReviewUp)
	add(a, route{
		method: http.MethodDelete, path: "/reviews/{id}", id: "deleteReview", tag: tagReview, member: true, class: classWrite, status: http.StatusNoContent,
		summary: "Take a review back", description: "With its pictures and follow-up. Its line is not reviewed again. Repeating it is no error.",
		errors: []*fault.Error{fault.ErrNotFound},
	}, a.deleteReview)
	add(a, route{
		method: http.MethodPost, path: "/reviews/{id}/report", id: "reportReview", tag: tagReview, member: true, class: classWrite, status: http.StatusNoContent,
		summary:     "Report a review that should not be shown",
		description: "Once for each member; repeating it is no error. What several members report is hidden until the shop has decided.",
		errors:      []*fault.Error{fault.ErrNotFound, review.ErrOwn},
	}, a.reportReview)
}

func (a *API) productReviews(ctx context.Context, in *productReviewsInput) (*reviewListOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	page, err := a.d.Reviews.OfProduct(ctx, who.tenant, in.ID, review.ListInput{Filter: review.Filter(in.Filter), Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	out := &reviewListOutput{ReviewList{Items: make([]ShownReview, len(page.Items)), NextCursor: page.Next}}
	for i, r := range page.Items {
		out.Body.Items[i] = toShownReview(r, func(s review.Status) bool { return s == review.Published })
	}
	return out, nil
}

func (a *API) toReview(ctx context.Context, in *reviewPageInput) (*toReviewListOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	page, err := a.d.Reviews.ToWrite(ctx, who.tenant, who.member, review.ListInput{Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	out := &toReviewListOutput{ToReviewList{Items: make([]ToReview, len(page.Items)), NextCursor: page.Next}}
	for i, r := range page.Items {
		out.Body.Items[i] = ToReview{
			LineID: r.LineID, OrderNo: r.OrderNo, ProductID: r.SPUID, SKUID: r.SKUID, Title: r.Title, Spec: r.Spec, Picture: r.Picture,
			ReceivedAt: r.ReceivedAt, Until: r.Until,
		}
	}
	return out, nil
}

func (a *API) myReviews(ctx context.Context, in *reviewPageInput) (*myReviewListOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	page, err := a.d.Reviews.Mine(ctx, who.tenant, who.member, review.ListInput{Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	out := &myReviewListOutput{MyReviewList{Items: make([]MyReview, len(page.Items)), NextCursor: page.Next}}
	for i, r := range page.Items {
		out.Body.Items[i] = toMyReview(r)
	}
	return out, nil
}

func (a *API) writeReview(ctx context.Context, in *writeReviewInput) (*myReviewOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	r, err := a.d.Reviews.Write(ctx, who.tenant, review.WriteInput{
		LineID: in.Body.LineID, MemberID: who.member, AppID: who.app.String(), Score: in.Body.Score, Anonymous: in.Body.Anonymous, Body: in.Body.Body,
		Pictures: in.Body.Pictures,
	})
	if err != nil {
		return nil, err
	}
	return &myReviewOutput{toMyReview(r)}, nil
}

func (a *API) followReviewUp(ctx context.Context, in *followUpInput) (*myReviewOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	r, err := a.d.Reviews.Follow(ctx, who.tenant, review.FollowUpInput{
		ReviewID: in.ID, MemberID: who.member, AppID: who.app.String(), Body: in.Body.Body, Pictures: in.Body.Pictures,
	})
	if err != nil {
		return nil, err
	}
	return &myReviewOutput{toMyReview(r)}, nil
}

func (a *API) deleteReview(ctx context.Context, in *reviewPath) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Reviews.Delete(ctx, who.tenant, who.member, in.ID)
}

func (a *API) reportReview(ctx context.Context, in *reportReviewInput) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Reviews.Report(ctx, who.tenant, review.ReportInput{ReviewID: in.ID, MemberID: who.member, Reason: in.Body.Reason, Words: in.Body.Words})
}

// toShownReview translates a review with those of its texts that are to be seen.
func toShownReview(r review.Review, seen func(review.Status) bool) ShownReview {
	out := ShownReview{ID: r.ID, Score: r.Score, Author: r.Author, Auto: r.Auto, Spec: r.Spec, First: toReviewText(r.First)}
	if r.FollowUp.At != nil && seen(r.FollowUp.Status) {
		out.FollowUp = new(toReviewText(r.FollowUp))
	}
	if r.RepliedAt != nil {
		out.Reply = &ReviewText{Body: r.Reply, Pictures: []string{}, At: *r.RepliedAt}
	}
	return out
}

func toReviewText(t review.Text) ReviewText {
	return ReviewText{Body: t.Body, Pictures: orEmpty(t.Pictures), At: *t.At}
}

func toMyReview(r review.Review) MyReview {
	return MyReview{
		ShownReview: toShownReview(r, func(s review.Status) bool { return s != review.Deleted }), OrderNo: r.OrderNo, LineID: r.LineID, ProductID: r.SPUID,
		Title: r.Title, Picture: r.Picture, Anonymous: r.Anonymous, Status: string(r.First.Status), FollowUpStatus: string(r.FollowUp.Status),
	}
}

func toReviewSummary(s review.Summary) ReviewSummary {
	return ReviewSummary{
		Total: s.Total, AverageHundredths: s.AverageHundredths(), GoodBPS: s.GoodBPS(), Scores: s.Scores[:], Pictures: s.Pictured, FollowUps: s.Followed,
	}
}
