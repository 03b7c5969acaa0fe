package readmodel

import (
	"context"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
)

// SetupAccount is a merchant account as far as opening a shop is concerned.
type SetupAccount struct {
	ID            int64
	Key           string // part of the callback address
	Name, Channel string
	Mode          string // live or sandbox
	Active        bool
	Bound         bool   // collects for an app
	CheckOutcome  string // of the last live check; empty for none
	CheckCurrent  bool   // it tried the keys in use
}

// Setup is what a shop has of what it needs to open.
type Setup struct {
	Accounts []SetupAccount
	Products int64 // on the shelf, capped at CountCap
	Tested   bool  // play money was paid for an order
	Visited  bool  // a buyer signed in through a Mini Program: our address is known there
}

const (
	setupAccounts = `SELECT a.id, a.account_key, a.name, a.channel, a.mode, a.status = 'active',
       EXISTS (SELECT FROM payment_binding b WHERE b.account_id = a.id), coalesce(a.check_outcome, ''), coalesce(a.check_version = a.key_version, false) FROM payment_account a ORDER BY a.id LIMIT 100`
	setupTested = `SELECT EXISTS (SELECT 1 FROM payment_account a JOIN payment_attempt t ON t.account_id = a.id 
  WHERE a.mode = 'sandbox' AND t.status = 'succeeded' AND t.transaction_id IS NOT NULL),
       EXISTS (SELECT 1 FROM member_identity)`
)

// Setup returns what a shop has of what it needs to open, in one round trip.
func (s *Store) Setup(ctx context.Context, shop tenant.ID) (out Setup, err error) {
	var shelves map[string]int64
	err = s.read(ctx, shop, "set-up of shop", func(b *pgx.Batch) {
		collect(b, &out.Accounts, func(row pgx.CollectableRow) (a SetupAccount, err error) {
			err = row.Scan(&a.ID, &a.Key, &a.Name, &a.Channel, &a.Mode, &a.Active, &a.Bound, &a.CheckOutcome, &a.CheckCurrent)
			return a, err
		}, setupAccounts)
		b.Queue(setupTested).QueryRow(func(row pgx.Row) error { return row.Scan(&out.Tested, &out.Visited) })
		queueShelfCounts(b, &shelves)
	})
	out.Products = shelves[ShelfOn]
	return out, err
}
