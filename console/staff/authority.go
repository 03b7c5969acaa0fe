package staff

import (
	"context"
	"fmt"
	"slices"

	"galleria/console/authz"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// authority is what somebody may do in a shop at this moment, read under the shop's
// lock: a role that was taken away a moment ago counts no more, whatever a cached policy
// says.
type authority struct {
	staffID int64
	granted authz.Granted
	owner   bool
}

// authorityTx takes the lock under which all changes of a shop's people and roles happen
// one after the other, and reads what the actor may do.
func (s *Service) authorityTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, actor int64, need authz.Permission) (authority, error) {
	if err := s.q.LockScope(ctx, tx, "staff-of:"+shop.String()); err != nil {
		return authority{}, fmt.Errorf("lock staff: %w", err)
	}
	a, err := s.rightsTx(ctx, tx, shop, actor, false)
	if err != nil {
		return authority{}, err
	}
	if !a.granted[need] {
		return authority{}, ErrAboveOwn
	}
	return a, nil
}

func (s *Service) rightsTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, staffID int64, evenDisabled bool) (authority, error) {
	rows, err := s.q.RolesOf(ctx, tx, shop.String(), staffID, evenDisabled)
	if err != nil {
		return authority{}, fmt.Errorf("read rights: %w", err)
	}
	a := authority{staffID: staffID, granted: authz.Granted{}}
	for _, r := range rows {
		a.owner = a.owner || r.RoleCode == authz.Owner
		for _, p := range authz.Effective(r.RoleCode, r.Permissions) {
			a.granted[p] = true
		}
	}
	return a, nil
}

// mayGrant tells whether the actor may hand out a role: never the owner's, and none that
// allows more than he holds himself.
func (a authority) mayGrant(code string, stored []string) bool {
	return code != authz.Owner && a.granted.Covers(authz.Effective(code, stored))
}

// mayTouch reads what the target holds and refuses to let anybody change himself, the
// owner, or somebody who may do more.
func (s *Service) mayTouch(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, a authority, target int64) error {
	if a.staffID == target {
		return ErrSelf
	}
	rows, err := s.q.RolesOf(ctx, tx, shop.String(), target, true)
	if err != nil {
		return fmt.Errorf("read rights: %w", err)
	}
	if len(rows) == 0 {
		return ErrNotHere
	}
	for _, r := range rows {
		if !a.mayGrant(r.RoleCode, r.Permissions) {
			return ErrAboveOwn
		}
	}
	return nil
}

// checkRoles refuses roles that do not exist or that the actor may not hand out, and
// returns them sorted and once each.
func (s *Service) checkRoles(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, a authority, roles []string) ([]string, error) {
	roles = slices.Compact(slices.Sorted(slices.Values(roles)))
	if len(roles) == 0 || len(roles) > maxRoles {
		return nil, ErrNoRole
	}
	if err := s.ensureRolesTx(ctx, tx, shop); err != nil {
		return nil, fmt.Errorf("check roles: %w", err)
	}
	for _, code := range roles {
		row, err := s.q.RoleByCode(ctx, tx, shop.String(), code)
		if tenantdb.NoRows(err) {
			return nil, ErrNoRole
		}
		if err != nil {
			return nil, fmt.Errorf("check roles: %w", err)
		}
		if !a.mayGrant(row.Code, row.Permissions) {
			return nil, ErrAboveOwn
		}
	}
	return roles, nil
}

// maxRoles is how many roles a person may have in a shop.
const maxRoles = 20
