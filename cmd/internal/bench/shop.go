package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"galleria/commerce/catalog"
	"galleria/commerce/coupon"
	"galleria/commerce/inventory"
	"galleria/commerce/member"
	"galleria/commerce/money"
	"galleria/commerce/pricing"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/provision"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// The size of the bench's shop: the catalogue of the bars, and enough buyers that no two
// connections share one.
const (
	products    = 1000
	skusEach    = 3
	crowd       = 512 // buyers of each kind, see below
	buyers      = 4 * crowd
	plenty      = 100_000_000 // pieces of each SKU
	yardOrders  = 4000        // orders that the yardsticks pay
	seedWorkers = 16
	appID       = "wx0bench0bench0bn"
	mchID       = "1900000109"
	yardPrefix  = "BENCHYARD"
)

// shop is what the generator knows about the shop.
type shop struct {
	id         tenant.ID
	app        tenant.AppID
	accountKey string
	accountID  int64
	buyers     []buyer
	firstSPU   int64 // products have the ids firstSPU … firstSPU+products-1
	firstSKU   int64
	prices     []money.Fen // by SKU id - firstSKU
	category   int64
	claimable  int64 // a coupon without end
}

// The first crowd fills carts and orders; the second only makes whole purchases, so that its
// carts are empty when one begins; the third is the yardsticks', of whom the product is only
// asked to give them coupons; the fourth holds twenty coupons each.
func (b *shop) browsing() []buyer   { return b.buyers[:crowd] }
func (b *shop) purchasing() []buyer { return b.buyers[crowd : 2*crowd] }
func (b *shop) yardstick() []buyer  { return b.buyers[2*crowd : 3*crowd] }
func (b *shop) holding() []buyer    { return b.buyers[3*crowd:] }

// buyer is a member with a session and an address.
type buyer struct {
	id      int64
	bearer  string
	openID  string
	address int64
}

// assignHouse gives a shop the plan without limits: what is asked of it in seconds is more than a
// shop sells in a month.
func assignHouse(ctx context.Context, s *stack, id tenant.ID) error {
	return s.services.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		return s.services.Plans.AssignTx(ctx, tx, id, "house", "system", "benchmark")
	})
}

// openShop makes the shop through the services, as a merchant and its buyers would.
func openShop(ctx context.Context, s *stack) (*shop, error) {
	t, err := s.services.Provision.OpenShop(ctx, provision.ShopInput{RequestKey: "bench", Handle: "bench", Name: "基准店"}) //nolint:gosmopolitan // test data
	if err != nil {
		return nil, err
	}
	if err := assignHouse(ctx, s, t.ID); err != nil {
		return nil, err
	}
	app, _ := tenant.ParseAppID(appID)
	b := &shop{id: t.ID, app: app}
	err = s.services.Registry.AddApp(ctx, tenant.App{ID: app, Provider: tenant.WeChat, TenantID: t.ID, Name: "bench", Enabled: true})
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context, *stack) error{b.addAccount, b.addProducts, b.receiveStock, b.addBuyers, b.addYardOrders, b.addCoupons} {
		if err := step(ctx, s); err != nil {
			return nil, fmt.Errorf("make the shop: %w", err)
		}
	}
	_, err = s.owner.Exec(ctx, "VACUUM ANALYZE")
	if err != nil {
		return nil, fmt.Errorf("make the shop: %w", err)
	}
	return b, nil
}

func (b *shop) addAccount(ctx context.Context, s *stack) error {
	m, err := s.sandbox.AddMerchant(sandbox.MerchantInput{MchID: mchID})
	if err != nil {
		return err
	}
	if _, err := s.sandbox.AddApp(sandbox.AppInput{AppID: appID, MchIDs: []string{mchID}}); err != nil {
		return err
	}
	a, err := s.services.Accounts.Add(ctx, b.id, account.AddInput{
		Mode: payments.Sandbox, Name: "bench", MerchantNo: m.MchID, AppIDs: []tenant.AppID{b.app},
		BaseURL: s.sandboxAt,
		Keys: account.WeChatKeys{
			PrivateKey: vault.NewSecret([]byte(m.PrivateKeyPEM)), APIv3Key: vault.NewSecret([]byte(m.APIv3Key)), Serial: m.CertificateSerial,
			KeyMode: payments.KeyModePublicKey, PublicKeyID: m.PublicKeyID, PublicKey: m.PublicKeyPEM,
		},
	})
	b.accountKey, b.accountID = a.Key, a.ID
	return err
}

