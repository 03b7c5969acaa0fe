package readmodel

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// TenantRow is a shop as the platform's list shows it.
type TenantRow struct {
	ID            tenant.ID
	Handle        string
	Name          string
	Status        string
	SchemaVersion int64
	MigrateFailed bool // the last try to upgrade its schema failed
	OpenedAt      *time.Time
	LastUsedAt    *time.Time // the last order (to an hour) or visit of its staff
	Failures      int64      // callbacks of the last seven days that were refused or did not fit
	Dead          int64      // dead letters that wait for a decision; capped at CountCap
}

// TenantFilter says which shops are wanted.
type TenantFilter struct {
	Query  string // part of handle or name, or a whole id, AppID or merchant number
	Status string // "" for all
	Plan   string // "" for all
	After  string // handle after which the list goes on
}

// TenantPage is one page of the list, by handle.
type TenantPage struct {
	Rows []TenantRow
	Next string // handle to go on after, "" at the end
}

const tenantsPerPage = 30

const tenantColumns = `SELECT t.id, t.handle, t.name, t.status, t.schema_version, t.last_error <> '', t.opened_at,
       (SELECT greatest((SELECT max(e.last_seen_at) FROM platform.staff_seat e WHERE e.tenant_id = t.id),
                        (SELECT max(u.used_at) FROM platform.quota_usage u WHERE u.tenant_id = t.id AND u.quota = 'orders'))),
       coalesce((SELECT sum(f.failures) FROM platform.callback_failure f WHERE f.tenant_id = t.id AND f.last_at > now() - interval '7 days'), 0)::bigint,
       (SELECT count(*) FROM (SELECT 1 FROM platform.outbox d WHERE d.tenant_id = t.id AND d.dead_at IS NOT NULL AND d.discarded_at IS NULL LIMIT 1000) c)
  FROM platform.tenant t`

// Tenants returns a page of the platform's shops.
func (s *Store) Tenants(ctx context.Context, f TenantFilter) (page TenantPage, err error) {
	where := filter{conditions: []string{"t.handle IS NOT NULL"}}
	if f.After != "" {
		where.add("t.handle > ?", f.After)
	}
	if f.Status != "" {
		where.add("t.status = ?", f.Status)
	}
	if f.Plan != "" {
		where.add("coalesce((SELECT c.plan_code FROM platform.tenant_plan c WHERE c.tenant_id = t.id), (SELECT p.code FROM platform.plan p WHERE p.is_default)) = ?", f.Plan)
	}
	if f.Query != "" {
		where.add("(t.handle LIKE ? OR t.name ILIKE ?", contains(f.Query))
		last := len(where.conditions) - 1
		open := where.conditions[last]
		where.conditions = where.conditions[:last]
		where.add(open+` OR t.id = ? OR EXISTS (SELECT FROM platform.app a WHERE a.app_id = ? AND a.tenant_id = t.id)
          OR EXISTS (SELECT FROM platform.account_route r WHERE r.merchant_no = ? AND r.tenant_id = t.id))`, f.Query)
	}
	sql := tenantColumns + where.where() + fmt.Sprintf(" ORDER BY t.handle LIMIT %d", tenantsPerPage+1)
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		rows, err := tx.Query(ctx, sql, where.args...)
		if err != nil {
			return err
		}
		page.Rows, err = pgx.CollectRows(rows, tenantRow)
		return err
	})
	if err != nil {
		return TenantPage{}, fmt.Errorf("read shops: %w", err)
	}
	if len(page.Rows) > tenantsPerPage {
		page.Rows = page.Rows[:tenantsPerPage]
		page.Next = page.Rows[tenantsPerPage-1].Handle
	}
	return page, nil
}

func tenantRow(row pgx.CollectableRow) (t TenantRow, err error) {
	var id string
	if err := row.Scan(&id, &t.Handle, &t.Name, &t.Status, &t.SchemaVersion, &t.MigrateFailed, &t.OpenedAt, &t.LastUsedAt, &t.Failures, &t.Dead); err != nil {
		return t, err
	}
	t.ID, err = tenant.ParseID(id)
	return t, err
}

// TenantPerson is somebody who works in a shop.
type TenantPerson struct {
	Name     string
	Login    string
	Roles    []string
	SeenAt   *time.Time
	Disabled bool
}

