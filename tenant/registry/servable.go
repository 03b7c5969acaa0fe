package registry

import (
	"galleria/migrations"
	"galleria/tenant"
)

// Storefront says whether a shop's Mini Programs are served now. Faults: MAINTENANCE,
// TENANT_SUSPENDED, UNKNOWN_APP.
func Storefront(t tenant.Tenant) error {
	switch t.Status {
	case tenant.Active:
		return Schema(t)
	case tenant.Provisioning:
		return ErrMaintenance
	case tenant.Suspended, tenant.Closing:
		return ErrSuspended
	case tenant.Closed:
	}
	return ErrUnknownApp
}

// Schema says whether this binary can work on the shop's schema. Callbacks ask only this:
// money moves in a suspended shop, too. Faults: MAINTENANCE.
func Schema(t tenant.Tenant) error {
	if t.SchemaVersion < migrations.MinTenantVersion {
		return ErrMaintenance
	}
	return nil
}
