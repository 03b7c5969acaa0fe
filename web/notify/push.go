package notify

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/notice"
	"galleria/commerce/review"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
	"galleria/tenant/registry"
	"galleria/web/envelope"
	"galleria/web/middleware"
)

// PushPath is where WeChat tells the server of a Mini Program something; the AppID follows.
const PushPath = Prefix + "/miniprogram"

// Apps finds the tenant of an AppID; *registry.Resolver is one.
type Apps interface {
	ByApp(ctx context.Context, appID string) (tenant.Scope, error)
}

// Pushes reads WeChat's messages; *miniprogram.Service is one. The address only routes:
// whether a message is to be believed is its matter.
type Pushes interface {
	GreetPush(ctx context.Context, id tenant.ID, app tenant.AppID, q miniprogram.PushQuery) error
	HearPush(ctx context.Context, id tenant.ID, app tenant.AppID, q miniprogram.PushQuery, body []byte) (miniprogram.PushEvent, error)
}

// Pictures takes verdicts on pictures; *review.Service is one.
type Pictures interface {
	HearPicture(ctx context.Context, id tenant.ID, appID, trace string, v review.Verdict) error
}

// Messages takes what a provider says of messages; *notice.Service is one.
type Messages interface {
	HearReceipts(ctx context.Context, id tenant.ID, channel notice.Channel, account string, list []notice.Receipt) error
	HearAnswers(ctx context.Context, id tenant.ID, appID, openID string, list []notice.Answer) error
	HearChanges(ctx context.Context, id tenant.ID, appID, openID string, list []notice.Answer) error
}

// mountPush puts the door of WeChat's messages onto app, before what takes every channel.
func (d Deps) mountPush(app *fiber.App) {
	const path = PushPath + "/:app_id"
	app.Get(path, middleware.Deadline(limit), func(c *fiber.Ctx) error {
		scope, err := d.pushed(c)
		if err == nil {
			err = d.Pushes.GreetPush(c.UserContext(), scope.Tenant.ID, scope.App.ID, pushQuery(c))
		}
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
		return c.SendString(c.Query("echostr"))
	})
	app.Post(path, middleware.Deadline(limit), middleware.PlainBody(), middleware.BodyLimit(maxBody), func(c *fiber.Ctx) error {
		scope, err := d.pushed(c)
		if err == nil {
			err = d.hear(c.UserContext(), scope, pushQuery(c), append([]byte(nil), c.Request().Body()...))
		}
		if err != nil {
			return err // WeChat comes again, twice
		}
		return c.SendString("success") // anything else is no acknowledgement
	})
}

// pushed is whose messages an address takes. Those of a closed shop go nowhere.
func (d Deps) pushed(c *fiber.Ctx) (tenant.Scope, error) {
	scope, err := d.Apps.ByApp(c.UserContext(), c.Params("app_id"))
	if err != nil {
		return scope, err
	}
	if record := envelope.RecordOf(c.UserContext()); record != nil {
		record.TenantID = scope.Tenant.ID.String()
	}
	if d.Limiter != nil {
		if err := d.Limiter.Local(scope.Tenant.ID.String()+":push", d.Limit); err != nil {
			return scope, err
		}
	}
	if err := registry.Schema(scope.Tenant); err != nil {
		return scope, err
	}
	if scope.Tenant.Status.Policy().Callbacks == tenant.CallbacksRecorded {
		return scope, registry.ErrUnknownApp
	}
	return scope, nil
}

func (d Deps) hear(ctx context.Context, scope tenant.Scope, q miniprogram.PushQuery, body []byte) error {
	event, err := d.Pushes.HearPush(ctx, scope.Tenant.ID, scope.App.ID, q, body)
	if err != nil {
		return err
	}
	id, app := scope.Tenant.ID, scope.App.ID.String()
	switch event.Name {
	case miniprogram.EventMediaCheck:
		return d.Pictures.HearPicture(ctx, id, app, event.TraceID, review.Verdict{Pass: event.Found.Pass, Doubt: event.Found.Label})
	case miniprogram.EventMessageSent:
		return d.Messages.HearReceipts(ctx, id, notice.WeChatSubscribe, app, receipts(event.Notes))
	case miniprogram.EventMessageAsked:
		return d.Messages.HearAnswers(ctx, id, app, event.OpenID, answers(event.Notes))
	case miniprogram.EventMessageChange:
		return d.Messages.HearChanges(ctx, id, app, event.OpenID, answers(event.Notes))
	}
	return nil // what we have no use for is acknowledged
}

func receipts(notes []miniprogram.MessageNote) []notice.Receipt {
	out := make([]notice.Receipt, 0, len(notes))
	for _, n := range notes {
		r := notice.Receipt{ProviderID: n.MsgID, Delivered: n.Code == "0"}
		if !r.Delivered {
			r.Code, r.Reason = n.Code, n.Words
		}
		out = append(out, r)
	}
	return out
}

func answers(notes []miniprogram.MessageNote) []notice.Answer {
	out := make([]notice.Answer, 0, len(notes))
	for _, n := range notes {
		out = append(out, notice.Answer{TemplateID: n.TemplateID, Accepted: n.Accepted})
	}
	return out
}

func pushQuery(c *fiber.Ctx) miniprogram.PushQuery {
	return miniprogram.PushQuery{Signature: c.Query("signature"), MsgSignature: c.Query("msg_signature"), Timestamp: c.Query("timestamp"), Nonce: c.Query("nonce")}
}