func (b *shop) addProducts(ctx context.Context, s *stack) (err error) {
	if b.category, err = s.services.Catalog.CreateCategory(ctx, b.id, catalog.CategoryInput{Name: "all"}); err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(seedWorkers)
	for n := range products {
		group.Go(func() error {
			p, err := s.services.Catalog.CreateProduct(groupCtx, b.id, productInput(b.category, n))
			if err != nil {
				return err
			}
			return s.services.Catalog.SetShelf(groupCtx, b.id, p.ID, catalog.OnShelf)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return b.learn(ctx, s)
}

// words are what products are called; each one is in a tenth of the titles.
func words() []string {
	return []string{"shirt", "jacket", "kettle", "lamp", "chair", "basket", "teapot", "scarf", "wallet", "backpack"}
}

func productInput(category int64, n int) catalog.ProductInput {
	in := catalog.ProductInput{
		CategoryID: category, Title: fmt.Sprintf("Cotton %s %04d", words()[n/100], n), Subtitle: fmt.Sprintf("synthetic subtitle of product %d", n),
		Cover: fmt.Sprintf("/media/cover/%d.webp", n), Detail: detail(), Specs: []catalog.Spec{{Name: "size", Values: []string{"S", "M", "L"}}},
		Sort: int32(n * 7919 % products), // every place of the shelf once: 7919 is prime
	}
	for i, size := range in.Specs[0].Values {
		in.SKUs = append(in.SKUs, catalog.SKUInput{SpecValues: []string{size}, PriceFen: money.Fen(1000 + n*37%9000 + i*500)})
	}
	return in
}

func detail() string { return strings.Repeat("Detail text of the product. ", 40) }

// learn reads the ids. The yardsticks draw them as numbers of a range, so it must be whole.
func (b *shop) learn(ctx context.Context, s *stack) error {
	return s.inTenant(ctx, b.id, func(q tenantdb.Querier) error {
		var spus, skus, lastSPU, lastSKU int64
		err := q.QueryRow(ctx, "SELECT min(id), max(id), count(*) FROM spu").Scan(&b.firstSPU, &lastSPU, &spus)
		if err == nil {
			err = q.QueryRow(ctx, "SELECT min(id), max(id), count(*) FROM sku").Scan(&b.firstSKU, &lastSKU, &skus)
		}
		if err != nil {
			return err
		}
		if spus != products || skus != products*skusEach || lastSPU-b.firstSPU+1 != spus || lastSKU-b.firstSKU+1 != skus {
			return fmt.Errorf("%d products and %d SKUs, or gaps in their ids", spus, skus)
		}
		rows, err := q.Query(ctx, "SELECT price_fen::bigint FROM sku ORDER BY id")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var fen int64
			if err := rows.Scan(&fen); err != nil {
				return err
			}
			b.prices = append(b.prices, money.Fen(fen))
		}
		return rows.Err()
	})
}

func (b *shop) receiveStock(ctx context.Context, s *stack) error {
	const chunk = 500
	// A buyer of the bench orders more than a person would.
	err := s.services.DB.InTenant(ctx, b.id, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE shop SET max_open_orders = 1000")
		return err
	})
	if err != nil {
		return err
	}
	for from := 0; from < len(b.prices); from += chunk {
		var lines []inventory.Line
		for i := from; i < min(from+chunk, len(b.prices)); i++ {
			lines = append(lines, inventory.Line{SKUID: b.firstSKU + int64(i), Qty: plenty})
		}
		err := s.services.DB.InTenant(ctx, b.id, func(tx tenantdb.Tx) error {
			return s.services.Inventory.ReceiveTx(ctx, tx, "bench-"+strconv.Itoa(from), lines, "system")
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *shop) addBuyers(ctx context.Context, s *stack) error {
	b.buyers = make([]buyer, buyers)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(seedWorkers)
	for i := range b.buyers {
		group.Go(func() (err error) {
			b.buyers[i], err = b.addBuyer(ctx, s, "buyer"+strconv.Itoa(i))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	slices.SortFunc(b.buyers, func(x, y buyer) int { return cmp.Compare(x.id, y.id) })
	if b.buyers[buyers-1].id-b.buyers[0].id != buyers-1 {
		return errors.New("gaps in the ids of the buyers")
	}
	return nil
}

// addBuyer logs a buyer in past the provider; the sandbox hears of the buyer all the same,
// because it refuses payments of strangers.
func (b *shop) addBuyer(ctx context.Context, s *stack, name string) (buyer, error) {
	if _, err := s.sandbox.Login(b.app.String(), name); err != nil {
		return buyer{}, err
	}
	openID := sandbox.OpenID(b.app.String(), name)
	tokens, err := s.services.Members.Login(ctx, b.id, member.LoginInput{AppID: b.app, OpenID: openID})
	if err != nil {
		return buyer{}, err
	}
	address, err := s.services.Members.AddAddress(ctx, b.id, tokens.MemberID, member.AddressInput{
		Name: "Li", Phone: "13800000000", Province: "Zhejiang", City: "Hangzhou", Detail: "No 1 Test Road",
	})
	if err != nil {
		return buyer{}, err
	}
	return buyer{id: tokens.MemberID, bearer: "Bearer " + tokens.AccessToken, openID: openID, address: address.ID}, nil
}

// addYardOrders makes unpaid orders that only the yardsticks pay.
func (b *shop) addYardOrders(ctx context.Context, s *stack) error {
	return s.inTenant(ctx, b.id, func(q tenantdb.Querier) error {
		_, err := q.Exec(ctx, `INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, payable_fen, address, expires_at, placed_at)
			SELECT $1 || n, $2, 'wxbench', 'pending_payment', 1000, 1000, '{}', now() + interval '1 day', now() FROM generate_series(1, $3::int) n`,
			yardPrefix, b.yardstick()[0].id, yardOrders)
		if err != nil {
			return err
		}
		_, err = q.Exec(ctx, `INSERT INTO payment_attempt (out_trade_no, business_no, account_id, channel, app_id, payer, title, amount_fen, status, expires_at, created_at, updated_at)
			SELECT $1 || n, $1 || n, $2, 'wechat', 'wxbench', 'openid', 'product', 1000, 'prepaid', now() + interval '1 day', now(), now() FROM generate_series(1, $3::int) n`,
			yardPrefix, b.accountID, yardOrders)
		return err
	})
}

// held is how many coupons each of the fourth crowd holds.
const held = 20

// addCoupons makes twenty coupons of different needs for the fourth crowd, and one that is
// there for everybody.
func (b *shop) addCoupons(ctx context.Context, s *stack) error {
	add := func(in coupon.Input) (int64, error) {
		in.Kind, in.PerMember = coupon.Goods, 1000
		in.Terms.ScopeOf = cmp.Or(in.Terms.ScopeOf, coupon.ScopeAll)
		in.Terms.ValidDays, in.Terms.OnRefund, in.Terms.Funder = 30, coupon.Restore, pricing.FunderShop
		id, err := s.services.Coupons.Save(ctx, b.id, 0, 0, in, "staff:1")
		if err != nil {
			return 0, err
		}
		return id, s.services.Coupons.SetStatus(ctx, b.id, id, coupon.Live, "staff:1")
	}
	members := make([]int64, crowd)
	for i, who := range b.holding() {
		members[i] = who.id
	}
	for i := range held {
		in := coupon.Input{Title: "coupon " + strconv.Itoa(i), Terms: coupon.Terms{NeedFen: money.Fen(i * 1000), OffFen: money.Fen(10 + i)}}
		if i%4 == 1 { // some of some goods, as shops have them
			in.Terms.ScopeOf, in.Terms.ScopeIDs = coupon.ScopeCategories, []int64{b.category}
		}
		id, err := add(in)
		if err != nil {
			return err
		}
		if _, err := s.services.Coupons.Issue(ctx, b.id, id, members, "bench", "staff:1"); err != nil {
			return err
		}
	}
	var err error
	b.claimable, err = add(coupon.Input{Title: "for everybody", Claimable: true, Terms: coupon.Terms{OffFen: 100}})
	return err
}

// price is what one piece of each SKU costs together, fen.
func (b *shop) price(skus ...int64) money.Fen {
	var sum money.Fen
	for _, id := range skus {
		sum += b.prices[id-b.firstSKU]
	}
	return sum
}

// inTenant runs fn in the tenant's schema, in one transaction.
func (s *stack) inTenant(ctx context.Context, id tenant.ID, fn func(q tenantdb.Querier) error) error {
	return s.services.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return fn(tx) })
}
