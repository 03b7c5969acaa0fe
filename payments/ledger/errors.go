package ledger

import "galleria/tenant/fault"

var (
	// ErrPosting is a fact that cannot be posted as it is: a defect of the caller.
	ErrPosting = fault.New(fault.Internal, "LEDGER_POSTING", "记账内容不正确", "This cannot be posted")
	// ErrReversed is a journal that was reversed before, or is a reversal itself.
	ErrReversed = fault.New(fault.Conflict, "LEDGER_REVERSED", "该凭证已冲销", "This journal has been reversed, or is a reversal")
)
