package delivery

import (
	"context"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"galleria/commerce/delivery/internal/deliverydb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// TrackingInput is a shop's key at the tracking service.
type TrackingInput struct {
	Customer string       // the account's number
	Key      vault.Secret // the authorisation key
	Base     string       // the sandbox's address, to try it out; empty for the service itself
	Actor    string
}

// TrackingAccount is what people see of a shop's key.
type TrackingAccount struct {
	Provider    string
	Customer    string
	KeyEnds     string
	Sandbox     bool
	Enabled     bool
	Error       string // the code of the fault with which the service refuses the key
	CallbackURL string
	Followed    int64      // parcels under way that the service tells of
	ToldAt      *time.Time // its latest word
	UpdatedAt   time.Time
}

// Tracking returns the shop's key at the tracking service. Faults: NOT_FOUND without one.
func (s *Service) Tracking(ctx context.Context, id tenant.ID) (TrackingAccount, error) {
	var row deliverydb.TrackingAccountRow
	var reach deliverydb.TrackingReachRow
	err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		if row, err = s.q.TrackingAccount(ctx, r); err != nil {
			return err
		}
		reach, err = s.q.TrackingReach(ctx, r)
		return err
	})
	if tenantdb.NoRows(err) {
		return TrackingAccount{}, fault.ErrNotFound
	}
	if err != nil {
		return TrackingAccount{}, fmt.Errorf("read tracking account: %w", err)
	}
	out := TrackingAccount{
		Provider: row.Provider, Customer: row.Customer, KeyEnds: row.KeyLast4, Sandbox: row.ApiBase != "", Enabled: row.Enabled, Error: row.Error,
		CallbackURL: s.callbackURL(row.Provider, row.RouteKey), Followed: reach.Followed, UpdatedAt: row.UpdatedAt,
	}
	if reach.ToldAt.Unix() > 0 {
		out.ToldAt = &reach.ToldAt
	}
	return out, nil
}

var (
	customerForm = regexp.MustCompile(`^[0-9A-Za-z]{8,64}$`)
	keyForm      = regexp.MustCompile(`^[0-9A-Za-z]{6,64}$`)
)

// SetTracking stores the shop's key, sealed, and follows what is under way. Another key takes
// the place of the first; the address of the callbacks stays. Opens a platform and a tenant
// transaction. Faults: VALIDATION.
func (s *Service) SetTracking(ctx context.Context, id tenant.ID, in TrackingInput) error {
	switch {
	case !customerForm.MatchString(in.Customer):
		return fault.Invalidf("customer", "must be 8 to 64 letters and digits")
	case !keyForm.Match(in.Key.Reveal()):
		return fault.Invalidf("key", "must be 6 to 64 letters and digits")
	case in.Base != "" && !s.d.SandboxBase(in.Base):
		return fault.Invalidf("sandbox", "is not the sandbox of this installation")
	}
	route, salt, err := s.way(ctx, id)
	if err != nil {
		return fmt.Errorf("set tracking: %w", err)
	}
	sealed, err := s.d.Vault.Seal(ctx, trackingField(id, route, trackingKey), in.Key)
	if err != nil {
		return fmt.Errorf("set tracking: %w", err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.q.PutTracking(ctx, tx, deliverydb.PutTrackingParams{
			Provider: s.d.Tracker.Provider(), RouteKey: route, ApiBase: in.Base, Customer: in.Customer, KeySealed: sealed, KeyLast4: in.Key.Last4(),
			SaltSealed: salt, Now: tx.Now(),
		}); err != nil {
			return err
		}
		if err := s.d.Outbox.Append(ctx, tx, TopicFollowAll, id.String(), FollowAllEvent{}); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: in.Actor, Action: "tracking.key_set", Object: "tracking", After: map[string]any{"customer": in.Customer, "key_ends": in.Key.Last4(), "sandbox": in.Base != ""},
		})
	})
	if err != nil {
		return fmt.Errorf("set tracking: %w", err)
	}
	return nil
}

// way returns the route of the callbacks and their sealed salt: those that are there, or new
// ones. Two first keys at once would make two of them; the row keeps one, and the other route
// leads to a salt that nobody has.
func (s *Service) way(ctx context.Context, id tenant.ID) (route string, salt []byte, err error) {
	row, err := s.account(ctx, id)
	if err == nil {
		return row.RouteKey, row.SaltSealed, nil
	}
	if !tenantdb.NoRows(err) {
		return "", nil, err
	}
	const size = 16
	var b [2 * size]byte
	if _, err := io.ReadFull(s.d.Rand, b[:]); err != nil {
		return "", nil, err
	}
	route = strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:size]))
	secret := vault.NewSecret([]byte(hex.EncodeToString(b[size:])))
	if salt, err = s.d.Vault.Seal(ctx, trackingField(id, route, trackingSalt), secret); err != nil {
		return "", nil, err
	}
	return route, salt, s.d.Registry.AddAccountRoute(ctx, route, s.d.Tracker.Provider(), "", id)
}

