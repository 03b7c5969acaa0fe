package registry

import (
	"fmt"

	"galleria/migrations"
	"galleria/tenant"
)

// Storefront says whether a shop's Mini Programs are served now. Faults: MAINTENANCE,
// TENANT_SUSPENDED, UNKNOWN_APP.
func Storefront(t tenant.Tenant) error {
	switch t.Status.Policy().Storefront {
	case tenant.StorefrontOpen, tenant.StorefrontTrial, tenant.StorefrontWinding:
		return Schema(t)
	case tenant.StorefrontStarting:
		return ErrMaintenance
	case tenant.StorefrontSuspended:
		return ErrSuspended
	case tenant.StorefrontAbsent:
	}
	return ErrUnknownApp
}

// NewOrders says whether a shop that is served in this status takes new orders. Faults: TENANT_CLOSING.
func NewOrders(s tenant.Status) error {
	if s.Policy().Storefront == tenant.StorefrontWinding {
		return ErrClosing
	}
	return nil
}

// NewestSchema is the version that every shop's schema should have.
func NewestSchema() (int64, error) {
	latest, err := migrations.Latest("tenant")
	if err != nil {
		return 0, fmt.Errorf("newest schema: %w", err)
	}
	return latest, nil
}

// Schema says whether this binary can work on the shop's schema. Callbacks ask only this:
// money moves in a suspended shop, too. Faults: MAINTENANCE.
func Schema(t tenant.Tenant) error {
	if t.SchemaVersion < migrations.MinTenantVersion {
		return ErrMaintenance
	}
	return nil
}
