package provision

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/migrations"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/provision/internal/provisiondb"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
)

// FillStep writes some of a shop's first rows. It must be safe to repeat.
type FillStep func(ctx context.Context, t tenant.Tenant) error

// Deps are what provisioning works with.
type Deps struct {
	DB       *tenantdb.DB
	Runner   *migrations.Runner
	Registry *registry.Service
	Log      *slog.Logger
	Fill     []FillStep // run in order before a shop becomes active
}

// Service opens shops and keeps the stock of spares.
type Service struct {
	Deps
	q     *provisiondb.Queries
	audit *audit.Log
}

// New returns the service.
func New(d Deps) *Service { return &Service{Deps: d, q: provisiondb.New(), audit: audit.New(d.DB)} }

// ShopInput says which shop to open.
type ShopInput struct {
	RequestKey string // who asks, unique per shop; repeating it resumes
	Handle     string // 3 to 32 of a-z 0-9 -, starts with a letter
	Name       string // 1 to 40 characters
	// Also, if set, is done in the transaction that gives the shop its schema, once.
	Also func(tx tenantdb.Tx, id tenant.ID) error
}

// Validate reports every field that cannot be accepted.
func (in ShopInput) Validate() error {
	var fields []fault.Field
	if !wellFormed(in.Handle) {
		fields = append(fields, errHandleForm.Fields()[0])
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(in.Name)); n < 1 || n > 40 {
		fields = append(fields, fault.Field{Path: "name", Message: "1–40 个字"})
	}
	if in.RequestKey == "" || len(in.RequestKey) > 128 {
		fields = append(fields, fault.Field{Path: "request_key", Message: "1–128 个字符"})
	}
	if fields != nil {
		return fault.ErrValidation.With(fields...)
	}
	return nil
}

// OpenShop claims a schema for a new shop, fills it and makes it active; with a
// request key that was used before it resumes or returns that shop. Faults:
// VALIDATION, HANDLE_TAKEN, IDEMPOTENCY_MISMATCH.
func (s *Service) OpenShop(ctx context.Context, in ShopInput) (tenant.Tenant, error) {
	if err := in.Validate(); err != nil {
		return tenant.Tenant{}, err
	}
	id, err := s.claim(ctx, in)
	if err != nil {
		return tenant.Tenant{}, fmt.Errorf("open shop: %w", err)
	}
	t, err := s.Registry.ByID(ctx, id)
	if err != nil {
		return tenant.Tenant{}, fmt.Errorf("open shop: %w", err)
	}
	if t.Status != tenant.Provisioning {
		return t, nil // opened before
	}
	if err := s.fill(ctx, t); err != nil {
		return tenant.Tenant{}, fmt.Errorf("open shop: %w", err)
	}
	// Opened by platform staff: nobody else has to set anything up first.
	if err := s.Registry.Move(ctx, registry.MoveInput{ID: id, Event: registry.EventOpen, Actor: "system"}); err != nil {
		return tenant.Tenant{}, fmt.Errorf("open shop: %w", err)
	}
	return s.Registry.ByID(ctx, id)
}

// claim takes a spare, or finds the shop this request key has claimed already. An
// empty stock is refilled by one on the spot.
func (s *Service) claim(ctx context.Context, in ShopInput) (tenant.ID, error) {
	latest, err := migrations.Latest("tenant")
	if err != nil {
		return tenant.ID{}, err
	}
	const tries = 3 // each builds a spare that a competing sign-up may take first
	met := false    // the handle was found taken once
	for range tries {
		var id tenant.ID
		err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
			id, err = s.claimTx(ctx, tx, in, latest)
			return err
		})
		switch {
		case tenantdb.Violates(err, "tenant_handle_key") && met:
			return tenant.ID{}, ErrHandleTaken
		case tenantdb.Violates(err, "tenant_handle_key"), tenantdb.Violates(err, "tenant_request_key_key"):
			met = true
			continue // perhaps the same request ran beside us and was first; look for its shop
		case !tenantdb.NoRows(err):
			return id, err
		}
		if err := s.build(ctx, tenant.NewID()); err != nil {
			return tenant.ID{}, err
		}
	}
	return tenant.ID{}, fault.ErrBusy.After(time.Second)
}

func (s *Service) claimTx(ctx context.Context, tx tenantdb.Tx, in ShopInput, latest int64) (tenant.ID, error) {
	had, err := s.q.ByRequestKey(ctx, tx, &in.RequestKey)
	if err == nil {
		if had.Handle == nil || *had.Handle != in.Handle {
			return tenant.ID{}, ErrRequestKeyReused
		}
		return tenant.ParseID(had.ID)
	}
	if !tenantdb.NoRows(err) {
		return tenant.ID{}, err
	}
	if err := s.HoldTx(ctx, tx, in.Handle, in.RequestKey); err != nil {
		return tenant.ID{}, err
	}
	name := strings.TrimSpace(in.Name)
	claimed, err := s.q.Claim(ctx, tx, &in.Handle, &name, &in.RequestKey, latest)
	if err != nil {
		return tenant.ID{}, err
	}
	id, err := tenant.ParseID(claimed)
	if err != nil {
		return tenant.ID{}, err
	}
	if in.Also != nil {
		if err := in.Also(tx, id); err != nil {
			return tenant.ID{}, err
		}
	}
	return id, s.audit.RecordTx(ctx, tx, audit.Entry{
		TenantID: id, Action: "tenant.created", Object: "tenant:" + claimed, After: map[string]any{"handle": in.Handle, "name": name},
	})
}

func (s *Service) fill(ctx context.Context, t tenant.Tenant) error {
	if err := s.PutSettings(ctx, t); err != nil {
		return err
	}
	return s.RunFill(ctx, t)
}

// Refill finishes schemas whose building was interrupted and builds spares until want
// are in stock. It returns how many it made. One caller at a time is enough; several
// do no harm but may overshoot.
func (s *Service) Refill(ctx context.Context, want int) (made int, err error) {
	latest, err := migrations.Latest("tenant")
	if err != nil {
		return 0, err
	}
	const abandoned = 60 // seconds without progress
	var unfinished []string
	var spares int64
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		if unfinished, err = s.q.Unfinished(ctx, tx, abandoned); err != nil {
			return err
		}
		spares, err = s.q.CountSpares(ctx, tx, latest)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("refill: %w", err)
	}
	for _, text := range unfinished {
		id, err := tenant.ParseID(text)
		if err != nil {
			return made, err
		}
		s.Log.InfoContext(ctx, "finishing an interrupted schema", "tenant_id", text)
		if err := s.build(ctx, id); err != nil {
			return made, err
		}
		made++
	}
	for int(spares)+made < want {
		if err := s.build(ctx, tenant.NewID()); err != nil {
			return made, err
		}
		made++
	}
	return made, nil
}

func (s *Service) build(ctx context.Context, id tenant.ID) error {
	if err := s.Runner.Build(ctx, id.String(), id.Lane()); err != nil {
		return fmt.Errorf("build spare: %w", err)
	}
	return nil
}
