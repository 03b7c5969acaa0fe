package card

import "galleria/tenant/fault"

// ErrNoneFree is a batch of which no card is left to take out.
var ErrNoneFree = fault.New(fault.Conflict, "CARDS_GONE", "这批卡密已没有可作废的卡密", "No card of this batch is left to take out")
