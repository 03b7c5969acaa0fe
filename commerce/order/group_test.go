package order_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"galleria/commerce/campaign"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/pricing"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// grouping starts a campaign of group buying, of three seats unless it is changed.
func (s *shop) grouping(price money.Fen, change func(*campaign.Input), skus ...int64) int64 {
	s.t.Helper()
	in := campaign.Input{Kind: campaign.Group, Seats: 3, FillHours: 2}
	for _, sku := range skus {
		in.Prices = append(in.Prices, campaign.Price{SKUID: sku, PriceFen: price})
	}
	if change != nil {
		change(&in)
	}
	return s.campaign(in)
}

// seat places an order of one piece that opens a group, or joins one.
func (s *shop) seat(b buyer, price money.Fen, sku int64, g order.Group) (order.Placed, error) {
	in := s.input(b, price, order.LineInput{SKUID: sku, Qty: 1})
	in.Group = g
	placed, _, err := s.orders.Place(s.t.Context(), s.Tenant.ID, in)
	return placed, err
}

func (s *shop) groupOf(orderNo string) (no string) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(s.t.Context(), "SELECT g.group_no FROM group_seat s JOIN buy_group g ON g.id = s.group_id WHERE s.order_no = $1", orderNo).Scan(&no)
	})
	return no
}

func (s *shop) group(no string) campaign.BuyGroup {
	s.t.Helper()
	g, err := s.campaigns.BuyGroup(s.t.Context(), s.Tenant.ID, no)
	if err != nil {
		s.t.Fatal(err)
	}
	return g
}

