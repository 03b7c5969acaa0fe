package payments

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// settleRefundNotice applies a refund's notification once. One that does not fit is an
// anomaly: a refund that somebody made by hand at the provider, for example.
func (s *Service) settleRefundNotice(ctx context.Context, id tenant.ID, acc Account, result RefundResult, ev evidence) error {
	var found []finding
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		if found, err = s.compareRefund(ctx, tx, acc, result); err != nil {
			return err
		}
		if err := s.record(ctx, tx, acc, ev, found); err != nil {
			return err
		}
		for _, f := range found {
			if f.blocking {
				return nil
			}
		}
		fresh, err := s.insertEvent(ctx, tx, acc, ev, outcomeApplied)
		if err != nil || !fresh {
			return err
		}
		return s.applyRefund(ctx, tx, result)
	})
	if err != nil {
		return fmt.Errorf("settle refund %s: %w", result.OutRefundNo, err)
	}
	return s.judge(ctx, acc, ev, found)
}

func (s *Service) compareRefund(ctx context.Context, tx tenantdb.Tx, acc Account, result RefundResult) ([]finding, error) {
	row, err := s.q.RefundTask(ctx, tx, result.OutRefundNo)
	if err = notFoundOnly(err); err != nil {
		if errors.Is(err, fault.ErrNotFound) {
			return []finding{{reasonRefund, true, "a refund of ours", result.OutRefundNo}}, nil
		}
		return nil, fmt.Errorf("read refund: %w", err)
	}
	task := refundFromRow(row)
	switch {
	case task.accountID != acc.ID:
		return []finding{{reasonOtherAccount, true, strconv.FormatInt(task.accountID, 10), strconv.FormatInt(acc.ID, 10)}}, nil
	case result.MerchantNo != acc.MerchantNo:
		return []finding{{reasonMerchant, true, acc.MerchantNo, result.MerchantNo}}, nil
	case result.PartnerNo != acc.Config.SpMchID:
		return []finding{{reasonMerchant, true, acc.Config.SpMchID, result.PartnerNo}}, nil
	case result.OutTradeNo != task.outTradeNo:
		return []finding{{reasonRefund, true, task.outTradeNo, result.OutTradeNo}}, nil
	case !result.Amount.Valid || result.Amount.Fen != task.amountFen:
		return []finding{{reasonAmount, true, strconv.FormatInt(int64(task.amountFen), 10), result.Amount.Text}}, nil
	case result.State == RefundDone && task.status.final() && task.status != RefundSucceeded:
		// Money moved for a refund that had ended without the provider: perhaps twice.
		return []finding{{reasonRefund, true, string(task.status), "SUCCESS"}}, nil
	case result.State == RefundAbnormal:
		return []finding{{reasonRefund, false, "money with the buyer", "ABNORMAL"}}, nil
	}
	return nil, nil
}

func notFoundOnly(err error) error {
	if tenantdb.NoRows(err) {
		return fault.ErrNotFound
	}
	return err
}
