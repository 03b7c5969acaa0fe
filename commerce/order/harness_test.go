package order_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/campaign"
	"galleria/commerce/card"
	"galleria/commerce/cart"
	"galleria/commerce/catalog"
	"galleria/commerce/coupon"
	"galleria/commerce/delivery"
	"galleria/commerce/figures"
	"galleria/commerce/inventory"
	"galleria/commerce/level"
	"galleria/commerce/member"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/points"
	"galleria/commerce/voucher"
	"galleria/tenant"
	"galleria/tenant/idempotency"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// shop is one tenant with everything an order needs, all of it real.
type shop struct {
	*tenanttest.Env
	t          testing.TB
	app        tenant.AppID
	catalog    *catalog.Service
	inventory  *inventory.Service
	members    *member.Service
	carts      *cart.Service
	cards      *card.Service
	vouchers   *voucher.Service
	orders     *order.Service
	coupons    *coupon.Service
	points     *points.Service
	levels     *level.Service
	campaigns  *campaign.Service
	figures    *figures.Service
	places     *plan.Meter
	deliveries *delivery.Service
	going      *goingBack
	keys       atomic.Int64
}

// buyer is a member with an address.
type buyer struct {
	id, address int64
}

func newShop(t testing.TB, options ...tenanttest.Option) *shop {
	t.Helper()
	env := tenanttest.New(t, options...)
	s := &shop{Env: env, t: t, app: env.App(t, env.Tenant).ID, going: &goingBack{fen: map[string][2]money.Fen{}}}
	s.catalog = catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans, Timers: env.Timers})
	s.inventory = inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel})
	s.members = member.New(member.Deps{DB: env.DB, Now: env.Clock().Now, Rand: rand.Reader, Vault: env.Vault})
	s.carts = cart.New(cart.Deps{DB: env.DB})
	s.cards = card.New(card.Deps{DB: env.DB, Stock: s.inventory, Vault: env.Vault, Audit: env.Audit, Rand: rand.Reader})
	s.vouchers = voucher.New(env.DB)
	s.places = plan.NewMeter(env.Plans, plan.Orders)
	// One buyer stands for many in these tests.
	env.Owner(t, fmt.Sprintf("INSERT INTO %s.shop (name, max_open_orders) VALUES ('山野', 1000) ON CONFLICT (only_row) DO UPDATE SET max_open_orders = 1000", env.Tenant.ID))
	s.coupons = coupon.New(coupon.Deps{
		DB: env.DB, Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit, Rand: rand.Reader,
		HasPaid: func(ctx context.Context, q tenantdb.Querier, memberID int64) (bool, error) {
			return s.orders.HasPaid(ctx, q, memberID)
		},
	})
	s.points = points.New(points.Deps{DB: env.DB, Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit, Books: noBooks{}, Coupons: s.coupons, Now: env.Clock().Now})
	s.levels = level.New(level.Deps{DB: env.DB, Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit})
	s.campaigns = campaign.New(campaign.Deps{DB: env.DB, Audit: env.Audit, Timers: env.Timers, Tell: s.catalog.TellPricesTx, Outbox: env.Outbox})
	s.deliveries = delivery.New(delivery.Deps{DB: env.DB, Audit: env.Audit, Vault: env.Vault})
	s.figures = figures.New(env.DB, env.Timers)
	s.orders = order.New(order.Deps{
		Offers: []order.Offers{s.coupons, s.points, s.levels, s.campaigns}, Groups: s.campaigns,
		DB: env.DB, Catalog: s.catalog, Inventory: s.inventory, Addresses: s.members,
		Carts: s.carts, Vouchers: s.vouchers, Cards: s.cards, Places: s.places, Stores: s.deliveries, Outbox: env.Outbox, Timers: env.Timers, Audit: env.Audit, Refunds: s.going, Figures: s.figures,
	})
	return s
}

// sold is how many pieces of a SKU's product were sold, once its orders are counted.
func (s *shop) sold(skuID int64) int64 {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		const limit = 100
		due, err := s.figures.DueTx(s.t.Context(), tx, limit)
		if err != nil {
			return err
		}
		pieces, more, err := s.figures.CountTx(s.t.Context(), tx, due, limit)
		if more {
			s.t.Errorf("more than %d orders are to be counted", limit)
		}
		if err != nil {
			return err
		}
		return s.catalog.AddSalesTx(s.t.Context(), tx, pieces)
	})
	return s.count("SELECT sales FROM spu WHERE id = (SELECT spu_id FROM sku WHERE id = $1)", skuID)
}

