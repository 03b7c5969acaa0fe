package bench

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"galleria/commerce/catalog"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/idempotency"
)

const api = "/api/v1"

// product makes the operations on the real server.
type product struct {
	shop    *shop
	stack   *stack
	desk    *pgxpool.Pool // owner in the shop's schema, for what the prepay would have written
	pages   []string      // cursors of full pages of the shelf
	finds   []string      // queries with q and cursor whose page is full
	counter atomic.Int64
	rules   *side // the shop of quoteMany
	large   *large
}

func (p *product) header(b buyer) []string {
	return []string{"X-App-Id", appID, "Authorization", b.bearer}
}

func (p *product) anyBuyer(cl *client) buyer { return p.shop.browsing()[cl.dice.IntN(crowd)] }

// twoSKUs are of different products; the smaller id first.
func (p *product) twoSKUs(n int) (a, b int64) {
	count := len(p.shop.prices)
	return p.shop.firstSKU + int64(n%(count/2)), p.shop.firstSKU + int64(count/2+n*7%(count/2))
}

// crawl learns the cursors of full pages: after every product, and after every hit of every
// word.
func (p *product) crawl(ctx context.Context) error {
	p.pages = []string{"?limit=20"}
	p.finds, p.large.finds = nil, nil
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		found, err := p.walk(ctx, p.shop.id, "", products)
		for _, cursor := range found {
			p.pages = append(p.pages, "?limit=20&cursor="+cursor)
		}
		return err
	})
	group.Go(func() error {
		for _, w := range words() {
			found, err := p.walk(ctx, p.shop.id, w, products/len(words()))
			if err != nil {
				return err
			}
			for _, cursor := range found {
				p.finds = append(p.finds, "?limit=20&q="+w+"&cursor="+cursor)
			}
		}
		return nil
	})
	group.Go(func() error {
		for _, w := range words() {
			found, err := p.walk(ctx, p.large.id, w, products/len(words()))
			if err != nil {
				return err
			}
			for _, cursor := range found {
				p.large.finds = append(p.large.finds, "?limit=20&q="+w+"&cursor="+cursor)
			}
		}
		return nil
	})
	return group.Wait()
}

// walk returns the cursors after each of the first hits-20 products that match.
func (p *product) walk(ctx context.Context, shop tenant.ID, query string, hits int) ([]string, error) {
	var cursors []string
	in := catalog.ListInput{Query: query, Limit: 1}
	for range hits - catalog.DefaultLimit {
		page, err := p.stack.services.Catalog.List(ctx, shop, in)
		if err != nil {
			return nil, fmt.Errorf("walk the shelf: %w", err)
		}
		in.Cursor = page.NextCursor
		cursors = append(cursors, page.NextCursor)
	}
	return cursors, nil
}

// get asks for a page of the catalogue.
func (p *product) get(path func(cl *client) string, want string) operation {
	return func(_ context.Context, cl *client) (bool, error) {
		_, err := cl.do(call{method: http.MethodGet, path: api + path(cl), header: p.header(p.anyBuyer(cl)), want: want})
		return false, err
	}
}

func (p *product) list(of int) operation {
	return p.get(func(cl *client) string { return "/products" + p.pages[cl.dice.IntN(min(of, len(p.pages)))] }, `"skus":[{`)
}

func (p *product) search() operation {
	return p.get(func(cl *client) string { return "/products" + p.finds[cl.dice.IntN(len(p.finds))] }, `"skus":[{`)
}

func (p *product) detail() operation {
	const pages = 50
	return p.get(func(cl *client) string {
		return "/products/" + strconv.FormatInt(p.shop.firstSPU+int64(cl.dice.IntN(pages)), 10)
	}, `Detail text of the product`)
}

// detailAnew spells the product's id with up to fifteen zeros in front, which is another page
// to the memory of answers: there are fewer products than requests between two changes.
func (p *product) detailAnew() operation {
	return p.get(func(cl *client) string {
		return fmt.Sprintf("/products/%0*d", 1+cl.dice.IntN(15), p.shop.firstSPU+int64(cl.dice.IntN(products)))
	}, `Detail text of the product`)
}