// opened is a group whose first seat is paid.
func (s *shop) opened(b buyer, price money.Fen, sku, campaignID int64) (group string, first order.Placed) {
	s.t.Helper()
	first, err := s.seat(b, price, sku, order.Group{CampaignID: campaignID})
	if err == nil {
		_, err = s.pay(first.OrderNo, "T"+first.OrderNo, price)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return s.groupOf(first.OrderNo), first
}

// TestTwoHundredBuyersOfGroups: of two hundred buyers who join ten groups of three at once, as many
// as there are seats get one, everybody else is told that the group is full, and every group that is
// paid is complete.
func TestTwoHundredBuyersOfGroups(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	sku := s.product(5000, 1000)[0]
	id := s.grouping(600, nil, sku)
	const groups, buyers = 10, 200
	var nos [groups]string
	for i := range groups {
		nos[i], _ = s.opened(s.buyer(), 600, sku, id)
	}
	people := s.crowd(buyers)
	var wait sync.WaitGroup
	var sat, full atomic.Int64
	start := make(chan struct{})
	for i, b := range people {
		wait.Go(func() {
			<-start
			for { // busy is not refused: a buyer presses again
				placed, err := s.seat(b, 600, sku, order.Group{CampaignID: id, GroupNo: nos[i%groups]})
				switch {
				case err == nil:
					sat.Add(1)
					if _, err := s.pay(placed.OrderNo, "T"+placed.OrderNo, 600); err != nil {
						t.Errorf("pay: %v", err)
					}
				case errors.Is(err, campaign.ErrGroupFull), errors.Is(err, campaign.ErrGroupGone): // or complete by then
					full.Add(1)
				case fault.KindOf(err) == fault.Unavailable:
					continue
				default:
					t.Errorf("an error of ours: %v", err)
				}
				return
			}
		})
	}
	close(start)
	wait.Wait()
	if sat.Load() != 2*groups || full.Load() != buyers-2*groups {
		t.Errorf("%d have a seat, %d are refused", sat.Load(), full.Load())
	}
	if n := s.count("SELECT count(*) FROM buy_group WHERE status = 'complete' AND taken = 3 AND paid = 3"); n != groups {
		t.Errorf("%d groups are complete", n)
	}
	if n := s.count("SELECT count(*) FROM platform.outbox WHERE topic = 'group.complete' AND tenant_id = $1", s.Tenant.ID.String()); n != groups {
		t.Errorf("%d groups were announced", n)
	}
	if onHand, reserved := s.level(sku); onHand != 5000-3*groups || reserved != 0 {
		t.Errorf("%d on hand, %d reserved", onHand, reserved)
	}
	s.healthy(t)
}

// TestGroupIsJoinedByItsRules: the price is for who names the group; a second seat, a full, an ended
// or a foreign group, more pieces than allowed, and a second line are refused, before anything is
// written; nothing else lowers the price; goods wait until the group is complete.
func TestGroupIsJoinedByItsRules(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	a, b, c, d := s.buyer(), s.buyer(), s.buyer(), s.buyer()
	skus := s.product(100, 1000, 2000)
	other := s.product(100, 1000)[0]
	id := s.grouping(600, func(in *campaign.Input) { in.PerOrder, in.PerMember = 2, 2 }, skus[0], other)
	s.gift(nil, campaign.Tier{NeedQty: 1, OffFen: 10})
	if q := s.quote(a, order.QuoteInput{Lines: []order.LineInput{{SKUID: skus[0], Qty: 1}}}); q.PayableFen != 990 {
		t.Errorf("alone it costs %d", q.PayableFen)
	}
	if q := s.quote(a, order.QuoteInput{Group: order.Group{CampaignID: id}, Lines: []order.LineInput{{SKUID: skus[0], Qty: 2}}}); q.PayableFen != 1200 {
		t.Errorf("two in a group cost %d", q.PayableFen)
	} else if off, _ := answerTo(q, pricing.KindReduction); off.Applied {
		t.Error("a reduction meets the price of a group")
	}
	group, first := s.opened(a, 600, skus[0], id)
	join := order.Group{CampaignID: id, GroupNo: group}
	for name, refused := range map[string]struct {
		who  buyer
		in   order.Group
		line order.LineInput
		want string
	}{
		"one's own group":      {a, join, order.LineInput{SKUID: skus[0], Qty: 1}, "GROUP_MINE"},
		"too many pieces":      {b, join, order.LineInput{SKUID: skus[0], Qty: 3}, "GROUP_LIMIT"},
		"more than a member's": {a, order.Group{CampaignID: id}, order.LineInput{SKUID: skus[0], Qty: 2}, "GROUP_LIMIT"},
		"another SKU":          {b, join, order.LineInput{SKUID: skus[1], Qty: 1}, "GROUP_GONE"},
		"another product":      {b, join, order.LineInput{SKUID: other, Qty: 1}, "GROUP_GONE"},
		"no such group":        {b, order.Group{CampaignID: id, GroupNo: "GXXXXXXXXXXXXXXX"}, order.LineInput{SKUID: skus[0], Qty: 1}, "GROUP_GONE"},
		"no such campaign":     {b, order.Group{CampaignID: 999}, order.LineInput{SKUID: skus[0], Qty: 1}, "GROUP_GONE"},
	} {
		in := s.input(refused.who, 600*money.Fen(refused.line.Qty), refused.line)
		in.Group = refused.in
		if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); fault.CodeOf(err) != refused.want {
			t.Errorf("%s: %v, want %s", name, err, refused.want)
		}
	}
	two := s.input(b, 0, order.LineInput{SKUID: skus[0], Qty: 1}, order.LineInput{SKUID: other, Qty: 1})
	two.QuoteHash, two.Group = "0123456789abcdef0123456789abcdef", join
	if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, two); fault.CodeOf(err) != "VALIDATION" {
		t.Errorf("two lines: %v", err)
	}
	if n := s.count("SELECT count(*) FROM orders"); n != 1 {
		t.Errorf("%d orders were written", n)
	}
	second, err := s.seat(b, 600, skus[0], join)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.pay(second.OrderNo, "T2", 600); err != nil {
		t.Fatal(err)
	}
	third, err := s.seat(c, 600, skus[0], join)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.seat(d, 600, skus[0], join); fault.CodeOf(err) != "GROUP_FULL" {
		t.Errorf("a fourth seat of three: %v", err)
	}
	// Unpaid: the seat can be had again.
	if _, err := s.orders.Cancel(t.Context(), s.Tenant.ID, c.id, third.OrderNo); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.finish(third.OrderNo); err != nil {
			t.Fatal(err)
		}
	}
	if g := s.group(group); g.Taken != 2 || g.Paid != 2 || g.Status != campaign.GroupOpen {
		t.Errorf("after one left: %+v", g)
	}
	if _, err := ship(s, first.OrderNo, "SF1234567890123", nil); !errors.Is(err, order.ErrGroupWaits) {
		t.Errorf("sent before the group is complete: %v", err)
	}
	fourth, err := s.seat(d, 600, skus[0], join)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.pay(fourth.OrderNo, "T4", 600); err != nil {
		t.Fatal(err)
	}
	if g := s.group(group); g.Status != campaign.GroupComplete || g.EndedAt == nil || len(g.Members) != 4 {
		t.Errorf("complete: %+v", g)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error {
		return s.orders.GroupCompleteTx(t.Context(), tx, []string{first.OrderNo, second.OrderNo, fourth.OrderNo})
	})
	s.healthy(t)
	if _, err := ship(s, first.OrderNo, "SF1234567890123", nil); err != nil {
		t.Errorf("sent after it: %v", err)
	}
	s.refund(second.OrderNo, "T2", 600) // a complete group stays so, and shows who is left
	if g := s.group(group); g.Status != campaign.GroupComplete || g.Taken != 3 || g.Members[1].BackAt == nil {
		t.Errorf("after a refund: %+v", g)
	}
}