// product puts a product with one SKU per price on the shelf, stock pieces of each, and
// returns the SKU ids.
func (s *shop) product(stock int64, prices ...money.Fen) []int64 {
	s.t.Helper()
	ctx := s.t.Context()
	categoryID, err := s.catalog.CreateCategory(ctx, s.Tenant.ID, catalog.CategoryInput{Name: "茶叶"})
	if err != nil {
		s.t.Fatal(err)
	}
	in := catalog.ProductInput{CategoryID: categoryID, Title: "明前龙井 " + tenanttest.RandomHex(3)}
	var values []string
	for i, p := range prices {
		values = append(values, fmt.Sprintf("规格%d", i+1))
		in.SKUs = append(in.SKUs, catalog.SKUInput{SpecValues: values[i : i+1], PriceFen: p})
	}
	in.Specs = []catalog.Spec{{Name: "规格", Values: values}}
	p, err := s.catalog.CreateProduct(ctx, s.Tenant.ID, in)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.catalog.SetShelf(ctx, s.Tenant.ID, p.ID, catalog.OnShelf); err != nil {
		s.t.Fatal(err)
	}
	var ids []int64
	var lines []inventory.Line
	for _, sku := range p.SKUs {
		ids = append(ids, sku.ID)
		lines = append(lines, inventory.Line{SKUID: sku.ID, Qty: stock})
	}
	if stock > 0 {
		s.InTenant(s.t, func(tx tenantdb.Tx) error {
			return s.inventory.ReceiveTx(ctx, tx, "RK"+tenanttest.RandomHex(6), lines, "staff:1")
		})
	}
	return ids
}

func (s *shop) buyer() buyer {
	s.t.Helper()
	tokens, err := s.members.Login(s.t.Context(), s.Tenant.ID, member.LoginInput{AppID: s.app, OpenID: "o" + tenanttest.RandomHex(10)})
	if err != nil {
		s.t.Fatal(err)
	}
	a, err := s.members.AddAddress(s.t.Context(), s.Tenant.ID, tokens.MemberID, member.AddressInput{
		Name: "王小明", Phone: "13800138000", Province: "浙江省", City: "杭州市", District: "西湖区", DivisionCode: "330106", Detail: "龙井路1号",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return buyer{id: tokens.MemberID, address: a.ID}
}

// crowd is n buyers.
func (s *shop) crowd(n int) []buyer {
	people := make([]buyer, n)
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for i := range next {
				people[i] = s.buyer()
			}
		})
	}
	wait.Wait()
	return people
}

// input is an order of b for lines with a fresh key, expecting what the lines cost now.
func (s *shop) input(b buyer, expected money.Fen, lines ...order.LineInput) order.PlaceInput {
	key := fmt.Sprintf("key-%d", s.keys.Add(1))
	return order.PlaceInput{
		MemberID: b.id, AppID: s.app, AddressID: b.address, Lines: lines, ExpectedPayableFen: expected,
		Key: idempotency.Key{Scope: fmt.Sprintf("member:%d:order.place", b.id), Value: key, Body: fmt.Append(nil, lines)},
	}
}

// place makes an order that must succeed.
func (s *shop) place(b buyer, expected money.Fen, lines ...order.LineInput) order.Placed {
	s.t.Helper()
	placed, _, err := s.orders.Place(s.t.Context(), s.Tenant.ID, s.input(b, expected, lines...))
	if err != nil {
		s.t.Fatalf("place: %v", err)
	}
	return placed
}

// pay reports the order's money through out_trade_no no.
func (s *shop) pay(orderNo, no string, amount money.Fen) (outcome order.PaidOutcome, err error) {
	err = s.DB.InTenant(s.t.Context(), s.Tenant.ID, func(tx tenantdb.Tx) (err error) {
		outcome, err = s.orders.MarkPaidTx(s.t.Context(), tx, order.PaidInput{
			OrderNo: orderNo, AmountFen: amount, PaidAt: tx.Now(), Channel: "wechat", OutTradeNo: no, TransactionID: "4200" + no,
		})
		return err
	})
	return outcome, err
}

func (s *shop) expire(orderNo string) error {
	return s.DB.InTenant(s.t.Context(), s.Tenant.ID, func(tx tenantdb.Tx) error {
		return s.orders.ExpireTx(s.t.Context(), tx, orderNo)
	})
}

func (s *shop) finish(orderNo string) (closed bool, err error) {
	err = s.DB.InTenant(s.t.Context(), s.Tenant.ID, func(tx tenantdb.Tx) (err error) {
		closed, err = s.orders.FinishClosingTx(s.t.Context(), tx, orderNo)
		return err
	})
	return closed, err
}

// count runs a query that gives one number.
func (s *shop) count(sql string, args ...any) (n int64) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error { return tx.QueryRow(s.t.Context(), sql, args...).Scan(&n) })
	return n
}

// level is one SKU's stock.
func (s *shop) level(skuID int64) (onHand, reserved int64) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(s.t.Context(), "SELECT on_hand, reserved FROM stock_level WHERE sku_id = $1", skuID).Scan(&onHand, &reserved)
	})
	return onHand, reserved
}

