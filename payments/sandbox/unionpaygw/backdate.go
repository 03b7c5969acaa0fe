package unionpaygw

import "time"

// Backdate moves a consumption and its refunds to another time, as if they had happened
// then: files are about days that are over. It reports whether there is such a trade.
func (g *Gateway) Backdate(merID, orderID string, at time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	var paid Trade
	for _, key := range g.books.tradeOrder {
		if t := g.books.trades[key]; t.MerID == merID && t.OrderID == orderID && t.done() {
			paid = t
		}
	}
	if paid.QueryID == "" {
		return false
	}
	for _, key := range g.books.tradeOrder {
		t := g.books.trades[key]
		if t.done() && (t.QueryID == paid.QueryID || t.OrigQueryID == paid.QueryID) {
			t.TracedAt = at.UTC()
			if g.commit(entry{Trade: &t}) != nil {
				return false
			}
		}
	}
	return true
}