// SwitchTracking lets the shop's key rest, or use it again. What is under way stays told of.
// Opens a transaction. Faults: NOT_FOUND without a key.
func (s *Service) SwitchTracking(ctx context.Context, id tenant.ID, on bool, actor string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if _, err := s.q.TrackingKey(ctx, tx); err != nil {
			if tenantdb.NoRows(err) {
				return fault.ErrNotFound
			}
			return err
		}
		n, err := s.q.SwitchTracking(ctx, tx, on, tx.Now())
		if err != nil || n == 0 {
			return err
		}
		action := "tracking.disable"
		if on {
			action = "tracking.enable"
			if err := s.d.Outbox.Append(ctx, tx, TopicFollowAll, id.String(), FollowAllEvent{}); err != nil {
				return err
			}
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: "tracking"})
	})
	if err != nil {
		return fmt.Errorf("switch tracking: %w", err)
	}
	return nil
}

func (s *Service) account(ctx context.Context, id tenant.ID) (row deliverydb.TrackingKeyRow, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		row, err = s.q.TrackingKey(ctx, r)
		return err
	})
	return row, err
}

// open returns the shop's key for a call.
func (s *Service) open(ctx context.Context, id tenant.ID, row deliverydb.TrackingKeyRow) (TrackerKey, error) {
	if row.ApiBase != "" && !s.d.SandboxBase(row.ApiBase) {
		return TrackerKey{}, ErrTrackingKey // a sandbox that this installation no longer has
	}
	key, err := s.d.Vault.Open(ctx, trackingField(id, row.RouteKey, trackingKey), row.KeySealed)
	if err != nil {
		return TrackerKey{}, err
	}
	salt, err := s.d.Vault.Open(ctx, trackingField(id, row.RouteKey, trackingSalt), row.SaltSealed)
	return TrackerKey{Base: row.ApiBase, Customer: row.Customer, Key: key, Salt: salt}, err
}

func (s *Service) callbackURL(provider, route string) string {
	return strings.TrimSuffix(s.d.PublicURL, "/") + "/notify/" + provider + "/" + route
}

// What the sealed secrets of a tracking account are bound to.
const (
	trackingOwner = "tracking:"
	trackingKey   = "key"
	trackingSalt  = "salt"
)

func trackingField(id tenant.ID, route, name string) vault.Field {
	return vault.Field{Tenant: id, Owner: trackingOwner + route, Name: name}
}

// SealedColumns describes, for the rotation of data keys, the sealed secrets of tracking_account
// and who brings orders.
func SealedColumns() []vault.Column {
	q := deliverydb.New()
	column := func(name, field string, pick func(deliverydb.SealedTrackingRow) []byte, replace func(ctx context.Context, tx tenantdb.Tx, row vault.Row, sealed []byte) (int64, error)) vault.Column {
		return vault.Column{
			Name: "tracking_account." + name,
			Page: func(ctx context.Context, db tenantdb.Querier, after string, _ []byte) ([]vault.Row, error) {
				if after != "" {
					return nil, nil
				}
				rows, err := q.SealedTracking(ctx, db)
				page := make([]vault.Row, 0, len(rows))
				for _, r := range rows {
					page = append(page, vault.Row{Key: r.RouteKey, Owner: trackingOwner + r.RouteKey, Field: field, Prefix: vault.Prefix(pick(r)), Sealed: pick(r)})
				}
				return page, err
			},
			Replace: replace,
		}
	}
	return []vault.Column{
		column("key_sealed", trackingKey, func(r deliverydb.SealedTrackingRow) []byte { return r.KeySealed },
			func(ctx context.Context, tx tenantdb.Tx, row vault.Row, sealed []byte) (int64, error) {
				return q.ResealTrackingKey(ctx, tx, sealed, row.Key, row.Sealed)
			}),
		column("salt_sealed", trackingSalt, func(r deliverydb.SealedTrackingRow) []byte { return r.SaltSealed },
			func(ctx context.Context, tx tenantdb.Tx, row vault.Row, sealed []byte) (int64, error) {
				return q.ResealTrackingSalt(ctx, tx, sealed, row.Key, row.Sealed)
			}),
		sealedRiderColumn(q),
	}
}
