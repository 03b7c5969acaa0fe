package distribution

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/commerce/distribution/internal/distributiondb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// How is how a buyer was brought.
type How string

// The ways to bring somebody.
const (
	ByLink   How = "link"
	ByPoster How = "poster"
	ByStaff  How = "staff" // staff wrote it down
)

// Evidence is what is kept of the click that bound a buyer.
type Evidence struct {
	AppID string `json:"app_id,omitempty"`
	Scene string `json:"scene,omitempty"` // of wx.getLaunchOptionsSync
	SPUID int64  `json:"spu_id,omitempty"`
	Addr  string `json:"addr,omitempty"` // where it came from
	Note  string `json:"note,omitempty"` // of staff
}

// BindInput is a buyer who came by somebody's link or poster.
type BindInput struct {
	MemberID int64
	Code     string // of the distributor
	How      How
	Evidence Evidence
}

// Bind writes down who brought a buyer, if the plan lets this click bind; bound says whether it
// did. Repeating it changes nothing. Opens a transaction. Faults: DISTRIBUTION_OFF,
// DISTRIBUTION_CODE, DISTRIBUTION_SELF, DISTRIBUTION_SHARED, DISTRIBUTION_CIRCLE.
func (s *Service) Bind(ctx context.Context, id tenant.ID, in BindInput) (bound bool, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		p, err := s.plan(ctx, tx)
		if err != nil {
			return err
		}
		if !p.Enabled {
			return ErrOff
		}
		d, err := s.q.ByCode(ctx, tx, strings.ToUpper(strings.TrimSpace(in.Code)))
		if tenantdb.NoRows(err) || (err == nil && Status(d.Status) != Active) {
			return ErrCode
		}
		if err != nil {
			return err
		}
		bound, err = s.bind(ctx, tx, p, d.MemberID, in)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("bind buyer: %w", err)
	}
	return bound, nil
}

func (s *Service) bind(ctx context.Context, tx tenantdb.Tx, p Plan, distributorID int64, in BindInput) (bool, error) {
	if err := s.strangers(ctx, tx, p, in.MemberID, distributorID); err != nil {
		return false, err
	}
	if in.How != ByStaff {
		if binds, already, err := s.binds(ctx, tx, p, distributorID, in.MemberID); err != nil || !binds {
			return already, err
		}
	}
	if err := s.noCircle(ctx, tx, in.MemberID, distributorID); err != nil {
		return false, err
	}
	evidence, err := json.Marshal(in.Evidence)
	if err != nil {
		return false, err
	}
	var until *time.Time
	if p.BoundDays > 0 {
		at := tx.Now().AddDate(0, 0, p.BoundDays)
		until = &at
	}
	if _, err := s.q.EndBond(ctx, tx, tx.Now(), in.MemberID); err != nil {
		return false, err
	}
	_, err = s.q.AddBond(ctx, tx, in.MemberID, distributorID, tx.Now(), until, string(in.How), evidence)
	if tenantdb.NoRows(err) { // another click was faster, perhaps the same one
		was, err := s.q.Bond(ctx, tx, in.MemberID)
		return err == nil && was.DistributorID == distributorID, err
	}
	return err == nil, err
}

// binds reports whether the plan lets a click bind a buyer, or whether this distributor's has bound
// the buyer already: a click whose answer was lost comes again.
func (s *Service) binds(ctx context.Context, tx tenantdb.Tx, p Plan, distributorID, memberID int64) (binds, already bool, err error) {
	was, err := s.q.Bond(ctx, tx, memberID)
	if err != nil && !tenantdb.NoRows(err) {
		return false, false, err
	}
	if err == nil && (was.Until == nil || was.Until.After(tx.Now())) {
		if was.DistributorID == distributorID {
			return false, true, nil
		}
		if p.Binding != BindLatest {
			return false, false, nil
		}
	}
	if p.Binding != BindNewcomer {
		return true, false, nil
	}
	paid, err := s.d.HasPaid(ctx, tx, memberID)
	return !paid, false, err
}

// strangers is nil if two members are two people, as far as the provider knows, and share no phone in a
// shop that refuses such.
func (s *Service) strangers(ctx context.Context, q tenantdb.Querier, p Plan, memberID, distributorID int64) error {
	if memberID == distributorID {
		return ErrSelf
	}
	found, err := s.q.SamePerson(ctx, q, memberID, distributorID, p.Shared == RefuseShared)
	switch {
	case err != nil:
		return err
	case found.Same:
		return ErrSelf
	case found.Shares:
		return ErrShared
	}
	return nil
}

