package aftersale

import (
	"context"
	"fmt"
	"strings"

	"galleria/tenant"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
)

// OpenFor opens a case in a buyer's name, as staff agreed with the buyer, and accepts it in the
// same transaction: the money is asked for, or the goods are expected at the return address
// addressID. It follows the rules of Open and Approve, the second person above the shop's limit
// among them. A repeat with the same key returns the first answer. Opens a transaction. Faults:
// those of Open and Approve.
func (s *Service) OpenFor(ctx context.Context, id tenant.ID, in OpenInput, addressID int64) (out Opened, replayed bool, err error) {
	in.Body, in.MemberID = strings.TrimSpace(in.Body), 0
	if err := in.check(); err != nil {
		return Opened{}, false, fmt.Errorf("open case for a buyer: %w", err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		out, replayed, err = idempotency.Do(ctx, tx, in.Key, func() (Opened, error) {
			opened, err := s.openTx(ctx, tx, in)
			if err != nil {
				return Opened{}, err
			}
			return opened, s.acceptTx(ctx, tx, opened.CaseNo, addressID, in.Actor)
		})
		return err
	})
	if err != nil {
		return Opened{}, false, fmt.Errorf("open case for a buyer: %w", err)
	}
	return out, replayed, nil
}

func (s *Service) acceptTx(ctx context.Context, tx tenantdb.Tx, caseNo string, addressID int64, actor string) error {
	a, err := s.begin(ctx, tx, caseNo, 0, Staff, actor, EventApprove)
	if err != nil {
		return err
	}
	detail, err := a.approve(ctx, ApproveInput{CaseNo: caseNo, AddressID: addressID, Actor: actor})
	if err != nil {
		return err
	}
	return a.end(ctx, detail)
}
