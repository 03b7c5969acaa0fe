package unionpaygw

import (
	"time"
)

// refundMonths is for how long a payment can be refunded.
const refundMonths = 11

// refund is 04/00: accepted at once, ended a little later.
func (g *Gateway) refund(c *call) (map[string]string, error) {
	return g.giveBack(c, func(orig, t Trade) *refusal {
		switch {
		case orig.Undone:
			return refuse(codeUndone, "undone")
		case g.now().After(orig.TracedAt.AddDate(0, refundMonths, 0)):
			return refuse(codeOutsideTime, "paid on %s", stamp(orig.TracedAt))
		case t.AmountFen > orig.AmountFen-orig.RefundedFen:
			return refuse(codeMismatch, "%d of %d are refunded", orig.RefundedFen, orig.AmountFen)
		}
		return nil
	})
}

// undo is 31/00: all of it, on the same clearing day, without a fee.
func (g *Gateway) undo(c *call) (map[string]string, error) {
	return g.giveBack(c, func(orig, t Trade) *refusal {
		switch {
		case orig.Undone || orig.RefundedFen > 0:
			return refuse(codeUndone, "given back")
		case t.AmountFen != orig.AmountFen:
			return refuse(codeMismatch, "not the whole amount")
		case clearingDay(orig.TracedAt).Format(time.DateOnly) != clearingDay(g.now()).Format(time.DateOnly):
			return refuse(codeOriginal, "cleared on %s", clearingDay(orig.TracedAt).Format(time.DateOnly))
		}
		return nil
	})
}

// giveBack is what refund and undo have in common.
func (g *Gateway) giveBack(c *call, check func(orig, t Trade) *refusal) (map[string]string, error) {
	if refused := checkBackURL(c.fields["backUrl"]); refused != nil {
		return nil, refused
	}
	t := g.newTrade(c)
	g.mu.Lock()
	defer g.mu.Unlock()
	if refused := g.fresh(c); refused != nil {
		return nil, refused
	}
	orig, ok := g.books.trades[g.books.byQueryID[t.OrigQueryID]]
	if !ok || orig.MerID != t.MerID || orig.TxnType != typeConsume || !orig.done() {
		return nil, refuse(codeOriginal, "origQryId %s", t.OrigQueryID)
	}
	if refused := check(orig, t); refused != nil {
		return nil, refused
	}
	now := g.now()
	t.RespCode, t.EndsWith, t.DueAt = codeUnderWay, codeOK, now.Add(g.refundDelay).UTC()
	if c.fault.Is(ModeRefundFailed) {
		t.EndsWith = orElse(c.fault.Value, "64")
	}
	t.QueryID, t.TracedAt, t.TraceNo = g.queryID(now), now.UTC(), g.digits(6)
	orig.RefundedFen += t.AmountFen
	orig.Undone = t.TxnType == typeUndo
	if err := g.commit(entry{Trade: &orig, Other: &t}); err != nil {
		return nil, err
	}
	g.Nudge()
	return map[string]string{"queryId": t.QueryID, "origQryId": t.OrigQueryID}, nil
}

// settle ends a refund or an undo. Only a success is notified; after a failure the sum can
// be refunded under a new number. g.mu must be held.
func (g *Gateway) settle(key tradeKey) error {
	t := g.books.trades[key]
	t.RespCode, t.EndsWith, t.DueAt = t.EndsWith, "", time.Time{}
	e := entry{Trade: &t}
	if t.done() {
		e.Delivery = g.owe(t)
	} else {
		orig := g.books.trades[g.books.byQueryID[t.OrigQueryID]]
		orig.RefundedFen -= t.AmountFen
		orig.Undone = false
		e.Other = &orig
	}
	return g.commit(e)
}