// TestGroupThatDoesNotFill: when its time is over each paid seat is asked back once, also one that
// is paid only then; with the last money back the group has failed, and its stock is free.
func TestGroupThatDoesNotFill(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	a, b, c := s.buyer(), s.buyer(), s.buyer()
	sku := s.product(10, 1000)[0]
	id := s.grouping(600, nil, sku)
	group, first := s.opened(a, 600, sku, id)
	join := order.Group{CampaignID: id, GroupNo: group}
	second, err := s.seat(b, 600, sku, join)
	if err != nil {
		t.Fatal(err)
	}
	due := func() {
		t.Helper()
		s.InTenant(t, func(tx tenantdb.Tx) error { return s.campaigns.GroupDueTx(t.Context(), tx, group) })
	}
	due()
	if g := s.group(group); g.Status != campaign.GroupOpen {
		t.Errorf("ended before its time: %+v", g)
	}
	s.Clock().Advance(2 * time.Hour)
	if _, err := s.seat(c, 600, sku, join); fault.CodeOf(err) != "GROUP_GONE" {
		t.Errorf("joined when its time is over: %v", err)
	}
	due()
	due()
	if g := s.group(group); g.Status != campaign.GroupRefunding {
		t.Errorf("when its time is over: %+v", g)
	}
	ask := func() (nos []string) {
		t.Helper()
		s.InTenant(t, func(tx tenantdb.Tx) error {
			list, _, err := s.campaigns.AskBackTx(t.Context(), tx, group)
			for _, o := range list {
				nos = append(nos, o.OrderNo)
			}
			return err
		})
		return nos
	}
	if nos := fmt.Sprint(ask(), ask()); nos != fmt.Sprint([]string{first.OrderNo}, []string(nil)) {
		t.Errorf("asked back %s", nos)
	}
	if _, err := s.pay(second.OrderNo, "T2", 600); err != nil { // the buyer was faster than the clock
		t.Fatal(err)
	}
	if nos := fmt.Sprint(ask(), ask()); nos != fmt.Sprint([]string{second.OrderNo}, []string(nil)) {
		t.Errorf("paid too late, asked back %s", nos)
	}
	if n := s.count("SELECT count(*) FROM platform.outbox WHERE topic = 'group.failed' AND tenant_id = $1", s.Tenant.ID.String()); n != 2 {
		t.Errorf("%d events for the money", n)
	}
	s.refund(first.OrderNo, "T"+first.OrderNo, 600)
	if g := s.group(group); g.Status != campaign.GroupRefunding || g.Paid != 1 {
		t.Errorf("half of it is back: %+v", g)
	}
	s.refund(second.OrderNo, "T2", 600)
	if g := s.group(group); g.Status != campaign.GroupFailed || g.Paid != 0 || g.Taken != 0 {
		t.Errorf("all of it is back: %+v", g)
	}
	if onHand, reserved := s.level(sku); onHand != 10 || reserved != 0 {
		t.Errorf("%d on hand, %d held", onHand, reserved)
	}
	// The shop stops the campaign: what is open ends, what is complete stays.
	another, _ := s.opened(c, 600, sku, id)
	pending, err := s.seat(a, 600, sku, order.Group{CampaignID: id})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.campaigns.Stop(t.Context(), s.Tenant.ID, id, "staff:1"); err != nil {
		t.Fatal(err)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := s.campaigns.StopGroupsTx(t.Context(), tx, id)
		return err
	})
	if g := s.group(another); g.Status != campaign.GroupRefunding || !g.Stopped {
		t.Errorf("stopped: %+v", g)
	}
	no := s.groupOf(pending.OrderNo)
	if _, err := s.pay(pending.OrderNo, "T9", 600); err != nil {
		t.Fatal(err)
	}
	if g := s.group(no); g.Status != campaign.GroupAbandoned || g.Paid != 1 {
		t.Errorf("opened by a payment after it was stopped: %+v", g)
	}
}

