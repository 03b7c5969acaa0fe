package handle_test

import (
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"testing"

	"galleria/commerce/catalog"
	"galleria/commerce/figures"
	"galleria/commerce/listing"
	"galleria/commerce/member"
	"galleria/commerce/notice"
	"galleria/commerce/order"
	"galleria/commerce/picture"
	"galleria/jobs/handle"
	"galleria/payments"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// A shop's daily upkeep forgets what was kept long enough, more than one batch of it, and
// nothing else; it sets its own next time and goes on where it ended.
func TestUpkeepForgetsWhatIsOver(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	log := slog.New(slog.DiscardHandler)
	pay := payments.New(payments.Deps{
		DB: env.DB, Accounts: nil, Bills: nil, Channels: nil, Audit: env.Audit, Outbox: env.Outbox, Timers: env.Timers, Vault: env.Vault,
		Now: env.Clock().Now, Rand: rand.Reader, Log: log, PublicURL: "http://shop.test",
	})
	members := member.New(member.Deps{DB: env.DB, Now: env.Clock().Now, Rand: rand.Reader, Vault: env.Vault})
	shelf := catalog.New(catalog.Deps{DB: env.DB, Plans: env.Plans, Timers: env.Timers})
	kinds, err := handle.New(handle.Deps{
		Notices: notice.New(notice.Deps{DB: env.DB, Audit: env.Audit, Outbox: env.Outbox, Vault: env.Vault}),
		DB:      env.DB, Outbox: env.Outbox, Orders: order.New(order.Deps{DB: env.DB, Addresses: members}), Payments: pay, Accounts: nil,
		Members: members, Messenger: nil, Texter: nil, Signups: nil, Herald: nil,
		Listings: listing.New(listing.Deps{DB: env.DB, Catalog: shelf, Inventory: nil, Audit: env.Audit}), Shelf: shelf,
		Pictures: picture.New(picture.Deps{DB: env.DB, Plans: env.Plans, Outbox: env.Outbox, Store: picture.NewFolder(t.TempDir()), Now: env.Clock().Now}),
		Figures:  figures.New(env.DB, env.Timers),
		Plans:    env.Plans, Timers: env.Timers, Vault: env.Vault, Now: env.Clock().Now, BodiesKept: payments.BodiesKept, Log: log,
	}).Kinds()
	if err != nil {
		t.Fatal(err)
	}
	kind, ok := kinds.Find(handle.TimerUpkeep)
	if !ok {
		t.Fatal("nobody does the upkeep")
	}
	env.InTenant(t, func(tx tenantdb.Tx) error {
		for _, sql := range []string{
			`INSERT INTO payment_account (account_key, channel, mode, name, merchant_no, app_ids, config) VALUES ('abcdefghijklmnopqrstuvwxyz', 'wechat', 'sandbox', 'x', '1900000001', '{}', '{"base_url":"http://sandbox.test"}')`,
			`INSERT INTO payment_event (account_id, event_id, event_type, out_trade_no, outcome, body_sealed, received_at)
			 SELECT a.id, 'e' || n, 'x', 'P' || n, 'applied', 'sealed', now() - CASE WHEN n <= 1200 THEN interval '181 days' ELSE interval '179 days' END
			 FROM payment_account a, generate_series(1, 1203) AS n`,
			`INSERT INTO idempotency_key (scope, key, body_hash, created_at) SELECT 's', 'k' || n, decode(repeat('00', 32), 'hex'), now() - n * interval '1 day' FROM generate_series(0, 9) AS n`,
			`INSERT INTO member (nickname) VALUES ('阿哲')`,
			`INSERT INTO member_session (member_id, app_id, openid, access_hash, refresh_hash, refresh_family, access_expires_at, refresh_expires_at, revoked_at)
			 SELECT m.id, 'wx', 'o', sha256(('a' || n)::bytea), sha256(('b' || n)::bytea), sha256(('c' || n)::bytea), now(), now() + CASE n WHEN 1 THEN interval '-31 days' WHEN 2 THEN interval '-29 days' ELSE interval '1 day' END,
			        CASE n WHEN 4 THEN now() - interval '31 days' END FROM member m, generate_series(1, 4) AS n`,
		} {
			if _, err := tx.Exec(t.Context(), sql); err != nil {
				return err
			}
		}
		return nil
	})
	run := func() {
		t.Helper()
		var body json.RawMessage = []byte("{}")
		env.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT coalesce((SELECT payload FROM platform.timer WHERE topic = $1), '{}')", string(handle.TimerUpkeep)).Scan(&body)
		})
		if err := kind.Handle(t.Context(), outbox.Event{TenantID: env.Tenant.ID, Topic: handle.TimerUpkeep, Key: handle.UpkeepKey, Payload: body}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // repeating it does no harm
		run()
		var rows, bodies, keys, sessions, timers int
		env.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM payment_event), (SELECT count(*) FROM payment_event WHERE body_sealed <> ''),
				(SELECT count(*) FROM idempotency_key), (SELECT count(*) FROM member_session),
				(SELECT count(*) FROM platform.timer WHERE topic = $1 AND due_at > now() + interval '23 hours' AND payload->>'after_event' <> '0')`, string(handle.TimerUpkeep)).
				Scan(&rows, &bodies, &keys, &sessions, &timers)
		})
		if rows != 1203 || bodies != 3 || keys != 7 || sessions != 2 || timers != 1 {
			t.Errorf("%d rows with %d messages, %d keys, %d sessions, %d timers; want 1203, 3, 7, 2, 1", rows, bodies, keys, sessions, timers)
		}
	}
}
