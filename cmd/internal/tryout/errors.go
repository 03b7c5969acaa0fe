package tryout

import "galleria/tenant/fault"

// errProvider is a sandbox that cannot be used.
var errProvider = fault.New(fault.Unavailable, "SANDBOX_UNREACHABLE", "沙箱暂时连不上，请稍后再试", "The sandbox cannot be reached at the moment")