func (p *product) quote() operation {
	return func(_ context.Context, cl *client) (bool, error) {
		who := p.anyBuyer(cl)
		a, b := p.twoSKUs(cl.dice.IntN(1 << 20))
		body := fmt.Appendf(nil, `{"lines":[{"sku_id":%d,"qty":1},{"sku_id":%d,"qty":1}],"address_id":%d}`, a, b, who.address)
		_, err := cl.do(call{method: http.MethodPost, path: api + "/checkout/quote", header: p.header(who), body: body, want: fmt.Sprintf(`"payable_fen":%d`, p.shop.price(a, b))})
		return false, err
	}
}

// quoteCoupons is a quote of somebody who holds twenty coupons, of which the best is used.
func (p *product) quoteCoupons() operation {
	return func(_ context.Context, cl *client) (bool, error) {
		who := p.shop.holding()[cl.dice.IntN(crowd)]
		a, b := p.twoSKUs(cl.dice.IntN(1 << 20))
		body := fmt.Appendf(nil, `{"lines":[{"sku_id":%d,"qty":1},{"sku_id":%d,"qty":1}],"address_id":%d}`, a, b, who.address)
		_, err := cl.do(call{method: http.MethodPost, path: api + "/checkout/quote", header: p.header(who), body: body, want: `"applied":true`})
		return false, err
	}
}

// quoteMany is a quote of a basket that meets all of the shop's live rules. Each answer says what
// became of every one, and has the price of the first.
func (p *product) quoteMany() operation {
	var payable sync.Map
	return func(_ context.Context, cl *client) (bool, error) {
		d := p.rules
		who := d.buyers[cl.dice.IntN(len(d.buyers))]
		body := fmt.Appendf(nil, `{"lines":[{"sku_id":%d,"qty":1},{"sku_id":%d,"qty":1},{"sku_id":%d,"qty":1},{"sku_id":%d,"qty":1}],"address_id":%d}`, d.skus[0], d.skus[1], d.skus[2], d.skus[3], who.address)
		answer, err := cl.do(call{method: http.MethodPost, path: api + "/checkout/quote", header: d.header(who), body: body, want: `"applied":true`})
		if err != nil {
			return false, err
		}
		var quote struct {
			PayableFen int64 `json:"payable_fen"`
			Offers     []struct{}
		}
		if err := json.Unmarshal(answer, &quote); err != nil {
			return false, fmt.Errorf("quote: %w", err)
		}
		if first, _ := payable.LoadOrStore("fen", quote.PayableFen); first != quote.PayableFen || len(quote.Offers) < liveRules {
			return false, fmt.Errorf("quote of %d fen with %d rules, want %d with %d", quote.PayableFen, len(quote.Offers), first, liveRules)
		}
		return false, nil
	}
}

// claim takes the same coupon for one of many buyers.
func (p *product) claim() operation {
	return func(_ context.Context, cl *client) (bool, error) {
		header := append(p.header(p.shop.yardstick()[cl.dice.IntN(crowd)]), "Idempotency-Key", p.unique("c"))
		_, err := cl.do(call{method: http.MethodPost, path: api + "/coupons/" + strconv.FormatInt(p.shop.claimable, 10) + "/claim", header: header, status: http.StatusCreated})
		return false, err
	}
}

// cartPut sets one of five lines of a buyer's cart: carts stay of the size that people have.
func (p *product) cartPut() operation {
	const lines = 5
	return func(_ context.Context, cl *client) (bool, error) {
		n := cl.dice.IntN(crowd)
		sku, _ := p.twoSKUs(n*lines + cl.dice.IntN(lines))
		return false, p.putLine(cl, p.shop.browsing()[n], sku)
	}
}

func (p *product) putLine(cl *client, who buyer, sku int64) error {
	_, err := cl.do(call{
		method: http.MethodPut, path: api + "/cart/lines/" + strconv.FormatInt(sku, 10), header: p.header(who), body: []byte(`{"qty":1}`),
		want: fmt.Sprintf(`"sku_id":%d`, sku),
	})
	return err
}

func (p *product) placeOrder() operation {
	return func(_ context.Context, cl *client) (bool, error) {
		a, b := p.twoSKUs(cl.dice.IntN(1 << 20))
		_, err := p.place(cl, p.anyBuyer(cl), p.shop.price(a, b), a, b)
		return false, err
	}
}

