//go:build unix && !linux

package devstack

import "syscall"

// dieWithParent does nothing where the kernel has no parent-death signal: a
// server orphaned by kill -9 is then reported, with its pid, by the next start.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
