package trial

import "galleria/tenant/fault"

// ErrRunning is a purchase that is under way while another is begun anew.
var ErrRunning = fault.New(fault.Conflict, "TRIAL_RUNNING", "试购正在进行中", "A test purchase is under way")