// LogEntry is an entry of the audit log as a list shows it.
type LogEntry struct {
	At     time.Time
	Actor  string // "staff:12", "system"
	Name   string // of a person
	Action string
	Reason string // what the entry says about why, "" for nothing
}

// TenantAccount is a merchant account as the directory knows it.
type TenantAccount struct {
	Channel    string
	MerchantNo string
	AccountKey string
}

// Agreement is a limit that was agreed with one shop.
type Agreement struct {
	Quota     string
	Reason    string
	UpdatedAt time.Time
}

// TenantApp is a Mini Program as the directory knows it.
type TenantApp struct {
	AppID     string
	Name      string
	Provider  string // wechat or alipay
	Status    string // active or disabled
	CreatedAt time.Time
}

// TenantDetail is one shop for the platform's staff. It holds no secret and nothing of buyers.
type TenantDetail struct {
	TenantRow
	StatusReason string
	MigrateError string
	Lane         int64
	Apps         []TenantApp
	Accounts     []TenantAccount
	People       []TenantPerson
	Agreements   []Agreement
	History      []LogEntry // of its state, newest first
	Log          []LogEntry // newest first
}

const (
	tenantPeople = `SELECT p.name, p.login, array_agg(g.role_code ORDER BY g.role_code), max(e.last_seen_at), bool_or(e.disabled_at IS NOT NULL OR p.status <> 'active')
  FROM platform.staff_role g JOIN platform.staff p ON p.id = g.staff_id
  LEFT JOIN platform.staff_seat e ON e.tenant_id = g.tenant_id AND e.staff_id = g.staff_id
 WHERE g.tenant_id = $1 GROUP BY p.id ORDER BY p.name, p.id LIMIT 100`
	logColumns = `SELECT a.at, a.actor, coalesce(p.name, ''), a.action, coalesce(a.detail->>'reason', '')
  FROM platform.audit_log a
  LEFT JOIN platform.staff p ON p.id = CASE WHEN a.actor ~ '^staff:[0-9]{1,18}$' THEN substr(a.actor, 7)::bigint END`
	tenantHistory = logColumns + ` WHERE a.tenant_id = $1 AND (a.action LIKE 'platform.shop.%' OR a.action LIKE 'tenant.%') ORDER BY a.id DESC LIMIT 10`
	tenantLog     = logColumns + ` WHERE a.tenant_id = $1 ORDER BY a.id DESC LIMIT 15`
	tenantApps    = `SELECT a.app_id, a.name, a.provider, a.status, a.created_at FROM platform.app a WHERE a.tenant_id = $1 ORDER BY a.created_at, a.app_id LIMIT 100`
	tenantRoutes  = `SELECT r.channel, r.merchant_no, r.account_key FROM platform.account_route r WHERE r.tenant_id = $1 ORDER BY r.created_at, r.account_key LIMIT 100`
	tenantAgreed  = `SELECT l.quota, l.reason, l.updated_at FROM platform.tenant_limit l WHERE l.tenant_id = $1`
	tenantFacts   = `SELECT t.status_reason, t.last_error, t.lane::bigint FROM platform.tenant t WHERE t.id = $1`
)

// Tenant returns one shop in one round trip. Faults: NOT_FOUND.
func (s *Store) Tenant(ctx context.Context, id tenant.ID) (d TenantDetail, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		d = TenantDetail{}
		b := &pgx.Batch{}
		var rows []TenantRow
		collect(b, &rows, tenantRow, tenantColumns+" WHERE t.id = $1 AND t.handle IS NOT NULL", id.String())
		b.Queue(tenantFacts, id.String()).QueryRow(func(row pgx.Row) error { return row.Scan(&d.StatusReason, &d.MigrateError, &d.Lane) })
		collect(b, &d.Apps, func(row pgx.CollectableRow) (a TenantApp, err error) {
			err = row.Scan(&a.AppID, &a.Name, &a.Provider, &a.Status, &a.CreatedAt)
			return a, err
		}, tenantApps, id.String())
		collect(b, &d.Accounts, func(row pgx.CollectableRow) (a TenantAccount, err error) {
			err = row.Scan(&a.Channel, &a.MerchantNo, &a.AccountKey)
			return a, err
		}, tenantRoutes, id.String())
		collect(b, &d.People, func(row pgx.CollectableRow) (p TenantPerson, err error) {
			err = row.Scan(&p.Name, &p.Login, &p.Roles, &p.SeenAt, &p.Disabled)
			return p, err
		}, tenantPeople, id.String())
		collect(b, &d.Agreements, func(row pgx.CollectableRow) (a Agreement, err error) {
			err = row.Scan(&a.Quota, &a.Reason, &a.UpdatedAt)
			return a, err
		}, tenantAgreed, id.String())
		collect(b, &d.History, logEntry, tenantHistory, id.String())
		collect(b, &d.Log, logEntry, tenantLog, id.String())
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		if len(rows) == 0 {
			return fault.ErrNotFound
		}
		d.TenantRow = rows[0]
		return nil
	})
	if tenantdb.NoRows(err) {
		return TenantDetail{}, fault.ErrNotFound
	}
	if err != nil {
		return TenantDetail{}, fmt.Errorf("read shop: %w", err)
	}
	return d, nil
}

