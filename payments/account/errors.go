package account

import "galleria/tenant/fault"

// ErrMerchantTaken is a merchant number that the shop has an account for already.
var ErrMerchantTaken = fault.New(fault.Conflict, "MERCHANT_EXISTS", "该商户号已添加", "This merchant number has been added already")
