package order

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"galleria/commerce/campaign"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Group is what an order has to do with group buying; the zero Group is nothing.
type Group struct {
	CampaignID int64
	GroupNo    string // "" opens a group
}

// Groups are what buyers come together in; *campaign.Service keeps them. Repeating PaidTx and LeaveTx
// changes nothing.
type Groups interface {
	SeatTx(ctx context.Context, tx tenantdb.Tx, seat campaign.Seat) error
	PaidTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
	LeaveTx(ctx context.Context, tx tenantdb.Tx, orderNo string) error
}

// Where an order's group stands.
const (
	groupWaits  = "waits"
	groupFailed = "failed"
)

const maxGroupNo = 32

// check: who buys in a group orders that alone.
func (g Group) check(lines []LineInput, exchange int64) error {
	switch {
	case g == Group{}:
		return nil
	case g.CampaignID < 1:
		return fault.Invalidf("group.campaign_id", "must be positive")
	case len(g.GroupNo) > maxGroupNo:
		return fault.Invalidf("group.group_no", "at most %d characters", maxGroupNo)
	case len(lines) != 1 || exchange != 0:
		return fault.Invalidf("lines", "an order of a group has one line")
	}
	return nil
}

// grouped refuses an order that does not get the price of the group that it names.
func (b bid) grouped(priced pricing.Breakdown, to destination) error {
	if b.group.CampaignID == 0 {
		return nil
	}
	i := slices.IndexFunc(priced.Answers, func(a pricing.Answer) bool { return a.Kind == pricing.KindGroup })
	switch {
	case i < 0 || to.kind == Virtual: // what is handed out when it is paid cannot wait
		return campaign.GroupRefusal("")
	case !priced.Answers[i].Applied:
		return campaign.GroupRefusal(priced.Answers[i].Reason)
	}
	return nil
}

// seat takes the order's place in its group.
func (p *placing) seat(ctx context.Context, tx tenantdb.Tx) error {
	seat := campaign.Seat{
		OrderNo: p.placed.OrderNo, MemberID: p.in.MemberID, SKUID: p.lines[0].SKUID, CampaignID: p.in.Group.CampaignID, GroupNo: p.in.Group.GroupNo,
	}
	if seat.GroupNo == "" {
		seat.GroupNo, seat.Opens = "G"+rand.Text()[:15], true
	}
	return p.groups.SeatTx(ctx, tx, seat)
}

// GroupFailedTx tells orders that their group did not fill: their goods never leave, and who has not
// paid cannot any more. Joins the caller's transaction; repeating it changes nothing.
func (s *Service) GroupFailedTx(ctx context.Context, tx tenantdb.Tx, orderNos []string) error {
	for _, no := range slices.Sorted(slices.Values(orderNos)) { // in their order: two of these jobs never wait for each other
		row, err := s.lock(ctx, tx, no)
		if err != nil {
			return fmt.Errorf("order %s of a group: %w", no, err)
		}
		if Status(row.Status) != PendingPayment {
			continue
		}
		if err := s.startClosing(ctx, tx, no, row, EventDisband, System, string(System), ByGroupFailed); err != nil {
			return fmt.Errorf("order %s of a group: %w", no, err)
		}
	}
	if err := s.q.GroupFailed(ctx, tx, orderNos); err != nil {
		return fmt.Errorf("orders of a failed group: %w", err)
	}
	return nil
}

// GroupCompleteTx lets the goods of orders leave whose group is complete. Joins the caller's
// transaction; repeating it changes nothing.
func (s *Service) GroupCompleteTx(ctx context.Context, tx tenantdb.Tx, orderNos []string) error {
	if err := s.q.GroupComplete(ctx, tx, orderNos); err != nil {
		return fmt.Errorf("orders of a complete group: %w", err)
	}
	return nil
}
