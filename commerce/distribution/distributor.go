package distribution

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"galleria/commerce/distribution/internal/distributiondb"
	"galleria/commerce/money"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Status is where a distributor stands.
type Status string

// The statuses of a distributor.
const (
	Applied        Status = "applied"
	Active         Status = "active"
	Frozen         Status = "frozen" // earns, brings nobody, draws nothing
	RejectedMember Status = "rejected"
	Left           Status = "left"
)

// Statuses lists every status of a distributor.
func Statuses() []Status { return []Status{Applied, Active, Frozen, RejectedMember, Left} }

// Distributor is a member who sells for the shop.
type Distributor struct {
	MemberID     int64
	Status       Status
	LevelID      int64 // 0: none
	Code         string
	Statement    string
	Reason       string
	AvailableFen money.Fen // below zero after refunds of what was drawn
	LockedFen    money.Fen
	WithdrawnFen money.Fen
	AppliedAt    time.Time
	DecidedAt    time.Time // zero: not yet
	// For lists.
	Nickname, Avatar, Level string
	Team                    int64
}

func distributorOf(d distributiondb.Distributor) Distributor {
	out := Distributor{
		MemberID: d.MemberID, Status: Status(d.Status), Code: d.Code, Statement: d.Statement, Reason: d.Reason, AvailableFen: d.AvailableFen, LockedFen: d.LockedFen,
		WithdrawnFen: d.WithdrawnFen, AppliedAt: d.AppliedAt,
	}
	if d.LevelID != nil {
		out.LevelID = *d.LevelID
	}
	if d.DecidedAt != nil {
		out.DecidedAt = *d.DecidedAt
	}
	return out
}

// newCode is what stands in a distributor's links and posters: forty random bits.
func newCode() string { return rand.Text()[:8] }

// Apply makes a member a distributor, or lets staff decide about it; statement is what the
// member says for himself. Repeating it changes nothing. Opens a transaction. Faults:
// VALIDATION, DISTRIBUTION_OFF, DISTRIBUTION_JOIN, DISTRIBUTION_SPEND.
func (s *Service) Apply(ctx context.Context, id tenant.ID, memberID int64, statement string) (d Distributor, err error) {
	statement = strings.TrimSpace(statement)
	if utf8.RuneCountInString(statement) > 200 {
		return Distributor{}, fault.Invalidf("statement", "must have at most 200 characters")
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		p, err := s.plan(ctx, tx)
		if err != nil {
			return err
		}
		if !p.Enabled {
			return ErrOff
		}
		status := Active
		switch p.JoinBy {
		case JoinAnyone:
		case JoinApplication:
			status = Applied
		case JoinSpending:
			paid, err := s.q.PaidTotal(ctx, tx, memberID)
			if err != nil {
				return err
			}
			if money.Fen(paid) < p.JoinFromFen {
				return ErrSpend.WithData(map[string]any{"paid_fen": paid, "join_from_fen": int64(p.JoinFromFen)})
			}
		case JoinStaff:
			return ErrJoin
		}
		return s.join(ctx, tx, memberID, status, statement, actorOf(memberID), &d)
	})
	if err != nil {
		return Distributor{}, fmt.Errorf("apply as distributor: %w", err)
	}
	return d, nil
}

// Appoint makes a member a distributor, whatever the plan says of joining. Opens a transaction.
// Faults: NOT_FOUND, DISTRIBUTION_JOIN for one who was frozen.
func (s *Service) Appoint(ctx context.Context, id tenant.ID, memberID int64, actor string) (d Distributor, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.join(ctx, tx, memberID, Active, "", actor, &d) })
	if err != nil {
		return Distributor{}, fmt.Errorf("appoint distributor: %w", err)
	}
	return d, nil
}

