package delivery

import "galleria/tenant/fault"

// ErrStore is a pickup store that hands out no goods now.
var ErrStore = fault.New(fault.Conflict, "STORE_CLOSED", "该自提点暂不可用，请选择其他自提点", "This pickup store does not hand out goods at the moment")