// placeHot is orders of one SKU that everybody wants.
func (p *product) placeHot() operation {
	return func(_ context.Context, cl *client) (bool, error) {
		_, err := p.place(cl, p.anyBuyer(cl), p.shop.price(p.shop.firstSKU), p.shop.firstSKU)
		return false, err
	}
}

// place orders one piece of each SKU, or what is selected in the cart if there are none.
func (p *product) place(cl *client, who buyer, total money.Fen, skus ...int64) (orderNo string, err error) {
	type line struct {
		SKUID int64 `json:"sku_id"`
		Qty   int64 `json:"qty"`
	}
	in := struct {
		Lines     []line    `json:"lines,omitempty"`
		AddressID int64     `json:"address_id"`
		Expected  money.Fen `json:"expected_payable_fen"`
	}{AddressID: who.address, Expected: total}
	for _, id := range skus {
		in.Lines = append(in.Lines, line{id, 1})
	}
	body, err := json.Marshal(in)
	if err != nil {
		return "", fmt.Errorf("place order: %w", err)
	}
	header := append(p.header(who), "Idempotency-Key", p.unique("k"))
	answer, err := cl.do(call{method: http.MethodPost, path: api + "/orders", header: header, body: body, status: http.StatusCreated, want: `"status":"pending_payment"`})
	if err != nil {
		return "", err
	}
	var placed struct {
		OrderNo string `json:"order_no"`
	}
	if err := json.Unmarshal(answer, &placed); err != nil {
		return "", fmt.Errorf("place order: %w", err)
	}
	return placed.OrderNo, nil
}

// unique is 24 letters and digits that never come again.
func (p *product) unique(stem string) string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return stem + hex.EncodeToString(b[:]) + fmt.Sprintf("%011d", p.counter.Add(1))
}

// bill is a payment that is ready to be notified: who pays what, and the provider's message.
type bill struct {
	who        buyer
	a, b       int64
	total      money.Fen
	orderNo    string // "" until the order is placed
	outTradeNo string
	header     []string
	body       []byte
}

// bills makes n payments of these buyers in turn and has the provider sign their notifications, on every core.
func (p *product) bills(ctx context.Context, n int, of []buyer) ([]*bill, error) {
	out := make([]*bill, n)
	group, _ := errgroup.WithContext(ctx)
	group.SetLimit(seedWorkers)
	for i := range out {
		group.Go(func() (err error) {
			b := &bill{who: of[i%len(of)], outTradeNo: p.unique("P")}
			b.a, b.b = p.twoSKUs(i * 31)
			b.total = p.shop.price(b.a, b.b)
			b.header, b.body, err = p.sign(b)
			out[i] = b
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("sign notifications: %w", err)
	}
	return out, nil
}

func (p *product) sign(b *bill) ([]string, []byte, error) {
	header, body, err := p.stack.sandbox.Notification(sandbox.NotificationInput{MchID: mchID, OutTradeNo: b.outTradeNo, Mutate: func(m map[string]any) {
		m["appid"], m["mchid"], m["out_trade_no"], m["transaction_id"] = appID, mchID, b.outTradeNo, "42"+p.unique("0")
		m["trade_type"] = "JSAPI" // the sandbox has no order of that number to take it from
		m["payer"] = map[string]any{"openid": b.who.openID}
		m["amount"] = map[string]any{"total": int64(b.total), "payer_total": int64(b.total), "currency": "CNY", "payer_currency": "CNY"}
	}})
	var pairs []string
	for name, values := range header {
		pairs = append(pairs, name, values[0])
	}
	return pairs, body, err
}

// placeAll places the bills' orders through the service, to have something to pay.
func (p *product) placeAll(ctx context.Context, bills []*bill) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(seedWorkers)
	for _, b := range bills {
		group.Go(func() error {
			placed, _, err := p.stack.services.Orders.Place(ctx, p.shop.id, order.PlaceInput{
				MemberID: b.who.id, AppID: p.shop.app, Lines: []order.LineInput{{SKUID: b.a, Qty: 1}, {SKUID: b.b, Qty: 1}}, AddressID: b.who.address,
				ExpectedPayableFen: b.total, Key: idempotency.Key{Scope: "bench", Value: b.outTradeNo, Body: []byte(b.outTradeNo)},
			})
			b.orderNo = placed.OrderNo
			return err
		})
	}
	return group.Wait()
}

// prepaid writes what a prepay leaves behind: the attempt with its prepay id, and the timer of
// the query ladder. One statement, not waited for on the disk: its cost is not the purchase's.
func (p *product) prepaid(ctx context.Context, b *bill) error {
	_, err := p.desk.Exec(ctx, `WITH a AS (
		INSERT INTO payment_attempt (out_trade_no, business_no, account_id, channel, app_id, payer, title, amount_fen, status, prepay_id, prepaid_at, expires_at, created_at, updated_at)
		VALUES ($1, $2, $3, 'wechat', $4, $5, 'product', $6, 'prepaid', 'wx' || $1, now(), now() + interval '30 minutes', now(), now()))
		INSERT INTO platform.timer (tenant_id, topic, key, due_at, payload) VALUES ($7, 'payments.query', $1, now() + interval '1 hour', json_build_object('out_trade_no', $1::text))`,
		b.outTradeNo, b.orderNo, p.shop.accountID, appID, b.who.openID, int64(b.total), p.shop.id.String())
	if err != nil {
		return fmt.Errorf("write attempt: %w", err)
	}
	return nil
}

func (p *product) prepaidAll(ctx context.Context, bills []*bill) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(seedWorkers)
	for _, b := range bills {
		group.Go(func() error { return p.prepaid(ctx, b) })
	}
	return group.Wait()
}

