package alipaygw

import "time"

// Backdate moves a trade and its refunds to another time, as if they had happened then:
// bills are about days that are over. It reports whether there is such a trade.
func (g *Gateway) Backdate(sellerID, outTradeNo string, at time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, ok := g.books.trades[pair{sellerID, outTradeNo}]
	if !ok || t.PaidAt.IsZero() {
		return false
	}
	t.PaidAt = at.UTC()
	if g.commit(entry{Trade: &t}) != nil {
		return false
	}
	for _, key := range g.books.refundOrder {
		r := g.books.refunds[key]
		if r.SellerID == sellerID && r.OutTradeNo == outTradeNo && r.Done {
			r.DoneAt = at.UTC()
			if g.commit(entry{Refund: &r}) != nil {
				return false
			}
		}
	}
	return true
}
