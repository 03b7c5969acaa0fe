package readmodel_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/console/readmodel"
	"galleria/tenant/tenanttest"
)

// TestVouchersAreNotToBeSent: an order of vouchers is paid and waits for its buyer, for years it
// may be; it is not among those that wait for the shop.
func TestVouchersAreNotToBeSent(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	for _, sql := range []string{
		`INSERT INTO %[1]s.member (created_at) VALUES (now())`,
		`INSERT INTO %[1]s.orders (order_no, member_id, app_id, status, delivery, goods_fen, payable_fen, address, receiver, expires_at, placed_at, paid_at)
		 SELECT 'X' || lpad(n::text, 12, '0'), 1, 'wx', 'paid', CASE WHEN n > 5 THEN 'voucher' ELSE 'express' END, 100, 100, '{}', NULL, now(), now(), now() FROM generate_series(1, 8) n`,
	} {
		env.Owner(t, fmt.Sprintf(sql, env.Tenant.ID))
	}
	store := readmodel.New(readmodel.Deps{DB: env.DB})
	if n, err := store.ToShip(t.Context(), env.Tenant.ID); n != 5 || err != nil {
		t.Errorf("%d orders are to be sent, %v; want 5", n, err)
	}
	for status, want := range map[string]int{"paid": 5, readmodel.ToUse: 3, "": 8} {
		page, err := store.Orders(t.Context(), env.Tenant.ID, readmodel.OrderFilter{Status: status})
		if len(page.Rows) != want || page.Counts[status] != int64(want) || err != nil {
			t.Errorf("%q has %d rows, its tab says %d, %v; want %d", status, len(page.Rows), page.Counts[status], err, want)
		}
	}
}

// TestOrdersAreFound: by whatever names it, an order of any age; by words, the newest 50,000 or those
// of the days that were chosen, under the tab that is open.
func TestOrdersAreFound(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	for _, sql := range []string{
		`INSERT INTO %[1]s.member (nickname) VALUES ('小满'), ('Anna Li')`,
		// The first is old: 60,000 orders have come since.
		`INSERT INTO %[1]s.orders (id, order_no, member_id, app_id, status, goods_fen, payable_fen, address, receiver, receiver_index, expires_at, placed_at, paid_at) OVERRIDING SYSTEM VALUE VALUES
		 (1, '250101120000OLDAAAAAAA', 1, 'wx', 'completed', 100, 100, '{"phone_tail":"8000"}', '\x01', ARRAY[decode(md5('13800138000'), 'hex'), decode(md5('王小明'), 'hex')], now(), '2025-01-01', now()),
		 (60001, '261124120000NEWBBBBBBB', 2, 'wx', 'paid', 100, 100, '{"phone_tail":"9000"}', '\x01', ARRAY[decode(md5('13900139000'), 'hex'), decode(md5('王小明'), 'hex')], now(), '2026-11-24', now())`,
		`INSERT INTO %[1]s.order_line (order_id, spu_id, sku_id, title, price_fen, qty, goods_fen, payable_fen) VALUES (1, 1, 1, '云南咖啡豆', 100, 1, 100, 100), (60001, 1, 1, '云南咖啡豆', 50, 1, 50, 50), (60001, 1, 2, '云南咖啡杯 Mug', 50, 1, 50, 50)`,
		`INSERT INTO %[1]s.payment_account (account_key, channel, mode, name, merchant_no, config) VALUES ('abcdefghijklmnopqrstuvwxy1', 'wechat', 'sandbox', '测试', '1900000001', '{"base_url":"http://127.0.0.1:1"}')`,
		`INSERT INTO %[1]s.payment_attempt (out_trade_no, business_no, account_id, channel, app_id, payer, title, amount_fen, status, expires_at, created_at, updated_at, transaction_id, paid_at)
		 VALUES ('P250101120000OURS', '250101120000OLDAAAAAAA', 1, 'wechat', 'wx', 'o', '豆', 100, 'succeeded', now(), now(), now(), '4200001234202501010000000001', now())`,
		`INSERT INTO %[1]s.order_parcel (order_id, parcel_no, courier, tracking_no, status, shipped_at, actor) VALUES (1, 'P1', 'sf', 'SF1234567890123', 'shipped', now(), 'staff:1')`,
	} {
		env.Owner(t, fmt.Sprintf(sql, env.Tenant.ID))
	}
	store := readmodel.New(readmodel.Deps{DB: env.DB, Receivers: sealedByDigest{}})
	const older, newer = "250101120000OLDAAAAAAA", "261124120000NEWBBBBBBB"
	day := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	old := readmodel.OrderFilter{From: day.AddDate(0, 0, -1), Until: day.AddDate(0, 0, 2)}
	for what, tc := range map[string]struct {
		in   readmodel.OrderFilter
		want []string
	}{
		"its number":                   {readmodel.OrderFilter{Query: older}, []string{older}},
		"its number in small letters":  {readmodel.OrderFilter{Query: strings.ToLower(older)}, []string{older}},
		"the beginning of its number":  {readmodel.OrderFilter{Query: older[:15]}, []string{older}},
		"its second":                   {readmodel.OrderFilter{Query: older[:12]}, []string{older}},
		"the receiver's phone":         {readmodel.OrderFilter{Query: "13800138000"}, []string{older}},
		"the receiver's name":          {readmodel.OrderFilter{Query: "王小明"}, []string{newer, older}},
		"the provider's number":        {readmodel.OrderFilter{Query: "4200001234202501010000000001"}, []string{older}},
		"the payment's number":         {readmodel.OrderFilter{Query: "P250101120000OURS"}, []string{older}},
		"the parcel's number":          {readmodel.OrderFilter{Query: "sf1234567890123"}, []string{older}},
		"another tab":                  {readmodel.OrderFilter{Query: older, Status: "paid"}, nil},
		"a name in a tab":              {readmodel.OrderFilter{Query: "王小明", Status: "paid"}, []string{newer}},
		"a name before a page":         {readmodel.OrderFilter{Query: "王小明", Before: 60001}, []string{older}},
		"a nickname of old":            {readmodel.OrderFilter{Query: "小满"}, nil},
		"a nickname of old, with days": {readmodel.OrderFilter{Query: "小满", From: old.From, Until: old.Until}, []string{older}},
		"a nickname in any case":       {readmodel.OrderFilter{Query: "anna"}, []string{newer}},
		"goods":                        {readmodel.OrderFilter{Query: "咖啡"}, []string{newer}},
		"goods in any case":            {readmodel.OrderFilter{Query: "mug"}, []string{newer}},
		"goods in a tab without":       {readmodel.OrderFilter{Query: "咖啡", Status: "completed"}, nil},
		"goods of old days":            {readmodel.OrderFilter{Query: "咖啡", From: old.From, Until: old.Until}, []string{older}},
		"a part of a number":           {readmodel.OrderFilter{Query: "newbb"}, []string{newer}},
		"the end of a number":          {readmodel.OrderFilter{Query: newer[4:]}, []string{newer}},
		"the end of an old number":     {readmodel.OrderFilter{Query: older[4:]}, nil},
		"the end of a phone number":    {readmodel.OrderFilter{Query: "9000"}, []string{newer}},
		"signs of patterns":            {readmodel.OrderFilter{Query: "%"}, nil},
		"nothing":                      {readmodel.OrderFilter{Query: "没有"}, nil},
	} {
		page, err := store.Orders(t.Context(), env.Tenant.ID, tc.in)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		var got []string
		for _, row := range page.Rows {
			got = append(got, row.OrderNo)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: found %v, want %v", what, got, tc.want)
		}
	}
}
