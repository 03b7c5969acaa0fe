package registry

import (
	"context"
	"fmt"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// What a row of the directory says of an app.
const (
	appActive   = "active"
	appDisabled = "disabled"
)

// ClaimAppTx binds an AppID to the tenant of the caller's transaction. Of two shops that
// claim one at the same moment the first to commit has it; the other waits for that and is
// refused, and learns nothing about who it was. Faults: APP_TAKEN, APP_HERE.
func (s *Service) ClaimAppTx(ctx context.Context, tx tenantdb.Tx, app tenant.App) error {
	own := tx.TenantID().String()
	n, err := s.q.AddApp(ctx, tx, app.ID.String(), string(app.Provider), own, app.Name)
	if err != nil {
		return fmt.Errorf("claim app: %w", err)
	}
	if n == 1 {
		return s.q.NotifyTenant(ctx, tx, own)
	}
	_, err = s.q.OwnApp(ctx, tx, app.ID.String(), own)
	switch {
	case tenantdb.NoRows(err):
		return ErrAppTaken
	case err != nil:
		return fmt.Errorf("claim app: %w", err)
	}
	return ErrAppHere
}

// AppTx returns an app of the transaction's tenant and holds it until the transaction
// ends. Faults: NOT_FOUND, for another shop's as for none.
func (s *Service) AppTx(ctx context.Context, tx tenantdb.Tx, id tenant.AppID) (tenant.App, error) {
	row, err := s.q.OwnApp(ctx, tx, id.String(), tx.TenantID().String())
	if err != nil {
		return tenant.App{}, notFound(err)
	}
	return tenant.App{
		ID: id, Provider: tenant.Provider(row.Provider), TenantID: tx.TenantID(), Name: row.Name, Enabled: row.Status == appActive,
	}, nil
}

// RenameAppTx changes what an app of the transaction's tenant is called. Faults: NOT_FOUND.
func (s *Service) RenameAppTx(ctx context.Context, tx tenantdb.Tx, id tenant.AppID, name string) error {
	n, err := s.q.RenameApp(ctx, tx, name, id.String(), tx.TenantID().String())
	return s.changed(ctx, tx, n, err)
}

// EnableAppTx lets the API serve an app of the transaction's tenant, or no longer. Every
// process knows within moments. Faults: NOT_FOUND.
func (s *Service) EnableAppTx(ctx context.Context, tx tenantdb.Tx, id tenant.AppID, on bool) error {
	status := appDisabled
	if on {
		status = appActive
	}
	n, err := s.q.SetAppStatus(ctx, tx, status, id.String(), tx.TenantID().String())
	return s.changed(ctx, tx, n, err)
}

// DropAppTx frees an AppID of the transaction's tenant for whoever claims it next. Whether
// anything still depends on it is the caller's to know. Faults: NOT_FOUND.
func (s *Service) DropAppTx(ctx context.Context, tx tenantdb.Tx, id tenant.AppID) error {
	n, err := s.q.DropApp(ctx, tx, id.String(), tx.TenantID().String())
	return s.changed(ctx, tx, n, err)
}

func (s *Service) changed(ctx context.Context, tx tenantdb.Tx, n int64, err error) error {
	if err != nil {
		return fmt.Errorf("change app: %w", err)
	}
	if n == 0 {
		return fault.ErrNotFound
	}
	return s.q.NotifyTenant(ctx, tx, tx.TenantID().String())
}
