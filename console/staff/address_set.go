package staff

import (
	"context"
	"fmt"

	"galleria/console/courier"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// SetAddressTx gives a person an address that was proven a moment ago, in place of the one
// of its kind, and returns the person as it was. Links for a new password that went to old
// addresses end. Faults: ADDRESS_TAKEN, NOT_FOUND.
func (s *Service) SetAddressTx(ctx context.Context, tx tenantdb.Tx, staffID int64, to Address) (before Member, err error) {
	row, err := s.q.ByID(ctx, tx, staffID)
	if tenantdb.NoRows(err) {
		return Member{}, fault.ErrNotFound
	}
	if err != nil {
		return Member{}, fmt.Errorf("set address: %w", err)
	}
	set := s.q.SetMail
	if to.Way == courier.SMS {
		set = s.q.SetPhone
	}
	if _, err = set(ctx, tx, &to.Value, tx.Now(), staffID); tenantdb.Violates(err, "staff_mail_key") || tenantdb.Violates(err, "staff_phone_key") {
		return Member{}, ErrAddressTaken
	}
	if err != nil {
		return Member{}, fmt.Errorf("set address: %w", err)
	}
	now := tx.Now()
	if err := s.q.ForgetProofs(ctx, tx, &now, staffID); err != nil {
		return Member{}, fmt.Errorf("set address: %w", err)
	}
	return Member{ID: row.ID, Login: row.Login, Name: row.Name, Mail: deref(row.Mail), Phone: deref(row.Phone)}, nil
}
