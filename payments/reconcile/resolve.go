package reconcile

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"galleria/payments"
	"galleria/payments/ledger"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Resolution is why a difference is none to worry about.
type Resolution string

// The resolutions.
const (
	ProviderError Resolution = "provider_error" // the provider was wrong, and has said so
	ByHand        Resolution = "by_hand"        // done by a person in the provider's own console
	OtherSystem   Resolution = "other_system"   // the merchant number is used elsewhere, too
	TestMoney     Resolution = "test"
	Timing        Resolution = "timing" // stands in the bill of another day
	WriteOff      Resolution = "write_off"
	OtherReason   Resolution = "other"
)

// Resolutions lists them as a form does.
func Resolutions() []Resolution {
	return []Resolution{ByHand, OtherSystem, ProviderError, Timing, TestMoney, WriteOff, OtherReason}
}

const mostNote = 200

// ResolveInput explains a difference.
type ResolveInput struct {
	Tenant     tenant.ID
	ID         int64
	Resolution Resolution
	Note       string // 1 to 200 characters
	Actor      string // "staff:3"
}

// Resolve explains an open difference, books what the provider holds more or less than our
// books say, and closes the day if nothing else is open on it. Recorded in the audit log.
// Opens a transaction. Faults: NOT_FOUND, DIFFERENCE_SETTLED, VALIDATION.
func (s *Service) Resolve(ctx context.Context, in ResolveInput) error {
	note := strings.TrimSpace(in.Note)
	if !slices.Contains(Resolutions(), in.Resolution) {
		return fault.Invalidf("resolution", "is none that can be chosen")
	}
	if n := len([]rune(note)); n == 0 || n > mostNote || strings.Contains(note, "\x00") {
		return fault.Invalidf("note", "must have 1 to %d characters", mostNote)
	}
	err := s.d.DB.InTenant(ctx, in.Tenant, func(tx tenantdb.Tx) error {
		row, err := s.q.LockDifference(ctx, tx, in.ID)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		n, err := s.q.Explain(ctx, tx, string(in.Resolution), note, in.Actor, tx.Now(), in.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrSettled
		}
		if row.EffectFen != 0 {
			receivable := ledger.Receivable(payments.Code(row.Channel), row.AccountID)
			move := ledger.Transfer{Debit: receivable, Credit: ledger.Unexplained, AmountFen: row.EffectFen}
			if row.EffectFen < 0 {
				move = ledger.Transfer{Debit: ledger.Unexplained, Credit: receivable, AmountFen: -row.EffectFen}
			}
			_, err := s.d.Books.PostTx(ctx, tx, ledger.Fact{
				Kind: ledger.KindAnomaly, Ref: fmt.Sprintf("bill:%d:%d", in.ID, row.EffectFen), At: tx.Now(), Actor: in.Actor, Note: note, Transfers: []ledger.Transfer{move},
			})
			if err != nil {
				return err
			}
		}
		if err := s.settleTx(ctx, tx, row.AccountID, row.DayID); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: in.Actor, Action: "reconcile.explained", Object: "bill_difference:" + strconv.FormatInt(in.ID, 10),
			Detail: map[string]any{
				"day": row.Day.Format(time.DateOnly), "kind": row.Kind, "subject": row.Subject, "own_no": row.OwnNo, "provider_no": row.ProviderNo,
				"fen": int64(row.Fen), "resolution": string(in.Resolution), "note": note,
			},
		})
	})
	if err != nil {
		return fmt.Errorf("explain difference %d: %w", in.ID, err)
	}
	return nil
}

// FetchAgain has a day's bills fetched and compared again, soon. Recorded in the audit log.
// Safe to repeat. Opens a transaction. Faults: NOT_FOUND, BILL_TOO_SOON, BILLS_NOT_SERVED.
func (s *Service) FetchAgain(ctx context.Context, id tenant.ID, dayID int64, actor string) error {
	var accountID int64
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		row, err := s.q.Day(ctx, tx, dayID)
		accountID = row.AccountID
		return err
	})
	if tenantdb.NoRows(err) {
		return fault.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("fetch again: %w", err)
	}
	acc, err := s.account(ctx, id, accountID)
	if err != nil {
		return fmt.Errorf("fetch again: %w", err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.q.LockDays(ctx, tx, acc.ID, dayID); err != nil {
			return err
		}
		row, err := s.q.Day(ctx, tx, dayID)
		if err != nil {
			return err
		}
		if tx.Now().Before(acc.reader.BillReady(row.Day)) {
			return ErrTooSoon
		}
		from, to := transitions.Sources(eventAgain)
		if _, err := s.q.Move(ctx, tx, string(to), tx.Now(), nil, dayID, append(from, string(Waiting))); err != nil {
			return err
		}
		if err := s.q.Reask(ctx, tx, dayID); err != nil {
			return err
		}
		if err := s.d.Timers.Set(ctx, tx, payments.TimerBills, acc.Key, tx.Now(), payments.BillsV1{AccountID: acc.ID}); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor, Action: "reconcile.fetched_again", Object: "bill_day:" + strconv.FormatInt(dayID, 10),
			Detail: map[string]any{"day": row.Day.Format(time.DateOnly), "was": row.Status},
		})
	})
	if err != nil {
		return fmt.Errorf("fetch again: %w", err)
	}
	return nil
}

// WriteFile writes a kept file, piece by piece, each read in a transaction of its own.
func (s *Service) WriteFile(ctx context.Context, id tenant.ID, fileID int64, to io.Writer) error {
	for no := int32(1); ; no++ {
		var part []byte
		err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
			part, err = s.q.FilePart(ctx, tx, fileID, no)
			return err
		})
		if tenantdb.NoRows(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read bill %d: %w", fileID, err)
		}
		if _, err := to.Write(part); err != nil {
			return fmt.Errorf("write bill %d: %w", fileID, err)
		}
	}
}
