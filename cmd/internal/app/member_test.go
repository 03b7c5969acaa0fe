package app_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"galleria/commerce/member"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// oneOfEach gives a member a row in every table that names members.
func (w *world) oneOfEach(s *shop, id int64, mark string) {
	w.t.Helper()
	for _, sql := range []string{
		`INSERT INTO member_favourite (member_id, spu_id, at) SELECT $1, min(id), now() FROM spu`,
		`INSERT INTO member_footprint (member_id, spu_id, at) SELECT $1, min(id), now() FROM spu`,
		`INSERT INTO cart_line (member_id, sku_id, qty) SELECT $1, min(id), 998 FROM sku`,
		`INSERT INTO search_history (member_id, word, at) VALUES ($1, 'kafei', now())`,
		`INSERT INTO purchase_count (member_id, spu_id, qty) SELECT $1, min(id), 3 FROM spu`,
		`INSERT INTO message_log (event_id, channel, member_id, event, state) VALUES (gen_random_uuid(), 'wechat_subscribe', $1, 'order.paid', 'sent')`,
		`INSERT INTO inbox_message (event_id, member_id, event, facts, created_at) VALUES (gen_random_uuid(), $1, 'order.paid', '{}', now())`,
		`INSERT INTO figure_member (member_id, bought) VALUES ($1, current_date)`,
		`WITH look AS (INSERT INTO figure_look (day, member_id, viewed, carted) VALUES ('2026-03-01', $1, true, true))
		 INSERT INTO figure_day (day, viewers, carters) VALUES ('2026-03-01', 1, 1)
		 ON CONFLICT (day) DO UPDATE SET viewers = figure_day.viewers + 1, carters = figure_day.carters + 1`,
		`INSERT INTO member_tag (tag, member_id, at) VALUES ('常客', $1, now())`,
		`INSERT INTO orders (order_no, member_id, app_id, status, close_reason, closed_at, goods_fen, payable_fen, address, remark, expires_at, placed_at, paid_at)
		 VALUES ('` + mark + `', $1, 'wx', 'closed', 'all_refunded', now(), 500, 500, '{"name":"王小明","phone":"13800138000","province":"云南省","city":"昆明市","detail":"翠湖"}', '请电 13800138000', now(), now(), now())`,
		`INSERT INTO aftersale_case (case_no, order_id, order_no, member_id, app_id, kind, status, reason, share_fen, freight_fen, amount_fen, unsent, test, opened_by, back_courier, back_number, opened_at, closed_at)
		 SELECT 'S' || order_no || '00', id, order_no, member_id, 'wx', 'return', 'withdrawn', 'quality', 500, 0, 500, false, false, 'member:' || $1::bigint, 'SF', 'SF13800138000', now(), now() FROM orders WHERE member_id = $1`,
		`INSERT INTO aftersale_message (case_id, at, actor, event, to_status, body, pictures)
		 SELECT id, now(), opened_by, 'apply', 'requested', '我是王小明，电话 13800138000', '{/media/zhaopian.jpg}' FROM aftersale_case WHERE member_id = $1`,
		`INSERT INTO order_line (order_id, spu_id, sku_id, title, price_fen, qty, goods_fen, payable_fen) SELECT max(id), 1, 1, 't', 0, 1, 0, 0 FROM orders WHERE member_id = $1`,
		`INSERT INTO voucher (code, order_no, line_id, member_id, uses, paid_fen, valid_until, refunds, issued_at)
		 SELECT lpad($1::bigint::text, 16, '9'), '` + mark + `', max(l.id), $1, 3, 0, now() + interval '1 day', true, now() FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.member_id = $1`,
		`INSERT INTO review (line_id, order_no, member_id, spu_id, sku_id, title, spec, picture, received_at, until, status, score, author, body, pictures, written_at, follow_status, follow_body, followed_at)
		 SELECT max(l.id), '` + mark + `', $1, 1, 1, 't', '', '', now(), now(), 'published', 5, '王小明', '请电 13800138000', '{/media/shop/x.jpg}', now(), 'published', '王小明追评', now() FROM order_line l JOIN orders o ON o.id = l.order_id WHERE o.member_id = $1`,
		`INSERT INTO review_report (review_id, member_id, reason, words, at) SELECT max(id), $1, 'abuse', '请电 13800138000', now() FROM review`,
		`INSERT INTO review_summary (spu_id) SELECT 1 WHERE $1 > 0 ON CONFLICT DO NOTHING`,
		`UPDATE review_summary SET total = total + 1, score_5 = score_5 + 1, pictured = pictured + 1, followed = followed + 1 WHERE spu_id = 1 AND $1 > 0`,
		`INSERT INTO coupon (kind, status, title, issued, created_at, updated_at) SELECT 'goods', 'live', '券', 1, now(), now() WHERE $1 > 0`,
		`INSERT INTO coupon_terms (coupon_id, version, need_fen, need_qty, off_fen, off_bps, cap_fen, free, scope_of, scope_ids, scope_except, valid_days, next_day, on_refund, again_days, funder)
		 SELECT max(id), 1, 0, 0, 100, 0, 0, false, 'all', '{}', false, 7, false, 'restore', 0, 'shop' FROM coupon WHERE $1 > 0`,
		`INSERT INTO points_account (member_id, available) VALUES ($1, 7)`,
		`INSERT INTO points_lot (member_id, source, source_key, amount, earned_at, available_at) VALUES ($1, 'staff', 'a' || $1::bigint, 7, now(), now())`,
		`INSERT INTO points_entry (member_id, at, kind, change, balance, actor, reason) VALUES ($1, now(), 'give', 7, 7, 'staff:1', '谢谢')`,
		`WITH l AS (INSERT INTO level (created_at) VALUES (now()) RETURNING id),
		v AS (INSERT INTO level_version (level_id, version, since, name, threshold, off_bps, free_shipping, points_bps, valid_days, keep_growth) SELECT id, 1, now(), '金卡', 5 + $1::bigint, 0, false, 10000, 0, 0 FROM l)
		INSERT INTO level_account (member_id, growth, level_id, since) SELECT $1::bigint, 5 + $1::bigint, id, now() FROM l`,
		`INSERT INTO level_entry (member_id, at, kind, change, balance, actor, reason) VALUES ($1::bigint, now(), 'give', 5 + $1::bigint, 5 + $1::bigint, 'staff:1', '谢谢')`,
		`INSERT INTO level_change (member_id, at, to_id, reason, growth, actor) SELECT $1, now(), max(id), 'upgrade', 5, 'system' FROM level`,
		`INSERT INTO coupon_count (coupon_id, member_id, taken, day, today) SELECT max(id), $1, 1, now()::date, 1 FROM coupon`,
		`INSERT INTO coupon_grant (coupon_id, version, member_id, status, source, source_key, valid_from, valid_until, granted_at)
		 SELECT max(id), 1, $1, 'active', 'claim', 'x', now(), now() + interval '7 days', now() FROM coupon`,
		`INSERT INTO distribution_plan (version, since, enabled, depth, join_by, join_from_fen, binding, bound_days, first_bps, second_bps, review, withdraw_from_fen, day_count, day_fen, fee_bps, tax_bps)
		 SELECT 1, now(), true, 1, 'anyone', 0, 'first', 0, 1000, 0, false, 10, 1, 1000, 0, 0 WHERE $1 > 0 ON CONFLICT DO NOTHING`,
		`INSERT INTO distributor (member_id, status, code, statement, available_fen, applied_at) SELECT $1::bigint, 'active', upper(substr(md5($1::bigint::text), 1, 8)), '我是王小明，电话 13800138000', 50, now()`,
		`INSERT INTO distribution_bond (member_id, distributor_id, since, ended_at, how, evidence) SELECT $1::bigint, $1::bigint, now(), now(), 'staff', '{"note":"王小明"}'`,
		`INSERT INTO commission_order (order_id, order_no, member_id, bond_id, plan) SELECT o.id, o.order_no, $1::bigint, b.id, 1 FROM orders o, distribution_bond b WHERE o.member_id = $1 AND b.member_id = $1`,
		`INSERT INTO invoice_title (member_id, kind, sealed, seal_key, is_default, created_at, updated_at) VALUES ($1, 'person', '\x00', 'k', true, now(), now())`,
		`INSERT INTO invoice (order_id, member_id, kind, sealed, seal_key, asked_at, moved_at, actor) SELECT max(id), $1, 'person', '\x00', 'k', now(), now(), 'member' FROM orders WHERE member_id = $1`,
		`WITH o AS (INSERT INTO mall_offer (title, coupon_id, points, cash_fen, stock, taken, per_member, starts_at, created_at, updated_at)
		   SELECT '积分换券', max(id), 7, 0, 9, 1, 0, now(), now(), now() FROM coupon RETURNING id),
		 c AS (INSERT INTO mall_count (offer_id, member_id, taken) SELECT id, $1, 1 FROM o)
		 INSERT INTO mall_exchange (offer_id, version, member_id, qty, points, cash_fen, state, request_key, at) SELECT id, 1, $1, 1, 7, 0, 'done', '` + mark + `', now() FROM o`,
		`WITH c AS (INSERT INTO campaign (kind, title, starts_at, ends_at, created_at, updated_at) VALUES ('flash', '秒杀', now(), now() + interval '1 hour', now(), now()) RETURNING id, starts_at, ends_at),
		 n AS (INSERT INTO campaign_session (campaign_id, no, starts_at, ends_at) SELECT id, 1, starts_at, ends_at FROM c RETURNING campaign_id)
		 INSERT INTO flash_reminder (campaign_id, no, member_id, app_id, made_at) SELECT campaign_id, 1, $1, 'wx', now() FROM n`,
		`WITH c AS (INSERT INTO campaign (kind, title, seats, fill_hours, starts_at, ends_at, created_at, updated_at) VALUES ('group', '拼团', 2, 24, now(), now() + interval '1 hour', now(), now()) RETURNING id),
		 g AS (INSERT INTO buy_group (group_no, campaign_id, spu_id, seats, taken, fill_hours, placed_at) SELECT 'G' || $1::bigint || '000000000', c.id, min(p.id), 2, 1, 24, now() FROM c, spu p GROUP BY c.id RETURNING id)
		 INSERT INTO group_seat (order_no, group_id, member_id, taken_at) SELECT '` + mark + `', id, $1::bigint, now() FROM g`,
		`INSERT INTO transfer (out_bill_no, source_kind, source_no, account_id, channel, app_id, member_id, receiver_kind, amount_fen, title, terms, status, created_by, created_at, updated_at, finished_at, receiver_sealed, receiver_hint)
		 SELECT '` + mark + `', 'test', '` + mark + `', min(id), 'wechat', 'wx', $1, 'open_id', 100, 't', '{}', 'succeeded', 'system', now(), now(), now(), '\x00', '' FROM payment_account`,
	} {
		w.change(s, sql, id)
	}
	err := w.DB.InTenant(w.t.Context(), s.ID, func(tx tenantdb.Tx) error {
		if err := w.Figures.NoteOrderTx(w.t.Context(), tx, mark); err != nil {
			return err
		}
		due, err := w.Figures.DueTx(w.t.Context(), tx, 100)
		if err == nil {
			_, _, err = w.Figures.CountTx(w.t.Context(), tx, due, 100)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = w.Members.AddAddress(w.t.Context(), s.ID, id, member.AddressInput{Name: "王小明", Phone: "13800138000", Province: "云南省", City: "昆明市", Detail: "翠湖"})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) change(s *shop, sql string, args ...any) {
	w.t.Helper()
	err := w.DB.InTenant(w.t.Context(), s.ID, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(w.t.Context(), sql, args...)
		return err
	})
	if err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

// TestT116EverythingOfAMember merges two members and lets the one that stays leave: every
// table that names members is looked at, those that come with later versions too.
func TestT116EverythingOfAMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("members", 100)
	second, ok := tenant.ParseAppID("wx00000000000000a2")
	if !ok {
		t.Fatal("not an app id")
	}
	if err := w.Registry.AddApp(t.Context(), tenant.App{ID: second, Provider: tenant.WeChat, TenantID: s.ID, Name: "二号", Enabled: true}); err != nil {
		t.Fatal(err)
	}
	w.change(s, "INSERT INTO app_credential (app_id, provider, secret_sealed, secret_last4) SELECT $1, 'wechat', secret_sealed, '' FROM app_credential LIMIT 1", second.String())
	first, _ := tenant.ParseAppID(s.appID)
	login := func(app tenant.AppID, openID, unionID string) int64 {
		t.Helper()
		got, err := w.Members.Login(t.Context(), s.ID, member.LoginInput{AppID: app, OpenID: openID, UnionID: unionID})
		if err != nil {
			t.Fatal(err)
		}
		return got.MemberID
	}
	older, younger := login(first, "o-1", ""), login(second, "o-2", "union-1")
	w.oneOfEach(s, older, "M000000001")
	w.oneOfEach(s, younger, "M000000002")
	tables := w.memberTables(s)
	if len(tables) < 12 {
		t.Fatalf("only %v name members", tables)
	}
	for _, table := range tables {
		if w.count(s, "SELECT count(*) FROM "+table+" WHERE member_id = $1", younger) == 0 && table != "member_trade" { // which is counted, not kept
			t.Errorf("%s has no row of the member: let oneOfEach make one, or nothing is shown of it", table)
		}
	}
	if got := login(first, "o-1", "union-1"); got != older {
		t.Fatalf("logged in as %d, want %d", got, older)
	}
	for _, table := range tables {
		left := w.count(s, "SELECT count(*) FROM "+table+" x WHERE x.member_id = $1 AND NOT to_jsonb(x) @> '{\"orders\": 0}'", younger)
		if left != 0 {
			t.Errorf("%s keeps %d rows of the member who is gone: let its room be one of the belongings (services.go)", table, left)
		}
	}
	for what, sql := range map[string]string{
		"cart": "SELECT count(*) - 1 FROM cart_line WHERE member_id = $1 AND qty = 999", "limits": "SELECT 6 - qty FROM purchase_count WHERE member_id = $1",
		"buyers": "SELECT sum(buyers)::bigint - 1 + $1::bigint * 0 FROM figure_day", "buyer": "SELECT 2 - sum(paid)::bigint FROM figure_buyer WHERE member_id = $1", "lookers": "SELECT sum(viewers + carters)::bigint - 2 + $1::bigint * 0 FROM figure_day",
		"trade": "SELECT 2 - orders FROM member_trade WHERE member_id = $1", "orders": "SELECT 2 - count(*) FROM orders WHERE member_id = $1",
	} {
		if n := w.count(s, sql, older); n != 0 {
			t.Errorf("%s: off by %d", what, n)
		}
	}
	w.leaves(s, older)
	// The books keep their sums, and nobody can tell whose they were.
	if n := w.count(s, "SELECT sum(payable_fen) FROM orders WHERE member_id = $1", older); n != 1000 {
		t.Errorf("orders sum up to %d", n)
	}
	if n := w.count(s, "SELECT count(*) FROM aftersale_message WHERE pictures <> '{}'"); n != 0 {
		t.Errorf("%d messages still show pictures", n)
	}
	for _, table := range append(tables, "member", "order_line", "order_event", "parcel_track", "shipping_upload", "aftersale_message") {
		if n := w.count(s, "SELECT count(*) FROM "+table+" x WHERE x::text ~ '\\m1[3-9][0-9]{9}\\M' OR x::text ~ '王小明|翠湖'"); n != 0 {
			t.Errorf("%s still tells who it was in %d rows", table, n)
		}
	}
	if again := login(first, "o-1", "union-1"); again == older || again == younger {
		t.Error("came back as the member who has left")
	}
}

func (w *world) memberTables(s *shop) (tables []string) {
	w.t.Helper()
	w.scan(s, `SELECT array_agg(c.table_name::text ORDER BY c.table_name) FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
		WHERE c.table_schema = current_schema() AND c.column_name = 'member_id' AND t.table_type = 'BASE TABLE'`, nil, &tables)
	return tables
}

// leaves lets a member leave, and its time be over.
func (w *world) leaves(s *shop, id int64) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	if _, err := w.Members.Leave(ctx, s.ID, id); err != nil {
		w.t.Fatal(err)
	}
	w.change(s, "UPDATE member SET leave_at = now() - interval '1 second' WHERE id = $1", id)
	if err := w.DB.InTenant(ctx, s.ID, func(tx tenantdb.Tx) error { return w.Members.LeaveDueTx(ctx, tx, id) }); err != nil {
		w.t.Fatal(err)
	}
}

// TestBlockedMayNotOrder: a session that is remembered elsewhere does not order.
func TestBlockedMayNotOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("blocked", 10)
	b := w.login(s, "一")
	body := b.orderBody(1)
	w.change(s, "UPDATE member SET status = 'blocked', block_reason = 'x'") // as another process does
	var refusal struct{ Code string }
	b.must(http.StatusForbidden, http.MethodPost, "/orders", body, &refusal, header{"Idempotency-Key": "blocked-1"})
	if n := w.count(s, "SELECT count(*) FROM orders"); refusal.Code != "MEMBER_BLOCKED" || n != 0 {
		t.Errorf("%s, %d orders", refusal.Code, n)
	}
}
