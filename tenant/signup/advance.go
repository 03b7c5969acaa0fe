package signup

import (
	"context"
	"errors"
	"fmt"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/provision"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
)

// Advance does every step of an approved application that is still to do. It is the job:
// safe to repeat and to run twice at once, and whatever step it died in, the next run goes
// on there. A failure is kept with the application, for its page, and returned.
func (s *Service) Advance(ctx context.Context, id tenant.ID) error {
	for {
		var a Application
		err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
			a, err = s.find(ctx, tx, id)
			return err
		})
		if err != nil || a.Status != Provisioning {
			return err
		}
		if err := s.whole(ctx, a); err != nil {
			return errors.Join(fmt.Errorf("step %s: %w", a.Step, err), s.stepFailed(ctx, a, err))
		}
	}
}

// whole is one step with the places where a test may die.
func (s *Service) whole(ctx context.Context, a Application) error {
	if s.atStep == nil {
		return s.step(ctx, a)
	}
	if err := s.atStep(a.Step, false); err != nil {
		return err
	}
	if err := s.step(ctx, a); err != nil {
		return err
	}
	return s.atStep(a.Step, true)
}

// step does what the application's step says and writes down that it is done.
func (s *Service) step(ctx context.Context, a Application) error {
	if a.Step == StepClaim {
		shop, err := s.Provision.Claim(ctx, provision.ShopInput{RequestKey: requestKey(a.ID), Handle: a.Handle, Name: a.Name})
		if err != nil {
			return err
		}
		return s.reached(ctx, a, shop)
	}
	shop, err := s.Registry.ByID(ctx, a.TenantID)
	if err != nil {
		return err
	}
	switch a.Step {
	case StepCheck:
		err = s.Provision.Upgrade(ctx, shop.ID)
	case StepSettings:
		err = s.Provision.PutSettings(ctx, shop)
	case StepRoles:
		err = s.Provision.RunFill(ctx, shop)
	case StepOwner:
		err = s.Owner(ctx, shop.ID, a.StaffID)
	case StepReady:
		return s.ready(ctx, a)
	case StepClaim, StepDone:
		err = fault.ErrConflict
	}
	if err != nil {
		return err
	}
	return s.reached(ctx, a, shop.ID)
}

// reached moves the application one step on; another run that was faster has done so.
func (s *Service) reached(ctx context.Context, a Application, shop tenant.ID) error {
	return s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		id, now := shop.String(), tx.Now()
		return s.q.Reached(ctx, tx, string(after(a.Step)), &id, &now, a.ID.String(), string(a.Step))
	})
}

// ready makes the shop known to its doors and ends the application, together.
func (s *Service) ready(ctx context.Context, a Application) error {
	return s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		from, to := way(registry.EventReady)
		now := tx.Now()
		n, err := s.q.Open(ctx, tx, to, &now, a.ID.String(), from)
		if err != nil || n == 0 {
			return err // ended by another run
		}
		if err := s.Provision.ReadyTx(ctx, tx, a.TenantID, staffActor(a.StaffID)); err != nil {
			return err
		}
		return s.tell(ctx, tx, a.ID, NewsReady)
	})
}

func (s *Service) stepFailed(ctx context.Context, a Application, cause error) error {
	const maxError = 500
	text := cause.Error()
	if len(text) > maxError {
		text = text[:maxError]
	}
	// The job's time may be up; that it failed must be seen all the same.
	ctx = context.WithoutCancel(ctx)
	return s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		now := tx.Now()
		return s.q.StepFailed(ctx, tx, text, &now, a.ID.String(), string(a.Step))
	})
}
