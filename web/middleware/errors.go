package middleware

import "galleria/tenant/fault"

// ErrShopBusy is a request beyond what one shop may have worked on and waiting. The limit is
// the shop's, not the platform's: it is no failure of ours.
var ErrShopBusy = fault.New(fault.Throttled, "SHOP_BUSY", "店铺人太多了，请稍后再试", "This shop is very busy, please try again")
