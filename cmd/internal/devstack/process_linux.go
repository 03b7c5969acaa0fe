package devstack

import "syscall"

// dieWithParent asks the kernel to signal the child when its parent is gone,
// so that not even a kill -9 of galleria leaves a server behind.
func dieWithParent(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }
