package delivery

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"galleria/commerce/delivery/internal/deliverydb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
	"galleria/tenant/vault"
)

// Deps is what the service needs; all of it is required.
type Deps struct {
	DB       *tenantdb.DB
	Audit    *audit.Log
	Outbox   *outbox.Outbox
	Timers   *timer.Timers
	Vault    *vault.Vault
	Registry *registry.Service // opens the way of callbacks
	Tracker  Tracker
	Rand     io.Reader
	// SandboxBase says which address besides the tracking service's own a key may be used at.
	SandboxBase func(base string) bool
	PublicURL   string // callbacks come there
}

// Service keeps stores, tracks and uploads. Safe for concurrent use.
type Service struct {
	d Deps
	q *deliverydb.Queries
}

// New returns the service.
func New(d Deps) *Service { return &Service{d: d, q: deliverydb.New()} }

// Store is where buyers fetch their goods themselves.
type Store struct {
	ID      int64
	Name    string
	Phone   string
	Address string
	Hours   string // as people read it: "周一至周日 9:00–21:00"
	// Latitude and Longitude are decimal degrees of GCJ-02, as the provider's maps use
	// them; both empty without a position.
	Latitude, Longitude string
	Open                bool
	Version             int32 // as it was seen; 0 saves over any
}

// Stores lists a shop's pickup stores.
func (s *Service) Stores(ctx context.Context, id tenant.ID, onlyOpen bool) (list []Store, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Stores(ctx, r, onlyOpen)
		list = make([]Store, len(rows))
		for i, row := range rows {
			list[i] = Store{
				ID: row.ID, Name: row.Name, Phone: row.Phone, Address: row.Address, Hours: row.Hours, Open: row.Open,
				Latitude: row.Latitude, Longitude: row.Longitude, Version: row.Version,
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list stores: %w", err)
	}
	return list, nil
}

// CheckOpen refuses a store that hands out no goods now. Faults: NOT_FOUND, STORE_CLOSED.
func (s *Service) CheckOpen(ctx context.Context, q tenantdb.Querier, storeID int64) error {
	open, err := s.q.StoreOpen(ctx, q, storeID)
	switch {
	case tenantdb.NoRows(err):
		return fault.ErrNotFound
	case err != nil:
		return err
	case !open:
		return ErrStore
	}
	return nil
}

// SaveStore adds a store, or changes the one whose ID it bears. Opens a transaction.
// Faults: VALIDATION, NOT_FOUND, DELIVERY_CHANGED.
func (s *Service) SaveStore(ctx context.Context, id tenant.ID, in Store, actor string) (int64, error) {
	if err := in.check(); err != nil {
		return 0, fmt.Errorf("save store: %w", err)
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		action := "store.update"
		latitude, longitude := optional(in.Latitude), optional(in.Longitude)
		if in.ID == 0 {
			action = "store.add"
			in.ID, err = s.q.AddStore(ctx, tx, in.Name, in.Phone, in.Address, in.Hours, latitude, longitude)
		} else {
			var n int64
			n, err = s.q.SetStore(ctx, tx, deliverydb.SetStoreParams{
				ID: in.ID, Name: in.Name, Phone: in.Phone, Address: in.Address, Hours: in.Hours, Latitude: latitude, Longitude: longitude, Open: in.Open, Version: in.Version,
			})
			if err == nil && n == 0 {
				if _, err = s.q.StoreOpen(ctx, tx, in.ID); tenantdb.NoRows(err) {
					err = fault.ErrNotFound
				} else if err == nil {
					err = ErrChanged
				}
			}
		}
		if err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: action, Object: "store:" + strconv.FormatInt(in.ID, 10), Detail: map[string]any{"name": in.Name, "open": in.Open},
		})
	})
	if err != nil {
		return 0, fmt.Errorf("save store: %w", err)
	}
	return in.ID, nil
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

var degrees = regexp.MustCompile(`^-?[0-9]{1,3}(\.[0-9]{1,6})?$`)

func (in Store) check() error {
	for _, f := range []struct {
		name, value string
		most        int
		required    bool
	}{{"name", in.Name, 60, true}, {"phone", in.Phone, 32, false}, {"address", in.Address, 200, true}, {"hours", in.Hours, 100, false}} {
		if !utf8.ValidString(f.value) || strings.ContainsRune(f.value, 0) || utf8.RuneCountInString(f.value) > f.most || (f.required && f.value == "") {
			return fault.Invalidf(f.name, "must be 1 to %d characters", f.most)
		}
	}
	if (in.Latitude == "") != (in.Longitude == "") {
		return fault.Invalidf("latitude", "latitude and longitude belong together")
	}
	if in.Latitude != "" && (!degrees.MatchString(in.Latitude) || beyond(in.Latitude, 90)) {
		return fault.Invalidf("latitude", "must be -90 to 90")
	}
	if in.Longitude != "" && (!degrees.MatchString(in.Longitude) || beyond(in.Longitude, 180)) {
		return fault.Invalidf("longitude", "must be -180 to 180")
	}
	return nil
}

// beyond compares decimal degrees with a whole bound, as millionths.
func beyond(text string, bound int64) bool {
	whole, part, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	n, err := strconv.ParseInt(whole+(part + "000000")[:6], 10, 64)
	return err != nil || n > bound*1_000_000
}