// TestUnpaidOrderOfAFailedGroupCloses: nobody pays for a group that has failed, and none of its goods
// are sent. Money that was on its way all the same is late and goes back.
func TestUnpaidOrderOfAFailedGroupCloses(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	a, b, c := s.buyer(), s.buyer(), s.buyer()
	sku := s.product(10, 1000)[0]
	id := s.grouping(600, nil, sku)
	group, first := s.opened(a, 600, sku, id)
	second, err := s.seat(b, 600, sku, order.Group{CampaignID: id, GroupNo: group})
	if err != nil {
		t.Fatal(err)
	}
	s.Clock().Advance(2 * time.Hour)
	for range 2 {
		s.InTenant(t, func(tx tenantdb.Tx) error {
			if err := s.campaigns.GroupDueTx(t.Context(), tx, group); err != nil {
				return err
			}
			return s.orders.GroupFailedTx(t.Context(), tx, []string{second.OrderNo, first.OrderNo})
		})
	}
	got, err := s.orders.Get(t.Context(), s.Tenant.ID, b.id, second.OrderNo)
	if err != nil || got.Status != order.Closing || got.CloseReason != order.ByGroupFailed || got.GroupState != "failed" || len(got.Actions) != 0 {
		t.Errorf("unpaid: %+v, %v", got, err)
	}
	if got, err := s.orders.Get(t.Context(), s.Tenant.ID, a.id, first.OrderNo); err != nil || got.Status != order.Paid || got.GroupState != "failed" {
		t.Errorf("paid: %+v, %v", got, err)
	}
	if _, err := ship(s, first.OrderNo, "SF1234567890123", nil); fault.CodeOf(err) != "GROUP_WAITS" {
		t.Errorf("sent: %v", err)
	}
	if _, err := s.pay(second.OrderNo, "T2", 600); err != nil { // it had been paid before the provider was told
		t.Fatal(err)
	}
	if n := s.count("SELECT count(*) FROM platform.outbox WHERE topic = 'group.failed' AND tenant_id = $1", s.Tenant.ID.String()); n != 2 {
		t.Errorf("%d events for the money, want 2", n)
	}
	// The one who would open a group of a campaign that was stopped cannot pay either.
	pending, err := s.seat(c, 600, sku, order.Group{CampaignID: id})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.campaigns.Stop(t.Context(), s.Tenant.ID, id, "staff:1"); err != nil {
		t.Fatal(err)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := s.campaigns.StopGroupsTx(t.Context(), tx, id)
		return err
	})
	if n := s.count("SELECT count(*) FROM platform.outbox WHERE topic = 'group.failed' AND tenant_id = $1 AND key = $2", s.Tenant.ID.String(), s.groupOf(pending.OrderNo)); n != 1 {
		t.Errorf("%d events for who had not opened it yet, want 1", n)
	}
}
