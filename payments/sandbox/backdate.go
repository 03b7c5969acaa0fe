package sandbox

import "time"

// Backdate moves a payment and its finished refunds to another time, as if they had
// happened then: bills are about days that are over, and clients sign with the clock on
// the wall. Refunds may follow as if it had been then that the last one was asked for. It
// reports whether there is such a payment.
func (s *Server) Backdate(mchid, outTradeNo string, at time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.books.charges[pair{mchid, outTradeNo}]
	if !ok || c.PaidAt.IsZero() {
		return false
	}
	c.PaidAt = at.UTC()
	if c.LastRefundAt.After(c.PaidAt) {
		c.LastRefundAt = c.PaidAt
	}
	if s.commit(entry{Charge: &c}) != nil {
		return false
	}
	for _, key := range s.books.refundOrder {
		r := s.books.refunds[key]
		if r.MchID == mchid && r.OutTradeNo == outTradeNo && !r.SuccessAt.IsZero() {
			r.SuccessAt = at.UTC()
			if s.commit(entry{Refund: &r}) != nil {
				return false
			}
		}
	}
	return true
}