func (s *Service) join(ctx context.Context, tx tenantdb.Tx, memberID int64, status Status, statement, actor string, d *Distributor) error {
	_, err := s.q.Join(ctx, tx, memberID, string(status), newCode(), statement, tx.Now())
	if tenantdb.Violates(err, "distributor_member_id_fkey") {
		return fault.ErrNotFound
	}
	unchanged := tenantdb.NoRows(err)
	if err != nil && !unchanged {
		return err
	}
	row, err := s.q.Distributor(ctx, tx, memberID)
	if err != nil {
		return err
	}
	*d = distributorOf(row)
	if unchanged {
		if d.Status == Frozen {
			return ErrJoin
		}
		return nil
	}
	return s.record(ctx, tx, actor, "distributor."+string(status), memberID, map[string]any{})
}

func (s *Service) record(ctx context.Context, tx tenantdb.Tx, actor, action string, memberID int64, detail map[string]any) error {
	return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: "distributor:" + strconv.FormatInt(memberID, 10), Detail: detail})
}

func actorOf(memberID int64) string { return "member:" + strconv.FormatInt(memberID, 10) }

// Decide lets an applicant in or refuses him. Opens a transaction. Faults: NOT_FOUND,
// DISTRIBUTION_STATE, VALIDATION for a refusal without a reason.
func (s *Service) Decide(ctx context.Context, id tenant.ID, memberID int64, admit bool, reason, actor string) error {
	to := Active
	if !admit {
		if to = RejectedMember; strings.TrimSpace(reason) == "" {
			return fault.Invalidf("reason", "is what the applicant reads")
		}
	}
	return s.move(ctx, id, memberID, Applied, to, reason, actor)
}

// Freeze stops a distributor: nobody new, no withdrawals. What is owed stays, and grows by
// orders of those who were brought. Opens a transaction. Faults: NOT_FOUND, DISTRIBUTION_STATE,
// VALIDATION.
func (s *Service) Freeze(ctx context.Context, id tenant.ID, memberID int64, reason, actor string) error {
	if strings.TrimSpace(reason) == "" {
		return fault.Invalidf("reason", "is what the distributor reads")
	}
	return s.move(ctx, id, memberID, Active, Frozen, reason, actor)
}

// Unfreeze lets a frozen distributor go on. Opens a transaction. Faults: NOT_FOUND,
// DISTRIBUTION_STATE.
func (s *Service) Unfreeze(ctx context.Context, id tenant.ID, memberID int64, actor string) error {
	return s.move(ctx, id, memberID, Frozen, Active, "", actor)
}

func (s *Service) move(ctx context.Context, id tenant.ID, memberID int64, was, to Status, reason, actor string) error {
	if reason = strings.TrimSpace(reason); utf8.RuneCountInString(reason) > 200 {
		return fault.Invalidf("reason", "must have at most 200 characters")
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if _, err := s.q.Distributor(ctx, tx, memberID); tenantdb.NoRows(err) {
			return fault.ErrNotFound
		} else if err != nil {
			return err
		}
		n, err := s.q.Move(ctx, tx, string(to), reason, tx.Now(), memberID, string(was))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrState
		}
		return s.record(ctx, tx, actor, "distributor."+string(to), memberID, map[string]any{"reason": reason})
	})
	if err != nil {
		return fmt.Errorf("move distributor: %w", err)
	}
	return nil
}

// SetLevel gives a distributor a level, 0 for none. Opens a transaction. Faults: NOT_FOUND.
func (s *Service) SetLevel(ctx context.Context, id tenant.ID, memberID, levelID int64, actor string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		var level *int64
		if levelID != 0 {
			level = &levelID
		}
		n, err := s.q.SetLevel(ctx, tx, level, memberID)
		if tenantdb.Violates(err, "distributor_level_id_fkey") || (err == nil && n == 0) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "distributor.level", memberID, map[string]any{"level_id": levelID})
	})
	if err != nil {
		return fmt.Errorf("set level of distributor: %w", err)
	}
	return nil
}
