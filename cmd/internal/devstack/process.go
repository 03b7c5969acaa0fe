package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// process is a running child. done is closed once it has been reaped; err is
// then what Wait returned.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// spawn starts cmd in its own process group as acct, with death as the signal
// that the kernel sends it when this process dies (Linux only).
//
// The goroutine that forks stays on its thread until the child is gone: Linux
// ties the parent-death signal to the forking thread, and the Go scheduler is
// free to end any thread that no goroutine is locked to.
func spawn(cmd *exec.Cmd, acct account, death syscall.Signal) (*process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: acct.credential()}
	dieWithParent(cmd.SysProcAttr, death)
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop sends the signals one after the other until the child has gone. The
// first one may take until ctx ends, each later one has five seconds.
func (p *process) stop(ctx context.Context, signals ...os.Signal) error {
	patience := ctx.Done()
	for _, sig := range signals {
		if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("signal %s (pid %d): %w", p.cmd.Path, p.pid(), err)
		}
		select {
		case <-p.done:
			return nil
		case <-patience:
		}
		later, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		patience = later.Done()
	}
	select {
	case <-p.done:
		return nil
	case <-patience:
		return fmt.Errorf("%s (pid %d) does not end", p.cmd.Path, p.pid())
	}
}