// noCircle is nil if a member is not among those who brought the distributor. Only who is a
// distributor can be: for them, one binding at a time.
func (s *Service) noCircle(ctx context.Context, tx tenantdb.Tx, memberID, distributorID int64) error {
	_, err := s.q.Distributor(ctx, tx, memberID)
	if tenantdb.NoRows(err) {
		return nil
	}
	if err == nil {
		err = s.q.OneBinder(ctx, tx)
	}
	if err != nil {
		return err
	}
	up, err := s.q.Upward(ctx, tx, distributorID)
	if err != nil {
		return err
	}
	if slices.Contains(up, memberID) {
		return ErrCircle
	}
	return nil
}

func checkNote(note string) error {
	if n := utf8.RuneCountInString(strings.TrimSpace(note)); n < 1 || n > 200 {
		return fault.Invalidf("note", "says why, in at most 200 characters")
	}
	return nil
}

// Assign writes down by staff who brought a buyer, in the place of whom the system knows. Orders
// that were placed stay as they are. Opens a transaction. Faults: NOT_FOUND, DISTRIBUTION_SELF,
// DISTRIBUTION_SHARED, DISTRIBUTION_CIRCLE, VALIDATION without a note.
func (s *Service) Assign(ctx context.Context, id tenant.ID, memberID, distributorID int64, note, actor string) error {
	if err := checkNote(note); err != nil {
		return err
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		p, err := s.plan(ctx, tx)
		if err != nil {
			return err
		}
		d, err := s.q.Distributor(ctx, tx, distributorID)
		if tenantdb.NoRows(err) || (err == nil && Status(d.Status) != Active) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		_, err = s.bind(ctx, tx, p, distributorID, BindInput{MemberID: memberID, How: ByStaff, Evidence: Evidence{Note: note}})
		if tenantdb.Violates(err, "distribution_bond_member_id_fkey") {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "distribution.assigned", distributorID, map[string]any{"member_id": memberID, "note": note})
	})
	if err != nil {
		return fmt.Errorf("assign buyer: %w", err)
	}
	return nil
}

// Unbind ends that a distributor brought a buyer. Orders that were placed stay as they are.
// Opens a transaction. Faults: NOT_FOUND, also if another brought the buyer; VALIDATION without
// a note.
func (s *Service) Unbind(ctx context.Context, id tenant.ID, memberID, distributorID int64, note, actor string) error {
	if err := checkNote(note); err != nil {
		return err
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		was, err := s.q.Bond(ctx, tx, memberID)
		if tenantdb.NoRows(err) || (err == nil && was.DistributorID != distributorID) {
			return fault.ErrNotFound
		}
		if err == nil {
			_, err = s.q.EndBond(ctx, tx, tx.Now(), memberID)
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "distribution.unbound", was.DistributorID, map[string]any{"member_id": memberID, "note": note})
	})
	if err != nil {
		return fmt.Errorf("unbind buyer: %w", err)
	}
	return nil
}

// Bond is who brought a member, at some time.
type Bond struct {
	ID, MemberID, DistributorID int64
	Distributor                 string // nickname
	Since                       time.Time
	Until                       time.Time // zero: for good
	EndedAt                     time.Time // zero: it lasts
	How                         How
	Evidence                    Evidence
}

// Bonds lists who brought a member at which time, the latest first.
func (s *Service) Bonds(ctx context.Context, id tenant.ID, memberID int64) (list []Bond, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Bonds(ctx, r, memberID)
		if err != nil {
			return err
		}
		for _, row := range rows {
			b, err := bondOf(row)
			if err != nil {
				return err
			}
			list = append(list, b)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("bonds of a member: %w", err)
	}
	return list, nil
}

func bondOf(row distributiondb.BondsRow) (Bond, error) {
	b := Bond{ID: row.ID, MemberID: row.MemberID, DistributorID: row.DistributorID, Distributor: row.Nickname, Since: row.Since, How: How(row.How)}
	if row.Until != nil {
		b.Until = *row.Until
	}
	if row.EndedAt != nil {
		b.EndedAt = *row.EndedAt
	}
	if err := json.Unmarshal(row.Evidence, &b.Evidence); err != nil {
		return Bond{}, fmt.Errorf("evidence of bond %d: %w", row.ID, err)
	}
	return b, nil
}