// queue hands out each bill once.
type queue struct {
	bills []*bill
	next  atomic.Int64
}

func (q *queue) take() (*bill, bool) {
	i := int(q.next.Add(1)) - 1
	if i >= len(q.bills) {
		return nil, false
	}
	return q.bills[i], true
}

func (p *product) notify(cl *client, b *bill) error {
	_, err := cl.do(call{method: http.MethodPost, path: "/notify/wechat/" + p.shop.accountKey, header: b.header, body: b.body, want: `"SUCCESS"`})
	return err
}

// callback takes the provider's message about a placed order.
func (p *product) callback(q *queue) operation {
	return func(_ context.Context, cl *client) (bool, error) {
		b, ok := q.take()
		if !ok {
			return true, nil
		}
		return false, p.notify(cl, b)
	}
}

// prepay begins the payment of a placed order: two signatures, and a call to the provider.
func (p *product) prepay(q *queue) operation {
	return func(_ context.Context, cl *client) (bool, error) {
		b, ok := q.take()
		if !ok {
			return true, nil
		}
		_, err := cl.do(call{method: http.MethodPost, path: api + "/orders/" + b.orderNo + "/pay", header: p.header(b.who), want: "paySign"})
		return false, err
	}
}

// purchase is cart, cart, order, paid; without the prepay's signatures.
func (p *product) purchase(q *queue) operation {
	return func(ctx context.Context, cl *client) (bool, error) {
		b, ok := q.take()
		if !ok {
			return true, nil
		}
		for _, sku := range []int64{b.a, b.b} {
			if err := p.putLine(cl, b.who, sku); err != nil {
				return false, err
			}
		}
		var err error
		if b.orderNo, err = p.place(cl, b.who, b.total); err != nil {
			return false, err
		}
		if err := p.prepaid(ctx, b); err != nil {
			return false, err
		}
		return false, p.notify(cl, b)
	}
}

// forget announces one change of the catalogue and gives the server time to hear of it.
func (p *product) forget(ctx context.Context) error {
	if _, err := p.desk.Exec(ctx, "SELECT pg_notify($1, $2)", catalog.NotifyChannel, p.shop.id.String()); err != nil {
		return fmt.Errorf("announce a change: %w", err)
	}
	time.Sleep(20 * time.Millisecond)
	return nil
}

// announce tells the server every few milliseconds that a shop's catalogue has changed, until the
// returned function is called.
func (p *product) announce(ctx context.Context, shop tenant.ID) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_, _ = p.desk.Exec(ctx, "SELECT pg_notify($1, $2)", catalog.NotifyChannel, shop.String())
			}
		}
	}()
	return func() { cancel(); <-ended }
}
