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

// ApplicationRow is an application for a shop as the platform's list shows it.
type ApplicationRow struct {
	ID         tenant.ID // of the application
	Name       string
	Handle     string
	Status     string
	StepFailed bool // the job's last step failed and is tried again
	Person     string
	Login      string
	CreatedAt  time.Time
	TermsAt    *time.Time // when it was handed in; nil for a draft
}

// ApplicationFilter says which applications are wanted.
type ApplicationFilter struct {
	Status string // "" for all
	Query  string // part of name, handle, person or login
	Before string // id of the application after which the list, newest first, goes on
}

// ApplicationPage is one page of the list.
type ApplicationPage struct {
	Rows    []ApplicationRow
	Next    string // id to go on after, "" at the end
	Waiting int64  // how many wait for a decision; capped at CountCap
}

const applicationsPerPage = 30

const (
	applicationColumns = `SELECT s.id, s.name, s.handle, s.status, s.step_error <> '', p.name, p.login, s.created_at, s.terms_at
  FROM platform.signup s JOIN platform.staff p ON p.id = s.staff_id`
	applicationsWaiting = `SELECT count(*) FROM (SELECT FROM platform.signup WHERE status = 'applied' LIMIT 1000) w`
)

// Applications returns a page of the applications, newest first, in one round trip.
func (s *Store) Applications(ctx context.Context, f ApplicationFilter) (page ApplicationPage, err error) {
	var where filter
	if f.Status != "" {
		where.add("s.status = ?", f.Status)
	}
	if f.Query != "" {
		where.add("(s.name ILIKE ? OR s.handle LIKE ? OR p.name ILIKE ? OR p.login ILIKE ?)", contains(f.Query))
	}
	if f.Before != "" {
		where.add("(s.created_at, s.id) < (SELECT b.created_at, b.id FROM platform.signup b WHERE b.id = ?)", f.Before)
	}
	sql := applicationColumns + where.where() + fmt.Sprintf(" ORDER BY s.created_at DESC, s.id DESC LIMIT %d", applicationsPerPage+1)
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		page = ApplicationPage{}
		b := &pgx.Batch{}
		collect(b, &page.Rows, applicationRow, sql, where.args...)
		b.Queue(applicationsWaiting).QueryRow(func(row pgx.Row) error { return row.Scan(&page.Waiting) })
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return ApplicationPage{}, fmt.Errorf("read applications: %w", err)
	}
	if len(page.Rows) > applicationsPerPage {
		page.Rows = page.Rows[:applicationsPerPage]
		page.Next = page.Rows[applicationsPerPage-1].ID.String()
	}
	return page, nil
}

func applicationRow(row pgx.CollectableRow) (a ApplicationRow, err error) {
	var id string
	if err := row.Scan(&id, &a.Name, &a.Handle, &a.Status, &a.StepFailed, &a.Person, &a.Login, &a.CreatedAt, &a.TermsAt); err != nil {
		return a, err
	}
	a.ID, err = tenant.ParseID(id)
	return a, err
}

// ApplicationDetail is one application for those who decide about it.
type ApplicationDetail struct {
	ApplicationRow
	Mail         string
	Phone        string
	Network      string // address or /64 it came from
	TermsVersion string
	Step         string
	StepError    string
	StepAt       *time.Time
	Shop         string // id of the shop, "" before it has a schema
	Reason       string // of a rejection
	UpdatedAt    time.Time
	ExpiresAt    time.Time
	// OfPerson and OfNetwork are the other applications of the same person and network.
	OfPerson  int64
	OfNetwork int64
}

const applicationFacts = `SELECT coalesce(p.mail, ''), coalesce(p.phone, ''), s.network, s.terms_version, s.step, s.step_error, s.step_at,
       coalesce(s.tenant_id, ''), s.reason, s.updated_at, s.expires_at,
       (SELECT count(*) FROM platform.signup o WHERE o.staff_id = s.staff_id AND o.id <> s.id),
       (SELECT count(*) FROM platform.signup o WHERE o.network = s.network AND o.id <> s.id)
  FROM platform.signup s JOIN platform.staff p ON p.id = s.staff_id WHERE s.id = $1`

// Application returns one application in one round trip. Faults: NOT_FOUND.
func (s *Store) Application(ctx context.Context, id tenant.ID) (d ApplicationDetail, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		d = ApplicationDetail{}
		var rows []ApplicationRow
		b := &pgx.Batch{}
		collect(b, &rows, applicationRow, applicationColumns+" WHERE s.id = $1", id.String())
		b.Queue(applicationFacts, id.String()).QueryRow(func(row pgx.Row) error {
			return row.Scan(&d.Mail, &d.Phone, &d.Network, &d.TermsVersion, &d.Step, &d.StepError, &d.StepAt, &d.Shop, &d.Reason, &d.UpdatedAt, &d.ExpiresAt, &d.OfPerson, &d.OfNetwork)
		})
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		d.ApplicationRow = rows[0]
		return nil
	})
	if tenantdb.NoRows(err) {
		return ApplicationDetail{}, fault.ErrNotFound
	}
	if err != nil {
		return ApplicationDetail{}, fmt.Errorf("read application: %w", err)
	}
	return d, nil
}
