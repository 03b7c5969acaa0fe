package payments

import (
	"context"
	"fmt"

	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// TopicRefundEnded says that a refund that a case of the buyer's asked for ended without
// money. Payload RefundV1.
const TopicRefundEnded outbox.Topic = "payments.refund_ended"

// Source is the document that a refund goes back to.
type Source struct {
	Kind SourceKind
	No   string
	// Followed says that the refund failed and was asked for anew under another number.
	Followed bool
}

// RefundSourceTx finds the document that a refund, or the first of those that it follows,
// was asked for by. Joins the caller's transaction. Faults: NOT_FOUND.
func (s *Service) RefundSourceTx(ctx context.Context, q tenantdb.Querier, outRefundNo string) (Source, error) {
	row, err := s.q.RefundRoot(ctx, q, outRefundNo)
	if err != nil {
		return Source{}, notFound(err, "find a refund's document")
	}
	return Source{Kind: SourceKind(row.SourceKind), No: row.SourceNo, Followed: row.Followed}, nil
}

// FollowRefundTx asks anew for what a refund that the provider closed did not give back.
// Joins the caller's transaction. Faults: NOT_FOUND, REFUND_STATE for any other refund,
// REFUND_SOURCE_USED for one that was followed before.
func (s *Service) FollowRefundTx(ctx context.Context, tx tenantdb.Tx, outRefundNo, actor string) (goesOn string, err error) {
	task, err := s.lockRefund(ctx, tx, outRefundNo)
	if err != nil {
		return "", err
	}
	if task.status != RefundFailed {
		return "", ErrRefundState
	}
	if goesOn, err = s.successor(ctx, tx, task, actor); err != nil {
		return "", fmt.Errorf("follow refund %s: %w", outRefundNo, err)
	}
	return goesOn, s.tellRefund(ctx, tx, outRefundNo, "retried", task.status, actor, "")
}

// ended tells of a refund that ended without money to whoever waits for it.
func (s *Service) ended(ctx context.Context, tx tenantdb.Tx, task refundTask) error {
	if task.reason != AfterSale {
		return nil
	}
	return s.d.Outbox.Append(ctx, tx, TopicRefundEnded, task.outRefundNo, RefundV1{OutRefundNo: task.outRefundNo})
}
