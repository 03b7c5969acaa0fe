package reconcile

import (
	"errors"

	"galleria/tenant/fault"
)

// errMore ends a run that has used its time; what it did is kept.
var errMore = errors.New("reconcile: more to do than a run may take")

var (
	// ErrNoBills is an account whose channel has no bills.
	ErrNoBills = fault.New(fault.Conflict, "BILLS_NOT_SERVED", "该支付渠道没有对账单", "This channel has no bills")
	// ErrSettled is a difference that needs no explaining any more.
	ErrSettled = fault.New(fault.Conflict, "DIFFERENCE_SETTLED", "该差异已处理，请刷新", "This difference has been settled")
	// ErrTooSoon is a bill that cannot be there yet.
	ErrTooSoon = fault.New(fault.Conflict, "BILL_TOO_SOON", "账单尚未到生成时间", "This bill is not due yet")
)
