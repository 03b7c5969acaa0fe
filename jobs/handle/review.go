package handle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"galleria/commerce/order"
	"galleria/commerce/review"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Reviews is the part of review.Service that events move.
type Reviews interface {
	InviteTx(ctx context.Context, tx tenantdb.Tx, orderNo string, memberID int64, at time.Time, lines []review.Line) error
	ToCheck(ctx context.Context, id tenant.ID, reviewID int64, part review.Part) (out review.Check, found bool, err error)
	JudgeTx(ctx context.Context, tx tenantdb.Tx, reviewID int64, part review.Part, v review.Verdict) error
	AskedTx(ctx context.Context, tx tenantdb.Tx, c review.Check, picture, trace string) error
	SilentTx(ctx context.Context, tx tenantdb.Tx, reviewID int64, part review.Part) error
	AutoTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
}

// Content asks providers whether others may see what a person wrote.
type Content interface {
	CheckText(ctx context.Context, id tenant.ID, app tenant.AppID, in miniprogram.Content) (miniprogram.Finding, error)
	CheckPicture(ctx context.Context, id tenant.ID, app tenant.AppID, in miniprogram.Picture) (trace string, err error)
}

// orderReceived lets the buyer review what arrived.
func (h *Handlers) orderReceived(ctx context.Context, ev outbox.Event) error {
	p, err := payload[order.ReceivedEvent](ev)
	if err != nil {
		return err
	}
	return h.once(ctx, ev, "review.invite", func(tx tenantdb.Tx) error {
		got, err := h.Orders.ArrivedTx(ctx, tx, p.OrderNo)
		if err != nil {
			return err
		}
		lines := make([]review.Line, len(got.Lines))
		for i, l := range got.Lines {
			lines[i] = review.Line(l)
		}
		return h.Reviews.InviteTx(ctx, tx, p.OrderNo, got.MemberID, got.At, lines)
	})
}

// reviewDue asks the provider whether others may see what a buyer wrote. While it cannot say,
// the event stays alive and the text waits. The verdict is taken once, so it needs no receipt.
func (h *Handlers) reviewDue(ctx context.Context, ev outbox.Event) error {
	p, err := payload[review.CheckEvent](ev)
	if err != nil {
		return err
	}
	text, found, err := h.Reviews.ToCheck(ctx, ev.TenantID, p.ReviewID, p.Part)
	if err != nil || !found {
		return err
	}
	verdict, decided, err := h.judge(ctx, ev.TenantID, text)
	if err != nil || !decided {
		return err // what is asked about pictures is told later
	}
	ctx = context.WithoutCancel(ctx) // the provider has answered; noting it must not time out with it
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		return h.Reviews.JudgeTx(ctx, tx, p.ReviewID, p.Part, verdict)
	})
}

// judge is the verdict on a text, or why there is none yet; pictures are decided later.
func (h *Handlers) judge(ctx context.Context, id tenant.ID, text review.Check) (v review.Verdict, decided bool, err error) {
	unsure := review.Verdict{Doubt: review.DoubtUncheckable}
	app, ok := tenant.ParseAppID(text.AppID)
	if !ok {
		return unsure, true, nil
	}
	var openID string
	err = h.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		openID, err = h.Members.OpenID(ctx, r, text.MemberID, text.AppID)
		return err
	})
	if errors.Is(err, fault.ErrNotFound) || (err == nil && openID == "") {
		return unsure, true, nil
	}
	if err != nil {
		return v, false, fmt.Errorf("check review %d: %w", text.ReviewID, err)
	}
	if words := text.Words(); words != "" {
		found, err := h.Content.CheckText(ctx, id, app, miniprogram.Content{OpenID: openID, Author: text.Author, Text: words})
		switch {
		case errors.Is(err, miniprogram.ErrUncheckable), errors.Is(err, miniprogram.ErrNoCredential):
			return unsure, true, nil
		case err != nil:
			return v, false, fmt.Errorf("check review %d: %w", text.ReviewID, err)
		case !found.Pass:
			return review.Verdict{Doubt: found.Label}, true, nil
		}
	}
	if len(text.Pictures) > 0 {
		return h.askPictures(ctx, id, app, openID, text)
	}
	return review.Verdict{Pass: true}, true, nil
}

// askPictures asks about one picture after the other, and notes each at once: what is asked
// twice because we died in between is answered twice, and decided once.
func (h *Handlers) askPictures(ctx context.Context, id tenant.ID, app tenant.AppID, openID string, text review.Check) (v review.Verdict, decided bool, err error) {
	for _, picture := range text.Pictures {
		if slices.Contains(text.Asked, picture) {
			continue
		}
		trace, err := h.Content.CheckPicture(ctx, id, app, miniprogram.Picture{OpenID: openID, URL: h.PictureURL(picture)})
		switch {
		case errors.Is(err, miniprogram.ErrUncheckable), errors.Is(err, miniprogram.ErrNoCredential):
			return review.Verdict{Doubt: review.DoubtPictures}, true, nil
		case err != nil:
			return v, false, fmt.Errorf("check pictures of review %d: %w", text.ReviewID, err)
		}
		noting := context.WithoutCancel(ctx) // WeChat has taken the picture
		err = h.DB.InTenant(noting, id, func(tx tenantdb.Tx) error { return h.Reviews.AskedTx(noting, tx, text, picture, trace) })
		if err != nil {
			return v, false, err
		}
	}
	return v, false, nil
}

// reviewSilent gives to a person what no verdict came on.
func (h *Handlers) reviewSilent(ctx context.Context, ev outbox.Event) error {
	p, err := payload[review.CheckEvent](ev)
	if err != nil {
		return err
	}
	return h.once(ctx, ev, "review.pictures", func(tx tenantdb.Tx) error { return h.Reviews.SilentTx(ctx, tx, p.ReviewID, p.Part) })
}

// reviewAuto reviews what nobody reviewed in time, if the shop wants it so.
func (h *Handlers) reviewAuto(ctx context.Context, ev outbox.Event) error {
	p, err := payload[review.AutoEvent](ev)
	if err != nil {
		return err
	}
	return h.once(ctx, ev, "review.auto", func(tx tenantdb.Tx) error { return h.Reviews.AutoTx(ctx, tx, p.OrderNo) })
}

// reviewErased removes the pictures of what its author took back.
func (h *Handlers) reviewErased(ctx context.Context, ev outbox.Event) error {
	p, err := payload[review.ErasedEvent](ev)
	if err != nil {
		return err
	}
	for _, address := range p.Pictures {
		if err := h.Pictures.Forget(ctx, ev.TenantID, address); err != nil {
			return fmt.Errorf("remove picture of a review: %w", err)
		}
	}
	return nil
}
