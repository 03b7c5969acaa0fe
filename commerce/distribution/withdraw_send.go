package distribution

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"galleria/commerce/distribution/internal/distributiondb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// Send makes the transfer of an approved withdrawal, once. The transfer and the word that it is
// under way are one transaction; what cannot be sent fails, and its money may be drawn again.
// Opens transactions; safe to repeat.
func (s *Service) Send(ctx context.Context, id tenant.ID, no string) error {
	row, whom, err := s.open(ctx, id, no)
	if err != nil || WithdrawalStatus(row.Status) != Approved {
		return err
	}
	write, err := s.d.Payouts.Prepare(ctx, id, Payout{
		WithdrawalNo: no, Way: Way(row.Way), AppID: row.AppID, MemberID: row.DistributorID, Receiver: whom.Account, Name: whom.Name, AmountFen: row.PayFen,
	})
	if err != nil {
		passing := []fault.Kind{fault.Internal, fault.Unavailable, fault.Upstream, fault.UpstreamTimeout, fault.Throttled}
		if slices.Contains(passing, fault.KindOf(err)) {
			return fmt.Errorf("send withdrawal %s: %w", no, err)
		}
	}
	return s.change(ctx, id, no, func(tx tenantdb.Tx, w distributiondb.Withdrawal) error {
		if WithdrawalStatus(w.Status) != Approved { // somebody was faster
			return nil
		}
		if write == nil {
			return s.step(ctx, tx, w, EventFail, fault.CodeOf(err), "system")
		}
		if err := s.step(ctx, tx, w, EventSend, "", "system"); err != nil {
			return err
		}
		return write(ctx, tx)
	})
}

// open reads a withdrawal and whom it is to be paid to.
func (s *Service) open(ctx context.Context, id tenant.ID, no string) (w distributiondb.Withdrawal, whom receiver, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		if w, err = s.q.Withdrawal(ctx, r, no); err != nil {
			return err
		}
		if Way(w.Way) == WayWeChat {
			whom.Account, err = s.d.OpenID(ctx, r, w.DistributorID, w.AppID)
		}
		return err
	})
	if tenantdb.NoRows(err) {
		err = fault.ErrNotFound
	}
	if err != nil || w.ReceiverSealed == nil {
		return w, whom, err
	}
	secret, err := s.d.Vault.Open(ctx, place(id, no), w.ReceiverSealed)
	if err != nil {
		return w, whom, fmt.Errorf("withdrawal %s: %w", no, err)
	}
	var sealed receiver
	if err := json.Unmarshal(secret.Reveal(), &sealed); err != nil {
		return w, whom, fmt.Errorf("withdrawal %s: %w", no, err)
	}
	if whom.Name = sealed.Name; Way(w.Way) != WayWeChat {
		whom.Account = sealed.Account
	}
	return w, whom, nil
}

// Reveal shows staff whom to pay by hand. The caller records who looked. Faults: NOT_FOUND.
func (s *Service) Reveal(ctx context.Context, id tenant.ID, no string) (account, name string, err error) {
	_, whom, err := s.open(ctx, id, no)
	return whom.Account, whom.Name, err
}

// TransferEndedTx says what became of a withdrawal's transfer. Joins the caller's transaction;
// safe to repeat. Unknown numbers are nobody's.
func (s *Service) TransferEndedTx(ctx context.Context, tx tenantdb.Tx, no string, arrived bool, reason string) error {
	w, err := s.q.LockWithdrawal(ctx, tx, no)
	if tenantdb.NoRows(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("withdrawal %s: %w", no, err)
	}
	event := EventFail
	if arrived {
		event, reason = EventArrive, ""
	}
	if st := WithdrawalStatus(w.Status); st == Succeeded || (st == Failed && !arrived) {
		return nil
	}
	if r := []rune(reason); len(r) > 200 {
		reason = string(r[:200])
	}
	if err := s.step(ctx, tx, w, event, reason, "system"); err != nil {
		return fmt.Errorf("withdrawal %s: %w", no, err)
	}
	return nil
}

// SealedColumn describes, for the rotation of data keys, where receivers are kept sealed.
func SealedColumn() vault.Column {
	q := distributiondb.New()
	return vault.Numbered("withdrawal.receiver_sealed",
		func(ctx context.Context, db tenantdb.Querier, primary []byte, after int64) ([]distributiondb.SealedRow, error) {
			return q.Sealed(ctx, db, primary, after)
		},
		func(r distributiondb.SealedRow) vault.NumberedRow {
			return vault.NumberedRow{ID: r.ID, Field: place(tenant.ID{}, r.WithdrawalNo), Prefix: r.Prefix, Sealed: r.Sealed}
		},
		func(ctx context.Context, tx tenantdb.Tx, sealed []byte, id int64, old []byte) (int64, error) {
			return q.Reseal(ctx, tx, sealed, id, old)
		})
}
