package miniapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"galleria/commerce/notice"
	"galleria/tenant"
)

// Messages are the buyer's inbox; *notice.Service is one.
type Messages interface {
	Inbox(ctx context.Context, id tenant.ID, memberID, before int64) (list []notice.Letter, unread, next int64, err error)
	ReadUntil(ctx context.Context, id tenant.ID, memberID, until int64) error
}

// InboxMessage is one thing that the buyer was told.
type InboxMessage struct {
	ID      int64     `json:"id" example:"812"`
	Event   string    `json:"event" example:"order.shipped" doc:"What it is about; one not known to the client is shown by its words."`
	Title   string    `json:"title" doc:"In the language of Accept-Language." example:"已发货"`
	Text    string    `json:"text" example:"您购买的高山云雾绿茶已发出，运单号 SF1234567890123。"`
	OrderNo string    `json:"order_no,omitempty" doc:"The order to open."`
	CaseNo  string    `json:"case_no,omitempty" doc:"The after-sales case to open."`
	At      time.Time `json:"at"`
	Read    bool      `json:"read"`
}

// InboxPage is one page of the buyer's messages, the newest first.
type InboxPage struct {
	Items      []InboxMessage `json:"items" nullable:"false"`
	Unread     int64          `json:"unread" doc:"In all; 100 stands for more." example:"3"`
	NextCursor string         `json:"next_cursor" doc:"Pass as cursor for the next page; empty on the last one."`
}

type (
	inboxInput struct {
		Cursor string `query:"cursor" maxLength:"20" pattern:"^[0-9]*$" doc:"next_cursor of the page before."`
	}
	inboxOutput struct{ Body InboxPage }
	readInput   struct {
		Body struct {
			UntilID int64 `json:"until_id" minimum:"1" doc:"This message and all before it."`
		}
	}
)

func (a *API) messageRoutes() {
	add(a, route{
		method: http.MethodGet, path: "/me/messages", id: "listMessages", tag: tagSubscription, member: true, summary: "What the buyer was told",
		description: "Kept for half a year. The same events come as subscribe messages where the buyer allowed one.",
	}, a.inbox)
	add(a, route{
		method: http.MethodPost, path: "/me/messages/read", id: "readMessages", tag: tagSubscription, member: true, class: classWrite, status: http.StatusNoContent,
		summary: "Mark messages as read", description: "Repeating it is no error.",
	}, a.readMessages)
}

func (a *API) inbox(ctx context.Context, in *inboxInput) (*inboxOutput, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	before, _ := strconv.ParseInt(in.Cursor, 10, 64) // of digits; too large is beyond everything
	list, unread, next, err := a.d.Messages.Inbox(ctx, who.tenant, who.member, before)
	if err != nil {
		return nil, err
	}
	lang := languageOf(ctx)
	out := &inboxOutput{InboxPage{Items: make([]InboxMessage, len(list)), Unread: unread}}
	for i, l := range list {
		out.Body.Items[i] = InboxMessage{
			ID: l.ID, Event: l.Kind.Event, Title: l.Kind.Title(notice.Buyer, lang), Text: l.Kind.Text(notice.Buyer, l.Facts, lang),
			OrderNo: l.Facts.OrderNo, CaseNo: l.Facts.CaseNo, At: l.At, Read: l.Read,
		}
	}
	if next != 0 {
		out.Body.NextCursor = strconv.FormatInt(next, 10)
	}
	return out, nil
}

func (a *API) readMessages(ctx context.Context, in *readInput) (*none, error) {
	who, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, a.d.Messages.ReadUntil(ctx, who.tenant, who.member, in.Body.UntilID)
}
