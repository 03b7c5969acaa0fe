package account

import "galleria/tenant/fault"

// ErrForeignSandbox is a test account whose provider is not the sandbox that this
// installation has configured; production has none.
var ErrForeignSandbox = fault.New(fault.Unavailable, "SANDBOX_REFUSED", "测试商户号不可用", "Test accounts cannot be used here")

// ErrMerchantTaken is a merchant number that the shop has an account for already.
var ErrMerchantTaken = fault.New(fault.Conflict, "MERCHANT_EXISTS", "该商户号已添加", "This merchant number has been added already")
