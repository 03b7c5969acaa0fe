package registry

import (
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

// Schema says whether this binary can work on the shop's schema. Callbacks ask only this:
// money moves in a suspended shop, too. Faults: MAINTENANCE.
func Schema(t tenant.Tenant) error {
	if t.SchemaVersion < migrations.MinTenantVersion {
		return ErrMaintenance
	}
	return nil
}
