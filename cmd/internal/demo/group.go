package demo

import (
	"context"
	"errors"
	"slices"
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/order"
)

// gather lets a member open a group and pay, if nobody of the shop has: others see one that they
// can join.
func (s *seeding) gather(ctx context.Context) (err error) {
	who := s.members[0]
	mine, err := s.Campaigns.GroupsOf(ctx, s.shop.ID, who.memberID)
	if err != nil || len(mine) > 0 {
		return err
	}
	running, _, _, err := s.Campaigns.List(ctx, s.shop.ID, "", 0, s.now)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(running, func(c campaign.Campaign) bool { return c.Kind == campaign.Group })
	if i < 0 {
		return nil
	}
	const number = 900 // after all of the plan's
	_, product := s.promoted()
	o := orderPlan{number: number, at: s.now.Truncate(time.Second), fate: fatePaid, lines: []linePlan{{item: item{product: product}, qty: 1}}}
	in := s.placeInput(o, who)
	in.Group = order.Group{CampaignID: running[i].ID}
	s.Clock.Set(o.at)
	quote, err := s.Orders.Quote(ctx, s.shop.ID, who.memberID, order.QuoteInput{AppID: s.app, Lines: in.Lines, AddressID: &in.AddressID, Group: in.Group})
	if err != nil {
		return err
	}
	in.ExpectedPayableFen, in.QuoteHash = quote.PayableFen, quote.QuoteHash
	placed, _, err := s.Orders.Place(ctx, s.shop.ID, in)
	if err != nil {
		return err
	}
	t, err := openTill(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	return s.pay(ctx, t, o, who, placed)
}
