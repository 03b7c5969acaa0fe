package staff

import (
	"context"
	"fmt"
	"slices"

	"galleria/console/authz"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// PlatformPerson is somebody with a role on the platform itself.
type PlatformPerson struct {
	ID           int64
	Login        string
	Name         string
	Roles        []string
	Active       bool
	SecondFactor bool
}

// PlatformPeople lists the platform's own staff.
func (s *Service) PlatformPeople(ctx context.Context) ([]PlatformPerson, error) {
	return s.platformPeople(ctx, 0)
}

// PlatformPerson finds one of the platform's own staff. Faults: NOT_FOUND.
func (s *Service) PlatformPerson(ctx context.Context, staffID int64) (PlatformPerson, error) {
	list, err := s.platformPeople(ctx, staffID)
	if err != nil {
		return PlatformPerson{}, err
	}
	if staffID == 0 || len(list) != 1 {
		return PlatformPerson{}, fault.ErrNotFound
	}
	return list[0], nil
}

func (s *Service) platformPeople(ctx context.Context, staffID int64) ([]PlatformPerson, error) {
	rows, err := s.q.PlatformPeople(ctx, s.DB.Platform(), staffID)
	if err != nil {
		return nil, fmt.Errorf("list platform staff: %w", err)
	}
	out := make([]PlatformPerson, 0, len(rows))
	for _, r := range rows {
		out = append(out, PlatformPerson{
			ID: r.ID, Login: r.Login, Name: r.Name, Roles: r.Roles, Active: r.Status == "active" && !r.Disabled, SecondFactor: r.SecondFactor,
		})
	}
	return out, nil
}

// GrantPlatformTx gives a person a role on the platform, and tells whether it was new,
// without asking whose word that is: for tools. Faults: ROLE_UNKNOWN.
func (s *Service) GrantPlatformTx(ctx context.Context, tx tenantdb.Tx, staffID int64, role string) (bool, error) {
	if !authz.IsPlatformRole(role) {
		return false, ErrNoRole
	}
	n, err := s.q.PutPlatformRole(ctx, tx, staffID, role)
	if err != nil {
		return false, fmt.Errorf("grant platform role: %w", err)
	}
	return n > 0, nil
}

// RevokePlatformTx takes a role on the platform away, but not the last administrator's:
// for tools. Faults: NOT_FOUND, LAST_ADMINISTRATOR.
func (s *Service) RevokePlatformTx(ctx context.Context, tx tenantdb.Tx, staffID int64, role string) error {
	if err := s.lockPlatform(ctx, tx); err != nil {
		return err
	}
	n, err := s.q.TakePlatformRole(ctx, tx, staffID, role)
	if err != nil {
		return fmt.Errorf("revoke platform role: %w", err)
	}
	if n == 0 {
		return fault.ErrNotFound
	}
	if role != authz.PlatformAdmin {
		return nil
	}
	return s.keepAdministrator(ctx, tx, staffID)
}

// platformScope names the platform where a shop's id names the shop.
const platformScope = "platform"

// lockPlatform takes the lock under which the platform's people change one after the other.
func (s *Service) lockPlatform(ctx context.Context, tx tenantdb.Tx) error {
	if err := s.q.LockScope(ctx, tx, "staff-of:"+platformScope); err != nil {
		return fmt.Errorf("lock platform staff: %w", err)
	}
	return nil
}

// keepAdministrator refuses what would leave nobody who may do everything.
func (s *Service) keepAdministrator(ctx context.Context, tx tenantdb.Tx, without int64) error {
	n, err := s.q.OtherAdministrators(ctx, tx, authz.PlatformAdmin, without)
	if err != nil {
		return fmt.Errorf("count administrators: %w", err)
	}
	if n == 0 {
		return ErrLastAdmin
	}
	return nil
}

// platformAuthorityTx takes the lock and reads what the actor may do at this moment.
// Faults: ABOVE_OWN_RIGHTS.
func (s *Service) platformAuthorityTx(ctx context.Context, tx tenantdb.Tx, actor int64) (authz.PlatformGranted, error) {
	if err := s.lockPlatform(ctx, tx); err != nil {
		return nil, err
	}
	rows, err := s.q.PlatformRolesOf(ctx, tx, actor)
	if err != nil {
		return nil, fmt.Errorf("read platform rights: %w", err)
	}
	var roles []string
	for _, r := range rows {
		if r.DisabledAt == nil {
			roles = append(roles, r.RoleCode)
		}
	}
	granted := authz.PlatformRights(roles)
	if !granted[authz.PlatformStaffManage] {
		return nil, ErrAboveOwn
	}
	return granted, nil
}

// platformTouch reads what the actor may do and what the target holds, and refuses
// changing oneself. Faults: ABOVE_OWN_RIGHTS, OWN_SEAT, NOT_FOUND.
func (s *Service) platformTouch(ctx context.Context, tx tenantdb.Tx, actor, target int64) (granted authz.PlatformGranted, held []string, err error) {
	if granted, err = s.platformAuthorityTx(ctx, tx, actor); err != nil {
		return nil, nil, err
	}
	if actor == target {
		return nil, nil, ErrSelf
	}
	rows, err := s.q.PlatformPeople(ctx, tx, target)
	if err != nil {
		return nil, nil, fmt.Errorf("read platform staff: %w", err)
	}
	if len(rows) != 1 {
		return nil, nil, fault.ErrNotFound
	}
	return granted, rows[0].Roles, nil
}

// checkPlatformRoles refuses roles that do not exist or allow more than the actor may, and
// returns them sorted and once each.
func checkPlatformRoles(granted authz.PlatformGranted, roles []string) ([]string, error) {
	roles = slices.Compact(slices.Sorted(slices.Values(roles)))
	if len(roles) == 0 {
		return nil, ErrNoRole
	}
	for _, code := range roles {
		if !authz.IsPlatformRole(code) {
			return nil, ErrNoRole
		}
	}
	for _, role := range authz.PlatformRoles() {
		if slices.Contains(roles, role.Code) && !granted.Covers(role.Permissions) {
			return nil, ErrAboveOwn
		}
	}
	return roles, nil
}

// SetPlatformRolesTx gives one of the platform's people exactly these roles, and returns
// those held before. Faults: ABOVE_OWN_RIGHTS, OWN_SEAT, NOT_FOUND, ROLE_UNKNOWN,
// LAST_ADMINISTRATOR.
func (s *Service) SetPlatformRolesTx(ctx context.Context, tx tenantdb.Tx, actor, target int64, roles []string) (before []string, err error) {
	granted, before, err := s.platformTouch(ctx, tx, actor, target)
	if err != nil {
		return nil, err
	}
	if roles, err = checkPlatformRoles(granted, roles); err != nil {
		return nil, err
	}
	for _, role := range roles {
		if _, err := s.q.PutPlatformRole(ctx, tx, target, role); err != nil {
			return nil, fmt.Errorf("set platform roles: %w", err)
		}
	}
	if _, err := s.q.TakePlatformRolesBut(ctx, tx, target, roles); err != nil {
		return nil, fmt.Errorf("set platform roles: %w", err)
	}
	if !slices.Contains(roles, authz.PlatformAdmin) {
		return before, s.keepAdministrator(ctx, tx, target)
	}
	return before, nil
}

// DisablePlatformTx keeps a person out of the platform's pages without taking the roles,
// and takes back the invitations that person sent. Faults: ABOVE_OWN_RIGHTS, OWN_SEAT,
// NOT_FOUND, LAST_ADMINISTRATOR, CONFLICT if it was so already.
func (s *Service) DisablePlatformTx(ctx context.Context, tx tenantdb.Tx, actor, target int64) error {
	if _, _, err := s.platformTouch(ctx, tx, actor, target); err != nil {
		return err
	}
	now := tx.Now()
	n, err := s.q.DisablePlatform(ctx, tx, &now, target)
	if err := oneRow(n, err, "disable platform staff"); err != nil {
		return err
	}
	if err := s.q.RevokePlatformInvitesBy(ctx, tx, &now, target); err != nil {
		return fmt.Errorf("disable platform staff: %w", err)
	}
	return s.keepAdministrator(ctx, tx, target)
}

// EnablePlatformTx lets a person in again. Faults: ABOVE_OWN_RIGHTS, OWN_SEAT, NOT_FOUND,
// CONFLICT if it was so already.
func (s *Service) EnablePlatformTx(ctx context.Context, tx tenantdb.Tx, actor, target int64) error {
	if _, _, err := s.platformTouch(ctx, tx, actor, target); err != nil {
		return err
	}
	n, err := s.q.EnablePlatform(ctx, tx, target)
	return oneRow(n, err, "enable platform staff")
}
