package provision

import (
	"context"
	"fmt"

	"galleria/migrations"
	"galleria/tenant"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
)

// The steps of OpenShop one by one, for whoever wants to show how far it has come. Each is
// safe to repeat.

// Claim gives the request a schema and its shop the status provisioning. Faults: as
// OpenShop.
func (s *Service) Claim(ctx context.Context, in ShopInput) (tenant.ID, error) {
	if err := in.Validate(); err != nil {
		return tenant.ID{}, err
	}
	id, err := s.claim(ctx, in)
	if err != nil {
		return tenant.ID{}, fmt.Errorf("claim: %w", err)
	}
	return id, nil
}

// Upgrade brings the shop's schema to this binary's version, should it be behind.
func (s *Service) Upgrade(ctx context.Context, id tenant.ID) error {
	latest, err := migrations.Latest("tenant")
	if err != nil {
		return err
	}
	t, err := s.Registry.ByID(ctx, id)
	if err != nil || t.SchemaVersion >= latest {
		return err
	}
	_, err = s.Runner.Tenant(ctx, id.String())
	return err
}

// PutSettings writes the shop's own row.
func (s *Service) PutSettings(ctx context.Context, t tenant.Tenant) error {
	return s.DB.InTenant(ctx, t.ID, func(tx tenantdb.Tx) error { return s.q.PutShop(ctx, tx, t.Name) })
}

// RunFill runs the fill steps of the rooms.
func (s *Service) RunFill(ctx context.Context, t tenant.Tenant) error {
	for _, step := range s.Fill {
		if err := step(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// ReadyTx ends the provisioning of an application's shop, in the caller's platform
// transaction: its owner may set it up from now on.
func (s *Service) ReadyTx(ctx context.Context, tx tenantdb.Tx, id tenant.ID, actor string) error {
	return s.Registry.MoveTx(ctx, tx, registry.MoveInput{ID: id, Event: registry.EventReady, Actor: actor})
}
