package voucher

import "galleria/tenant/fault"

var (
	// ErrCode is a code that is no voucher here.
	ErrCode = fault.New(fault.NotFound, "VOUCHER_CODE", "券码无效，请核对后重试", "No voucher has this code")
	// ErrState is a voucher that is used up, expired, refunded or held by a refund; its data say which.
	ErrState = fault.New(fault.Conflict, "VOUCHER_STATE", "该券已用完、已过期或正在退款，无法核销", "This voucher is used up, expired, or being refunded")
	// ErrUses is more uses than are left; its data say how many are.
	ErrUses = fault.New(fault.Conflict, "VOUCHER_USES", "核销次数超过剩余次数", "There are not so many uses left")
)
