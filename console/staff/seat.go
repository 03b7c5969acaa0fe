package staff

import (
	"context"
	"fmt"
	"time"

	"galleria/console/authz"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Person is somebody who works in a shop, as its staff list shows him.
type Person struct {
	ID           int64
	Login        string
	Name         string
	Roles        []string // codes
	JoinedAt     *time.Time
	SeenAt       *time.Time // last visit to this shop; nil for never
	Disabled     bool
	SecondFactor bool
}

// People lists who works in a shop, the longest there first.
func (s *Service) People(ctx context.Context, shop tenant.ID) ([]Person, error) {
	return s.people(ctx, shop, 0)
}

// Person finds one who works in a shop. Faults: NOT_FOUND.
func (s *Service) Person(ctx context.Context, shop tenant.ID, staffID int64) (Person, error) {
	list, err := s.people(ctx, shop, staffID)
	if err != nil {
		return Person{}, err
	}
	if staffID == 0 || len(list) != 1 {
		return Person{}, fault.ErrNotFound
	}
	return list[0], nil
}

func (s *Service) people(ctx context.Context, shop tenant.ID, staffID int64) ([]Person, error) {
	rows, err := s.q.People(ctx, s.DB.Platform(), shop.String(), staffID)
	if err != nil {
		return nil, fmt.Errorf("list staff: %w", err)
	}
	out := make([]Person, 0, len(rows))
	for _, r := range rows {
		out = append(out, Person{
			ID: r.ID, Login: r.Login, Name: r.Name, Roles: r.Roles, JoinedAt: r.JoinedAt, SeenAt: r.LastSeenAt,
			Disabled: r.DisabledAt != nil || r.Status != "active", SecondFactor: r.SecondFactor,
		})
	}
	return out, nil
}

// SetRolesTx gives a person exactly these roles in the shop. Faults: ABOVE_OWN_RIGHTS,
// OWN_SEAT, NOT_STAFF_HERE, ROLE_UNKNOWN.
func (s *Service) SetRolesTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, actor, target int64, roles []string) error {
	a, err := s.authorityTx(ctx, tx, shop, actor, authz.StaffManage)
	if err != nil {
		return err
	}
	if err := s.mayTouch(ctx, tx, shop, a, target); err != nil {
		return err
	}
	roles, err = s.checkRoles(ctx, tx, shop, a, roles)
	if err != nil {
		return err
	}
	if _, err := s.q.DropRoles(ctx, tx, shop.String(), target); err != nil {
		return fmt.Errorf("set roles: %w", err)
	}
	for _, role := range roles {
		if err := s.q.Grant(ctx, tx, shop.String(), target, role); err != nil {
			return fmt.Errorf("set roles: %w", err)
		}
	}
	return nil
}

// DisableTx keeps a person out of the shop without taking the roles. Faults:
// ABOVE_OWN_RIGHTS, OWN_SEAT, NOT_STAFF_HERE, CONFLICT if it was so already.
func (s *Service) DisableTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, actor, target int64) error {
	if err := s.touch(ctx, tx, shop, actor, target); err != nil {
		return err
	}
	now := tx.Now()
	if err := s.putSeatTx(ctx, tx, shop, target); err != nil {
		return fmt.Errorf("disable staff: %w", err)
	}
	if err := s.q.RevokeInvitesBy(ctx, tx, &now, shop.String(), target); err != nil {
		return fmt.Errorf("disable staff: %w", err)
	}
	n, err := s.q.DisableSeat(ctx, tx, &now, shop.String(), target)
	return oneRow(n, err, "disable staff")
}

// EnableTx lets a person in again. Faults as DisableTx.
func (s *Service) EnableTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, actor, target int64) error {
	if err := s.touch(ctx, tx, shop, actor, target); err != nil {
		return err
	}
	n, err := s.q.EnableSeat(ctx, tx, shop.String(), target)
	return oneRow(n, err, "enable staff")
}

// RemoveTx takes a person's roles in the shop and unanswered invitations away. The account
// stays the person's. Faults: ABOVE_OWN_RIGHTS, OWN_SEAT, NOT_STAFF_HERE.
func (s *Service) RemoveTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, actor, target int64) error {
	if err := s.touch(ctx, tx, shop, actor, target); err != nil {
		return err
	}
	now := tx.Now()
	if _, err := s.q.DropRoles(ctx, tx, shop.String(), target); err != nil {
		return fmt.Errorf("remove staff: %w", err)
	}
	if err := s.dropSeatTx(ctx, tx, shop, target); err != nil {
		return fmt.Errorf("remove staff: %w", err)
	}
	if err := s.q.RevokeInvitesBy(ctx, tx, &now, shop.String(), target); err != nil {
		return fmt.Errorf("remove staff: %w", err)
	}
	return nil
}

func (s *Service) touch(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, actor, target int64) error {
	a, err := s.authorityTx(ctx, tx, shop, actor, authz.StaffManage)
	if err != nil {
		return err
	}
	return s.mayTouch(ctx, tx, shop, a, target)
}

// TransferTx makes the target the shop's owner and the actor its manager, in one step:
// there is never no owner. factor demands that the target has a second factor. Faults:
// ABOVE_OWN_RIGHTS unless the actor is the owner, OWN_SEAT, NOT_STAFF_HERE,
// SECOND_FACTOR_MISSING.
func (s *Service) TransferTx(ctx context.Context, tx tenantdb.Tx, shop tenant.ID, actor, target int64, factor bool) error {
	a, err := s.authorityTx(ctx, tx, shop, actor, authz.OwnerTransfer)
	if err != nil {
		return err
	}
	if !a.owner {
		return ErrAboveOwn
	}
	if actor == target {
		return ErrSelf
	}
	heir, err := s.q.People(ctx, tx, shop.String(), target)
	if err != nil {
		return fmt.Errorf("transfer shop: %w", err)
	}
	if len(heir) != 1 || heir[0].DisabledAt != nil || heir[0].Status != "active" {
		return ErrNotHere
	}
	if factor && !heir[0].SecondFactor {
		return ErrFactorMissing
	}
	if _, err := s.q.DropRoles(ctx, tx, shop.String(), target); err != nil {
		return fmt.Errorf("transfer shop: %w", err)
	}
	if err := s.GrantTx(ctx, tx, shop, target, authz.Owner); err != nil {
		return err
	}
	n, err := s.q.TakeRole(ctx, tx, shop.String(), actor, authz.Owner)
	if err := oneRow(n, err, "transfer shop"); err != nil {
		return err
	}
	return s.GrantTx(ctx, tx, shop, actor, authz.Manager)
}

// oneRow turns an update that found nothing into CONFLICT.
func oneRow(n int64, err error, what string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if n == 0 {
		return fault.ErrConflict
	}
	return nil
}
