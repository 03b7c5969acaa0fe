package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// child is a process that the bench started.
type child struct {
	name string
	addr string // where it serves, "" if it does not
	cmd  *exec.Cmd
	done chan struct{}
	said *tail // nil: not listened to
	mu   sync.Mutex
	err  error
}

// spawn starts a command of this binary with exactly env. Its words go nowhere: an access log
// at full speed would be a load of its own on the disk that the database writes to. With
// listen its last words are kept instead.
func spawn(ctx context.Context, binary string, env []string, listen bool, args ...string) (*child, error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), binary, args...) //nolint:gosec // ourselves
	cmd.Env = env
	c := &child{name: args[0], cmd: cmd, done: make(chan struct{})}
	if listen {
		c.said = &tail{}
		cmd.Stdout, cmd.Stderr = c.said, c.said
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	go func() {
		err := cmd.Wait()
		c.mu.Lock()
		c.err = err
		c.mu.Unlock()
		close(c.done)
	}()
	return c, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// alive returns an error if the process has ended.
func (c *child) alive() error {
	select {
	case <-c.done:
		c.mu.Lock()
		defer c.mu.Unlock()
		said := ""
		if c.said != nil {
			said = ": " + c.said.String()
		}
		return fmt.Errorf("%s has ended (%w)%s", c.name, errors.Join(c.err, errEnded), said)
	default:
		return nil
	}
}

var errEnded = errors.New("before it was asked to")

// stop asks the process to end and waits; after ten seconds it is killed.
func (c *child) stop(context.Context) error {
	select {
	case <-c.done:
		return nil
	default:
	}
	_ = c.cmd.Process.Signal(syscall.SIGCONT) // a sleeper would not hear the rest
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", c.name, err)
	}
	select {
	case <-c.done:
	case <-time.After(10 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
	return nil
}

// sleep and wake suspend the process and let it go on.
func (c *child) sleep() error { return c.signal(syscall.SIGSTOP) }
func (c *child) wake() error  { return c.signal(syscall.SIGCONT) }

func (c *child) signal(sig syscall.Signal) error {
	if err := c.cmd.Process.Signal(sig); err != nil {
		return fmt.Errorf("signal %s: %w", c.name, err)
	}
	return nil
}

// await polls probe until it succeeds, the process ends, or the time is over.
func (c *child) await(ctx context.Context, probe func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		if gone := c.alive(); gone != nil {
			return gone
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", c.name, err)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// tail keeps the last words of a process. Safe for concurrent use.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 4 << 10

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - tailSize; over > 0 {
		t.buf = append([]byte(nil), t.buf[over:]...)
	}
	return len(p), nil
}

// String is the last words.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.buf))
}
