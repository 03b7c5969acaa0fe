package catalog

import "time"

// Bounds of a voucher's terms.
const (
	MaxVoucherUses = 100
	MaxVoucherDays = 3650
)

// VoucherTerms are what a piece of kind Voucher is good for.
type VoucherTerms struct {
	Uses int32 `json:"uses"` // of one piece; 1 at least
	// Days is how long it is valid: to the end of the day so many days after the payment's, in
	// Shanghai; 0 if Until says it.
	Days  int32      `json:"days"`
	Until *time.Time `json:"until,omitempty"` // from then on it is void, and not sold any more
	// Refunds says that what was not used in time is paid back by itself.
	Refunds bool `json:"refunds"`
}

// UsualVoucher are the terms of a voucher of which nobody said any.
func UsualVoucher() VoucherTerms { return VoucherTerms{Uses: 1, Days: 365, Refunds: true} }

func (t VoucherTerms) validate(refuse func(ok bool, path, format string, args ...any)) {
	refuse(t.Uses >= 1 && t.Uses <= MaxVoucherUses, "voucher.uses", "must be 1 to %d", MaxVoucherUses)
	if t.Until != nil {
		refuse(t.Days == 0, "voucher.days", "must be 0 beside an end")
		return
	}
	refuse(t.Days >= 1 && t.Days <= MaxVoucherDays, "voucher.days", "must be 1 to %d", MaxVoucherDays)
}
