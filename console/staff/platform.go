package staff

import (
	"context"
	"fmt"

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
	rows, err := s.q.PlatformPeople(ctx, s.DB.Platform())
	if err != nil {
		return nil, fmt.Errorf("list platform staff: %w", err)
	}
	out := make([]PlatformPerson, 0, len(rows))
	for _, r := range rows {
		out = append(out, PlatformPerson{ID: r.ID, Login: r.Login, Name: r.Name, Roles: r.Roles, Active: r.Status == "active", SecondFactor: r.SecondFactor})
	}
	return out, nil
}

// GrantPlatformTx gives a person a role on the platform, and tells whether it was new.
// Faults: ROLE_UNKNOWN.
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

// RevokePlatformTx takes a role on the platform away. Faults: NOT_FOUND.
func (s *Service) RevokePlatformTx(ctx context.Context, tx tenantdb.Tx, staffID int64, role string) error {
	n, err := s.q.TakePlatformRole(ctx, tx, staffID, role)
	if err != nil {
		return fmt.Errorf("revoke platform role: %w", err)
	}
	if n == 0 {
		return fault.ErrNotFound
	}
	return nil
}
