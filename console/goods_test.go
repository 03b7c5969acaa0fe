package console_test

import (
	"fmt"
	"testing"
	"time"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// goods is what stock puts into a shop: the same numeric ids in every shop.
type goods struct {
	appID    string
	orderNos []string // oldest first
}

// stock fills a shop with a small catalogue, a buyer and an order in each state,
// written as the contexts write them.
func (d *desk) stock(t *testing.T, shop tenant.Tenant, buyer string) goods {
	t.Helper()
	g := goods{appID: d.env.App(t, shop).ID.String()}
	now := d.env.Clock().Now()
	exec := func(tx tenantdb.Tx, sql string, args ...any) {
		t.Helper()
		if _, err := tx.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	err := d.env.DB.InTenant(t.Context(), shop.ID, func(tx tenantdb.Tx) error {
		exec(tx, "INSERT INTO category (name) VALUES ('咖啡豆')")
		exec(tx, `INSERT INTO spu (category_id, title, subtitle, status, min_price_fen, max_price_fen, specs) VALUES
			(1, '云南小粒咖啡豆', '坚果、可可', 'on_shelf', 5800, 11000, '[{"name":"规格","values":["250g","500g"]}]'),
			(1, '手冲滤纸 100% 棉', '', 'on_shelf', 2980, 2980, '[]'), (1, '圣诞礼盒', '', 'draft', 9900, 9900, '[]'),
			(1, '冷萃杯', '', 'on_shelf', 100, 100, '[]'), (1, '下架旧货', '', 'recycled', 100, 100, '[]')`)
		exec(tx, `INSERT INTO sku (spu_id, code, spec_values, price_fen, market_price_fen) VALUES (1, 'YN-250', '{250g}', 5800, 6800), (1, 'YN-500', '{500g}', 11000, 0),
			(2, 'LZ', '{}', 2980, 0), (3, 'GIFT', '{}', 9900, 0), (4, 'CUP', '{}', 100, 0), (5, 'OLD', '{}', 100, 0)`)
		exec(tx, "INSERT INTO stock_level (sku_id, on_hand, reserved) VALUES (1, 120, 20), (2, 9, 6), (3, 50, 0), (4, 5, 0), (5, 2, 2), (6, 1, 0)")
		exec(tx, "INSERT INTO stock_movement (sku_id, kind, on_hand_delta, reserved_delta, document, actor) VALUES (1, 'receive', 120, 0, 'IN-1', $1), (1, 'reserve', 0, 20, 'O-1', 'member:1')", fmt.Sprintf("staff:%d", d.owner.ID))
		exec(tx, "INSERT INTO member (nickname) VALUES ($1), ('')", buyer)
		exec(tx, "INSERT INTO app_credential (app_id, provider, secret_sealed, secret_last4, api_base) VALUES ($1, 'wechat', 'sealed', '9f3c', '')", g.appID)
		exec(tx, `INSERT INTO payment_account (account_key, channel, mode, name, merchant_no, config) VALUES
			($1, 'wechat', 'sandbox', '主收款账户', '1900000109', '{"base_url":"http://sandbox.test","key_mode":"public_key","serial":"5157F09EFDC096DE15EBE81A47057A7232F1B8E1","public_key_id":"PUB_KEY_ID_01"}')`,
			tenanttest.RandomHex(13))
		exec(tx, "INSERT INTO payment_binding (channel, app_id, account_id, bound_by, bound_at) VALUES ('wechat', $1, 1, 'system', now())", g.appID)
		exec(tx, "INSERT INTO payment_secret (account_id, field, version, sealed, fingerprint) VALUES (1, 'private_key', 1, 'x', 'old-print'), (1, 'private_key', 2, 'x', 'new-print')")
		exec(tx, "INSERT INTO payment_provider_key (account_id, serial, pem) VALUES (1, 'PUB_KEY_ID_01', 'pem')")
		states := []struct {
			status, reason string
			age            time.Duration
			title          string
		}{
			{"closed", "timeout", 50 * time.Hour, "云南小粒咖啡豆"},
			{"completed", "", 40 * time.Hour, "手冲滤纸 100% 棉"},
			{"fulfilling", "", 26 * time.Hour, "云南小粒咖啡豆"},
			{"pending_payment", "", 2 * time.Minute, "云南小粒咖啡豆"},
			{"closing", "", time.Minute, "云南小粒咖啡豆"},
			{"paid", "", 30 * time.Second, "云南小粒咖啡豆"},
		}
		for i, s := range states {
			no := fmt.Sprintf("2026112100000000%04d", i+1)
			g.orderNos = append(g.orderNos, no)
			placed := now.Add(-s.age)
			var paid, closed *time.Time
			var reason *string
			switch s.status {
			case "paid", "fulfilling", "completed":
				at := placed.Add(10 * time.Second)
				paid = &at
			case "closed":
				at := placed.Add(time.Hour)
				closed, reason = &at, &s.reason
			}
			exec(tx, `INSERT INTO orders (order_no, member_id, app_id, status, close_reason, goods_fen, freight_fen, payable_fen, address, remark, expires_at, placed_at, paid_at, closed_at)
				VALUES ($1, 1, $2, $3, $4, 16800, 800, 17600, '{"name":"周哲","phone":"13912345678","province":"浙江省","city":"杭州市","district":"西湖区","detail":"文三路 90 号"}', '周末送到', $5, $6, $7, $8)`,
				no, g.appID, s.status, reason, placed.Add(30*time.Minute), placed, paid, closed)
			exec(tx, `INSERT INTO order_line (order_id, spu_id, sku_id, title, spec, price_fen, qty, goods_fen, payable_fen) VALUES
				($1, 1, 1, $2, '250g', 5800, 1, 5800, 5800), ($1, 1, 2, '另一件', '500g', 11000, 1, 11000, 11000)`, i+1, s.title)
			exec(tx, "INSERT INTO order_event (order_id, at, event, to_status, actor) VALUES ($1, $2, 'place', 'pending_payment', 'member:1')", i+1, placed)
		}
		exec(tx, "INSERT INTO order_event (order_id, at, event, from_status, to_status, actor) VALUES (6, $1, 'pay', 'pending_payment', 'paid', 'provider:wechat')", now)
		exec(tx, `INSERT INTO payment_attempt (out_trade_no, business_no, account_id, channel, app_id, payer, title, amount_fen, status, expires_at, transaction_id, paid_at, created_at, updated_at)
			VALUES ('PAY00000001', $1, 1, 'wechat', $2, 'openid', 't', 17600, 'succeeded', $3, '4200002561202611210000000001', $3, $3, $3)`, g.orderNos[5], g.appID, now)
		exec(tx, `INSERT INTO payment_anomaly (account_id, event_id, reason, blocking, out_trade_no, detail, body_hash, first_at, last_at)
			VALUES (1, 'EV1', 'amount', true, 'PAY00000001', '{"expected":17600,"got":1}', decode(repeat('00', 32), 'hex'), $1, $1)`, now)
		exec(tx, `INSERT INTO payment_anomaly (account_id, event_id, reason, blocking, out_trade_no, detail, body_hash, first_at, last_at, resolved_at)
			VALUES (1, 'EV2', 'unknown_number', true, 'UNKNOWN0001', '{}', decode(repeat('00', 32), 'hex'), $1, $1, NULL), (1, 'EV3', 'state', true, 'SETTLED0001', '{}', decode(repeat('00', 32), 'hex'), $1, $1, $1)`, now)
		exec(tx, `INSERT INTO refund (out_refund_no, attempt_id, business_no, reason, amount_fen, status, requested_at) VALUES ('REF00000001', 1, $1, 'double_payment', 17600, 'processing', $2)`, g.orderNos[5], now)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}
