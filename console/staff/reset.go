package staff

import (
	"context"
	"fmt"
	"time"

	"galleria/console/staff/internal/staffdb"
	"galleria/tenant/tenantdb"
)

// ResetLasts is how long a link that sets a new password works.
const ResetLasts = 15 * time.Minute

const passwordReset = "password_reset"

// Reset is a link to be sent; its token is stored nowhere.
type Reset struct {
	StaffID int64
	To      Address
	Token   string
}

// AskReset makes a link that sets a new password, for the person who has proven to own
// the address. ok is false for an address that is nobody's: the caller must answer as if
// it were somebody's. Every call counts against the address asked for and the client's.
// Faults: LOGIN_THROTTLED.
func (s *Service) AskReset(ctx context.Context, to Address, ip string) (r Reset, ok bool, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		r, ok = Reset{}, false // the function may run again
		if _, err := s.admitTx(ctx, tx, "reset:"+to.Value, ip); err != nil {
			return err
		}
		row, err := s.q.BySignIn(ctx, tx, to.Value, &to.Value)
		if tenantdb.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		proven := deref(row.Mail) == to.Value || deref(row.Phone) == to.Value
		if !proven || row.Status != "active" { // an account name proves no address
			return nil
		}
		if err := s.q.SweepProofs(ctx, tx); err != nil {
			return err
		}
		now := tx.Now()
		if err := s.q.ForgetProofs(ctx, tx, &now, row.ID); err != nil { // the newest link is the one that works
			return err
		}
		r, ok = Reset{StaffID: row.ID, To: to, Token: newToken()}, true
		return s.q.AddProof(ctx, tx, staffdb.AddProofParams{
			StaffID: row.ID, Purpose: passwordReset, TokenHash: hashToken(r.Token), Way: string(to.Way), Address: to.Value,
			CreatedAt: now, ExpiresAt: now.Add(ResetLasts),
		})
	})
	if err != nil {
		return Reset{}, false, fmt.Errorf("ask for reset: %w", err)
	}
	return r, ok, nil
}

// ResetOf tells whose password a link sets. Faults: LINK_ENDED.
func (s *Service) ResetOf(ctx context.Context, token string) (m Member, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		row, err := s.resetTx(ctx, tx, token)
		m = Member{ID: row.StaffID, Login: row.Login, Name: row.Name}
		return err
	})
	return m, err
}

func (s *Service) resetTx(ctx context.Context, tx tenantdb.Tx, token string) (staffdb.FindProofRow, error) {
	row, err := s.q.FindProof(ctx, tx, hashToken(token), passwordReset)
	if tenantdb.NoRows(err) || (err == nil && (row.UsedAt != nil || row.Status != "active" || !row.ExpiresAt.After(tx.Now()))) {
		return staffdb.FindProofRow{}, ErrLinkEnded
	}
	if err != nil {
		return staffdb.FindProofRow{}, fmt.Errorf("read reset link: %w", err)
	}
	return row, nil
}

// ResetTx uses a link once and sets the new password. The caller ends the person's
// sessions in the same transaction. Faults: LINK_ENDED.
func (s *Service) ResetTx(ctx context.Context, tx tenantdb.Tx, token string, p HashedPassword) (staffID int64, err error) {
	row, err := s.resetTx(ctx, tx, token)
	if err != nil {
		return 0, err
	}
	now := tx.Now()
	n, err := s.q.UseProof(ctx, tx, &now, row.ID)
	if err != nil {
		return 0, fmt.Errorf("reset password: %w", err)
	}
	if n == 0 {
		return 0, ErrLinkEnded
	}
	return row.StaffID, s.SetPasswordTx(ctx, tx, row.StaffID, p)
}
