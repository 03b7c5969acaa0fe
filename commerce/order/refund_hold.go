package order

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/inventory"
	"galleria/commerce/money"
	"galleria/commerce/order/internal/orderdb"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Refunds knows of money that goes back; payments and orders meet in cmd.
type Refunds interface {
	// GoingBackTx is how much of what paid an order is on its way back, and how much has
	// arrived. Neither changes until the transaction ends.
	GoingBackTx(ctx context.Context, tx tenantdb.Tx, orderNo string) (underWay, gone money.Fen, err error)
}

// refundPatience is how much later an order is looked at again whose timer was due while
// money of it went back.
const refundPatience = 24 * time.Hour

// mayLeave refuses goods of an order that waits for its group, or whose whole money goes back. Of a part nobody knows
// which goods it is for: it does not keep the others.
func (s *Service) mayLeave(ctx context.Context, tx tenantdb.Tx, head orderdb.LockWholeRow) error {
	if head.GroupState != nil && (*head.GroupState == groupWaits || *head.GroupState == groupFailed) {
		return ErrGroupWaits
	}
	if s.refunds == nil || head.PayableFen == 0 {
		return nil
	}
	underWay, gone, err := s.refunds.GoingBackTx(ctx, tx, head.OrderNo)
	if err != nil {
		return err
	}
	if underWay+gone >= head.PayableFen {
		return ErrRefunding
	}
	return nil
}

// postponed sets a timer of the order anew if money of it is on its way back: how much of
// it will be final is not known yet.
func (s *Service) postponed(ctx context.Context, tx tenantdb.Tx, head orderdb.LockWholeRow, set func(at time.Time) error) (bool, error) {
	if s.refunds == nil {
		return false, nil
	}
	underWay, _, err := s.refunds.GoingBackTx(ctx, tx, head.OrderNo)
	if err != nil || underWay == 0 {
		return false, err
	}
	return true, set(tx.Now().Add(refundPatience))
}

// NothingSentTx refuses an order of which something has left the shop. Faults: NOT_FOUND,
// ORDER_SENT.
func (s *Service) NothingSentTx(ctx context.Context, q tenantdb.Querier, orderNo string) error {
	sent, err := s.q.PiecesSent(ctx, q, orderNo)
	if tenantdb.NoRows(err) {
		return fault.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("pieces sent of %s: %w", orderNo, err)
	}
	if sent > 0 {
		return ErrAlreadyLeft
	}
	return nil
}

// returnDocument is the stock document of what comes back to the shelf with an order's
// money. An order closes that way once, and inventory takes a document once.
func returnDocument(orderNo string) string { return "refund:" + orderNo }

// putBack takes back to the shelf what an order that closes with its money had not sent.
// What left the shop comes back through its buyer, if at all.
func (s *Service) putBack(ctx context.Context, tx tenantdb.Tx, orderNo string, rows []orderdb.UnsentRow) error {
	lines := make([]inventory.Line, 0, len(rows))
	for _, r := range rows {
		lines = append(lines, inventory.Line{SKUID: r.SkuID, Qty: r.Left})
	}
	if len(lines) == 0 {
		return nil
	}
	return s.inventory.ReceiveTx(ctx, tx, returnDocument(orderNo), lines, string(System))
}
