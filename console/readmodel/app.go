package readmodel

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// AppAccount is a merchant account that collects for an app.
type AppAccount struct {
	ID            int64
	Name, Channel string
	Mode          string // live or sandbox
}

// AppUse is what depends on a Mini Program.
type AppUse struct {
	Members  int64 // who signed in through it, capped at CountCap
	Orders   bool  // there are orders from it; only looked for where nobody signed in
	Accounts []AppAccount
}

// Any reports whether anything depends on the app: without it, buyers could not find their
// orders nor an account its payments.
func (u AppUse) Any() bool { return u.Members > 0 || u.Orders || len(u.Accounts) > 0 }

// Row policies show the shop its own rows of platform.app; ” asks for all of them. Whether
// an app has orders needs no index: buyers sign in before they order, and those are found by
// theirs, so that orders are only looked through for an app that nobody ever used.
const (
	appMembers = `SELECT a.app_id, (SELECT count(*) FROM (SELECT 1 FROM member_identity i WHERE i.app_id = a.app_id LIMIT $2) c)
  FROM platform.app a WHERE $1::text IN ('', a.app_id)`
	appOrders   = `SELECT EXISTS (SELECT 1 FROM orders o WHERE o.app_id = $1)`
	appAccounts = `SELECT b.app_id, a.id, a.name, a.channel, a.mode
  FROM payment_binding b JOIN payment_account a ON a.id = b.account_id WHERE a.status = 'active' AND $1::text IN ('', b.app_id) ORDER BY a.id, b.app_id`
)

// AppUses returns, by AppID, what depends on each Mini Program of a shop. Orders are left
// out. One round trip.
func (s *Store) AppUses(ctx context.Context, shop tenant.ID) (uses map[string]AppUse, err error) {
	var found appUses
	if err = s.read(ctx, shop, "use of apps", func(b *pgx.Batch) { found.queue(b, "") }); err != nil {
		return nil, err
	}
	return found.byApp(), nil
}

// AppUse returns what depends on one Mini Program, orders included.
func (s *Store) AppUse(ctx context.Context, shop tenant.ID, app tenant.AppID) (use AppUse, err error) {
	err = s.DB.InTenant(ctx, shop, func(tx tenantdb.Tx) error {
		use, err = s.AppUseTx(ctx, tx, app)
		return err
	})
	return use, err
}

// AppUseTx is AppUse in the caller's transaction of the shop.
func (s *Store) AppUseTx(ctx context.Context, tx tenantdb.Tx, app tenant.AppID) (AppUse, error) {
	var found appUses
	b := &pgx.Batch{}
	found.queue(b, app.String())
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return AppUse{}, fmt.Errorf("read use of app: %w", err)
	}
	use := found.byApp()[app.String()]
	if use.Members > 0 { // orders would change nothing
		return use, nil
	}
	if err := tx.QueryRow(ctx, appOrders, app.String()).Scan(&use.Orders); err != nil {
		return AppUse{}, fmt.Errorf("read use of app: %w", err)
	}
	return use, nil
}

// appUses is what the statements found.
type appUses struct {
	members  []memberCount
	accounts []accountOfApp
}

type memberCount struct {
	appID string
	n     int64
}

type accountOfApp struct {
	appID   string
	account AppAccount
}

func (u *appUses) queue(b *pgx.Batch, app string) {
	collect(b, &u.members, func(row pgx.CollectableRow) (m memberCount, err error) {
		err = row.Scan(&m.appID, &m.n)
		return m, err
	}, appMembers, app, CountCap)
	collect(b, &u.accounts, func(row pgx.CollectableRow) (a accountOfApp, err error) {
		err = row.Scan(&a.appID, &a.account.ID, &a.account.Name, &a.account.Channel, &a.account.Mode)
		return a, err
	}, appAccounts, app)
}

func (u *appUses) byApp() map[string]AppUse {
	out := make(map[string]AppUse, len(u.members))
	for _, m := range u.members {
		out[m.appID] = AppUse{Members: m.n}
	}
	for _, a := range u.accounts {
		use := out[a.appID]
		use.Accounts = append(use.Accounts, a.account)
		out[a.appID] = use
	}
	return out
}
