package registry

import (
	"context"
	"fmt"
	"time"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/registry/internal/registrydb"
	"galleria/tenant/tenantdb"
)

// Service reads and changes the directory.
type Service struct {
	db    *tenantdb.DB
	q     *registrydb.Queries
	audit *audit.Log
}

// New returns the directory.
func New(db *tenantdb.DB) *Service {
	return &Service{db: db, q: registrydb.New(), audit: audit.New(db)}
}

// ByHandle finds a shop by its handle. Faults: NOT_FOUND.
func (s *Service) ByHandle(ctx context.Context, handle string) (t tenant.Tenant, err error) {
	err = s.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		r, err := s.q.ByHandle(ctx, tx, &handle)
		if err != nil {
			return notFound(err)
		}
		t, err = tenantFromRow(row(r))
		return err
	})
	return t, err
}

// ByID finds a shop by its id. Faults: NOT_FOUND.
func (s *Service) ByID(ctx context.Context, id tenant.ID) (t tenant.Tenant, err error) {
	err = s.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		r, err := s.q.ByID(ctx, tx, id.String())
		if err != nil {
			return notFound(err)
		}
		t, err = tenantFromRow(row(r))
		return err
	})
	return t, err
}

// List returns up to limit shops with an id after the given one, in id order; start
// with the zero ID. Spares and unfinished schemas are not shops.
func (s *Service) List(ctx context.Context, after tenant.ID, limit int) (list []tenant.Tenant, err error) {
	err = s.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		rows, err := s.q.List(ctx, tx, after.String(), int32(limit))
		if err != nil {
			return err
		}
		list = make([]tenant.Tenant, 0, len(rows))
		for _, r := range rows {
			t, err := tenantFromRow(row(r))
			if err != nil {
				return err
			}
			list = append(list, t)
		}
		return nil
	})
	return list, err
}

// ChangedTx tells every process, once the caller's platform transaction has committed, to
// read anew what it knows of a tenant.
func (s *Service) ChangedTx(ctx context.Context, tx tenantdb.Tx, id tenant.ID) error {
	return s.q.NotifyTenant(ctx, tx, id.String())
}

// AddApp binds an AppID to a tenant. Binding it again to the same tenant is no error.
// Faults: APP_TAKEN.
func (s *Service) AddApp(ctx context.Context, app tenant.App) error {
	return s.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		n, err := s.q.AddApp(ctx, tx, app.ID.String(), string(app.Provider), app.TenantID.String(), app.Name)
		if err != nil {
			return fmt.Errorf("add app: %w", err)
		}
		if n == 0 {
			r, err := s.q.ByApp(ctx, tx, app.ID.String())
			if err != nil {
				return fmt.Errorf("add app: %w", err)
			}
			if r.ID != app.TenantID.String() {
				return ErrAppTaken
			}
		}
		if err := s.q.NotifyTenant(ctx, tx, app.TenantID.String()); err != nil || n == 0 {
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{
			TenantID: app.TenantID, Action: "app.bound", Object: "app:" + app.ID.String(),
			After: map[string]any{"name": app.Name, "provider": string(app.Provider)},
		})
	})
}

// Apps lists a tenant's Mini Programs.
func (s *Service) Apps(ctx context.Context, id tenant.ID) (apps []tenant.App, err error) {
	err = s.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		rows, err := s.q.AppsOf(ctx, tx, id.String())
		if err != nil {
			return err
		}
		apps = make([]tenant.App, 0, len(rows))
		for _, r := range rows {
			appID, ok := tenant.ParseAppID(r.AppID)
			if !ok {
				return fmt.Errorf("stored app id %q is malformed", r.AppID)
			}
			apps = append(apps, tenant.App{ID: appID, Provider: tenant.Provider(r.Provider), TenantID: id, Name: r.Name, Enabled: r.Status == "active"})
		}
		return nil
	})
	return apps, err
}

// AddAccountRoute lets callbacks under accountKey find the tenant, and the platform's
// staff find it by its merchant number. Repeating it is no error.
func (s *Service) AddAccountRoute(ctx context.Context, accountKey, channel, merchantNo string, id tenant.ID) error {
	return s.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		_, err := s.q.AddAccountRoute(ctx, tx, accountKey, channel, id.String(), merchantNo)
		return err
	})
}

// row is the columns that every query of one tenant selects.
type row struct {
	ID            string
	Handle        *string
	Name          *string
	Status        string
	StatusReason  string
	SchemaVersion int64
	OpenedAt      *time.Time
}

func tenantFromRow(r row) (tenant.Tenant, error) {
	id, err := tenant.ParseID(r.ID)
	if err != nil {
		return tenant.Tenant{}, err
	}
	t := tenant.Tenant{ID: id, Status: tenant.Status(r.Status), StatusReason: r.StatusReason, SchemaVersion: r.SchemaVersion}
	if r.Handle != nil {
		t.Handle = *r.Handle
	}
	if r.Name != nil {
		t.Name = *r.Name
	}
	if r.OpenedAt != nil {
		t.CreatedAt = *r.OpenedAt
	}
	return t, nil
}

func notFound(err error) error {
	if tenantdb.NoRows(err) {
		return fault.ErrNotFound
	}
	return err
}