// invariants says, in one query each, what must never be found in a shop.
func invariants() map[string]string {
	return map[string]string{
		"S2 the movements add up to the level": `SELECT l.sku_id FROM stock_level l LEFT JOIN stock_movement m USING (sku_id)
			GROUP BY l.sku_id, l.on_hand, l.reserved
			HAVING l.on_hand <> coalesce(sum(m.on_hand_delta), 0) OR l.reserved <> coalesce(sum(m.reserved_delta), 0)`,
		"S3 reserved is what reservations hold": `SELECT l.sku_id FROM stock_level l LEFT JOIN reservation r ON r.sku_id = l.sku_id AND r.state = 'held'
			GROUP BY l.sku_id, l.reserved HAVING l.reserved <> coalesce(sum(r.qty), 0)`,
		"S4 a reservation's state follows its order": `SELECT r.order_no FROM reservation r LEFT JOIN orders o USING (order_no)
			WHERE NOT EXISTS (SELECT FROM order_parcel p WHERE p.parcel_no = r.order_no AND p.resends IS NOT NULL) AND o.order_no IS NULL OR r.state <> CASE WHEN o.status IN ('pending_payment', 'closing') THEN 'held' WHEN o.status = 'closed' THEN 'released' ELSE 'committed' END`,
		"S5 an order holds what its lines say": `SELECT o.order_no FROM orders o JOIN order_line l ON l.order_id = o.id
			LEFT JOIN reservation r ON r.order_no = o.order_no AND r.sku_id = l.sku_id GROUP BY o.order_no, l.sku_id, r.qty HAVING r.qty IS DISTINCT FROM sum(l.qty)`,
		"O9 pieces sent and packed are in parcels": `SELECT l.id FROM order_line l LEFT JOIN order_parcel_line x ON x.line_id = l.id LEFT JOIN order_parcel p ON p.id = x.parcel_id
			GROUP BY l.id, l.sent, l.packed HAVING l.sent <> coalesce(sum(x.qty) FILTER (WHERE p.shipped_at IS NOT NULL AND p.resends IS NULL), 0) OR l.packed <> coalesce(sum(x.qty) FILTER (WHERE p.status = 'packed'), 0)`,
		"O1 lines add up to the order": `SELECT o.order_no FROM orders o LEFT JOIN order_line l ON l.order_id = o.id
			GROUP BY o.id HAVING o.goods_fen <> coalesce(sum(l.goods_fen), -1) OR o.discount_fen <> sum(l.discount_fen) OR o.payable_fen - o.freight_fen <> sum(l.payable_fen)`,
		"a line's discount is its adjustments": `SELECT o.order_no FROM orders o JOIN order_line l ON l.order_id = o.id
			WHERE l.discount_fen <> coalesce((SELECT sum(a.off_fen) FROM order_adjustment a WHERE a.line_id = l.id), 0)`,
		"C2 a coupon stands where its order does": `SELECT g.id FROM coupon_grant g LEFT JOIN orders o ON o.order_no = g.order_no WHERE g.order_no IS NOT NULL
			AND (o.id IS NULL OR g.member_id <> o.member_id OR g.status <> CASE WHEN o.status IN ('pending_payment', 'closing') THEN 'locked' ELSE 'used' END
			OR g.off_fen <> (SELECT sum(a.off_fen) FROM order_adjustment a WHERE a.order_id = o.id AND a.rule_id = g.id AND a.kind IN ('coupon', 'shipping_coupon')))`,
		"O5 never both paid and closed": `SELECT order_no FROM orders WHERE (status = 'closed' AND paid_at IS NOT NULL) OR (status IN ('pending_payment', 'closing') AND paid_at IS NOT NULL)`,
		"O4 paid once, closed once": `SELECT o.order_no FROM orders o JOIN order_event e ON e.order_id = o.id WHERE e.to_status IN ('paid', 'closed') AND e.from_status IS DISTINCT FROM e.to_status
			GROUP BY o.order_no HAVING count(*) > 1`,
		"timeline ends at the status": `SELECT o.order_no FROM orders o WHERE o.status IS DISTINCT FROM
			(SELECT e.to_status FROM order_event e WHERE e.order_id = o.id ORDER BY e.id DESC LIMIT 1)`,
		"B1 every order has its event": `SELECT o.order_no FROM orders o WHERE NOT EXISTS (SELECT 1 FROM platform.outbox x WHERE x.key = o.order_no AND x.topic = 'order.placed')
			OR ((o.paid_at IS NOT NULL) <> EXISTS (SELECT 1 FROM platform.outbox x WHERE x.key = o.order_no AND x.topic = 'order.paid'))`,
		"every waiting order has its timer": `SELECT o.order_no FROM orders o WHERE (o.status = 'pending_payment') <>
			EXISTS (SELECT 1 FROM platform.timer x WHERE x.key = o.order_no AND x.topic = 'order.expire')`,
	}
}

// healthy fails the test for every invariant that does not hold.
func (s *shop) healthy(t interface{ Errorf(string, ...any) }) {
	for name, sql := range invariants() {
		var broken []string
		err := s.DB.InTenant(s.t.Context(), s.Tenant.ID, func(tx tenantdb.Tx) error {
			rows, err := tx.Query(s.t.Context(), "SELECT x::text FROM ("+sql+") AS t(x)")
			if err != nil {
				return err
			}
			broken, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
		if err != nil || len(broken) > 0 {
			t.Errorf("%s: %s %v", name, strings.Join(broken, ", "), err)
		}
	}
}