func logEntry(row pgx.CollectableRow) (e LogEntry, err error) {
	err = row.Scan(&e.At, &e.Actor, &e.Name, &e.Action, &e.Reason)
	return e, err
}

// VersionCount is how many schemas of one kind stand at one version.
type VersionCount struct {
	SchemaVersion int64
	Status        string
	Schemas       int64
	Failed        int64 // of them, with an error from the last try
}

// BehindRow is a schema below the newest version.
type BehindRow struct {
	ID            string
	Handle        string // "" for a spare or the template
	Status        string
	SchemaVersion int64
	LastError     string
	UpdatedAt     time.Time
}

// Fleet is how far the schemas of all shops have come.
type Fleet struct {
	Versions []VersionCount
	Behind   []BehindRow // at most 100: failed ones first
	Total    int64
	Late     int64      // schemas that are behind
	LastMove *time.Time // when a schema last reached the newest version
}

// Fleet reads it from the directory in one statement and one round trip.
func (s *Store) Fleet(ctx context.Context, latest int64) (f Fleet, err error) {
	const sql = `WITH counts AS (
  SELECT t.schema_version, t.status, count(*) AS schemas, count(*) FILTER (WHERE t.last_error <> '') AS failed, max(t.updated_at) AS moved
    FROM platform.tenant t WHERE t.status <> 'building' GROUP BY t.schema_version, t.status),
behind AS (
  SELECT t.id, coalesce(t.handle, '') AS handle, t.status, t.schema_version, t.last_error, t.updated_at
    FROM platform.tenant t WHERE t.status <> 'building' AND t.schema_version < $1 ORDER BY t.last_error = '', t.id LIMIT 100)
SELECT c.schema_version, c.status, c.schemas, c.failed, c.moved, '', '', '' FROM counts c
UNION ALL
SELECT b.schema_version, b.status, 0, 0, b.updated_at, b.id, b.handle, b.last_error FROM behind b`
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		f = Fleet{}
		rows, err := tx.Query(ctx, sql, latest)
		if err != nil {
			return err
		}
		var v VersionCount
		var b BehindRow
		var at time.Time
		_, err = pgx.ForEachRow(rows, []any{&v.SchemaVersion, &v.Status, &v.Schemas, &v.Failed, &at, &b.ID, &b.Handle, &b.LastError}, func() error {
			if b.ID != "" {
				b.SchemaVersion, b.Status, b.UpdatedAt = v.SchemaVersion, v.Status, at
				f.Behind = append(f.Behind, b)
				return nil
			}
			f.Versions = append(f.Versions, v)
			f.Total += v.Schemas
			if v.SchemaVersion < latest {
				f.Late += v.Schemas
			} else if moved := at; f.LastMove == nil || f.LastMove.Before(moved) {
				f.LastMove = &moved
			}
			return nil
		})
		return err
	})
	if err != nil {
		return Fleet{}, fmt.Errorf("read fleet: %w", err)
	}
	return f, nil
}

// Handles returns the handles of shops by id, for lists that name them.
func (s *Store) Handles(ctx context.Context, ids []tenant.ID) (handles map[tenant.ID]string, err error) {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		handles = make(map[tenant.ID]string, len(ids))
		rows, err := tx.Query(ctx, "SELECT t.id, t.handle FROM platform.tenant t WHERE t.id = ANY ($1) AND t.handle IS NOT NULL", texts)
		if err != nil {
			return err
		}
		var text, handle string
		_, err = pgx.ForEachRow(rows, []any{&text, &handle}, func() error {
			id, err := tenant.ParseID(text)
			handles[id] = handle
			return err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read handles: %w", err)
	}
	return handles, nil
}
