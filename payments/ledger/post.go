package ledger

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"galleria/commerce/money"
	"galleria/payments/ledger/internal/ledgerdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Kind is what sort of fact a journal is.
type Kind string

// The kinds, as the column's constraint lists them.
const (
	KindCapture    Kind = "capture"    // ref: out_trade_no
	KindSurplus    Kind = "surplus"    // ref: out_trade_no; collected money turned out to be nobody's
	KindRefund     Kind = "refund"     // ref: out_refund_no
	KindFee        Kind = "fee"        // ref: the bill's line
	KindSettlement Kind = "settlement" // ref: the bill's line
	KindPayout     Kind = "payout"     // ref: the transfer's number
	KindAnomaly    Kind = "anomaly"    // ref: the bill's line
	KindAdjustment Kind = "adjustment" // ref: the document
	KindReversal   Kind = "reversal"   // ref: the journal
	KindCommission Kind = "commission" // ref: the order and a count of its changes
	KindWithdrawal Kind = "withdrawal" // ref: withdrawal_no
	KindPoints     Kind = "points"     // ref: the member and a count of changes
)

// Kinds lists them all.
func Kinds() []Kind {
	return []Kind{
		KindCapture, KindSurplus, KindRefund, KindFee, KindSettlement, KindPayout, KindAnomaly, KindAdjustment, KindReversal, KindCommission, KindWithdrawal,
		KindPoints,
	}
}

// Transfer moves an amount from the credited to the debited account.
type Transfer struct {
	Debit, Credit Account
	AmountFen     money.Fen // above zero
}

// Fact is what is posted.
type Fact struct {
	Kind      Kind
	Ref       string    // the fact's own number, 1 to 80 bytes
	At        time.Time // when it happened, which decides its business day
	Actor     string    // "staff:3"; "" is "system"
	Note      string    // for people
	Transfers []Transfer
}

// PostTx writes a fact, joining the transaction of what it is about. fresh is false if it
// was posted before, which changes nothing. Faults: LEDGER_POSTING.
func (s *Service) PostTx(ctx context.Context, tx tenantdb.Tx, f Fact) (fresh bool, err error) {
	return s.post(ctx, tx, f, nil)
}

func (s *Service) post(ctx context.Context, tx tenantdb.Tx, f Fact, reverses *int64) (fresh bool, err error) {
	if err := f.check(); err != nil {
		return false, err
	}
	row := ledgerdb.PostParams{
		Kind: string(f.Kind), Ref: f.Ref, Day: BusinessDay(f.At), OccurredAt: f.At, Now: tx.Now(), Actor: f.Actor, Note: f.Note, Reverses: reverses,
	}
	if row.Actor == "" {
		row.Actor = audit.Actor(ctx)
	}
	for i, t := range f.Transfers {
		row.Legs, row.Debits, row.Credits = append(row.Legs, int16(i+1)), append(row.Debits, string(t.Debit)), append(row.Credits, string(t.Credit))
		row.Amounts = append(row.Amounts, int64(t.AmountFen))
	}
	n, err := s.q.Post(ctx, tx, row)
	if err != nil {
		return false, fmt.Errorf("post %s %s: %w", f.Kind, f.Ref, err)
	}
	return n > 0, nil
}

// mostLegs bounds a journal; a fact of money has few sides.
const mostLegs = 100

func (f Fact) check() error {
	bad := func(format string, args ...any) error {
		return ErrPosting.Because(fmt.Errorf("%s %s: "+format, append([]any{f.Kind, f.Ref}, args...)...))
	}
	if f.Ref == "" || len(f.Ref) > 80 || f.At.IsZero() || len(f.Transfers) == 0 || len(f.Transfers) > mostLegs {
		return bad("a number, a time and 1 to %d transfers are needed", mostLegs)
	}
	for _, t := range f.Transfers {
		_, debit := t.Debit.Class()
		_, credit := t.Credit.Class()
		if !debit || !credit || t.Debit == t.Credit || t.AmountFen <= 0 {
			return bad("%d fen from %q to %q is no transfer", t.AmountFen, t.Credit, t.Debit)
		}
	}
	return nil
}

// Reverse undoes a journal by its mirror image, on today's business day, and records who
// did it and why. Opens a transaction. Faults: NOT_FOUND, LEDGER_REVERSED, VALIDATION.
func (s *Service) Reverse(ctx context.Context, in ReverseInput) error {
	if n := len([]rune(in.Reason)); n == 0 || n > 200 {
		return fault.Invalidf("reason", "must have 1 to 200 characters")
	}
	err := s.d.DB.InTenant(ctx, in.Tenant, func(tx tenantdb.Tx) error {
		j, err := s.journal(ctx, tx, in.No)
		if err != nil {
			return err
		}
		if j.Kind == KindReversal || j.ReversedBy != 0 {
			return ErrReversed
		}
		f := Fact{Kind: KindReversal, Ref: strconv.FormatInt(j.No, 10), At: tx.Now(), Actor: in.Actor, Note: in.Reason}
		for _, t := range j.Transfers {
			f.Transfers = append(f.Transfers, Transfer{Debit: t.Credit, Credit: t.Debit, AmountFen: t.AmountFen})
		}
		fresh, err := s.post(ctx, tx, f, &j.No)
		if err != nil {
			return err
		}
		if !fresh {
			return ErrReversed
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: in.Actor, Action: "ledger.reversed", Object: "ledger_journal:" + f.Ref,
			Detail: map[string]any{"kind": string(j.Kind), "ref": j.Ref, "reason": in.Reason},
		})
	})
	if err != nil {
		return fmt.Errorf("reverse journal %d: %w", in.No, err)
	}
	return nil
}

// BusinessDay is tenant.BusinessDay: the day as the books name it.
func BusinessDay(at time.Time) time.Time { return tenant.BusinessDay(at) }
