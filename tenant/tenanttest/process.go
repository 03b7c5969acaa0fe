package tenanttest

import (
	"bytes"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// processEnv makes this test binary the process of a test that kills it; it holds the
// address under which that process reaches the database.
const processEnv = "GALLERIA_TEST_PROCESS_DATABASE_URL"

// InProcess returns the address of the database to a test that is the Process of another
// one. On its own such a test is skipped.
func InProcess(t testing.TB) string {
	t.Helper()
	address := os.Getenv(processEnv)
	if address == "" {
		t.Skip("does its work only as the process of another test")
	}
	return address
}

// Process is work done in a process of its own, which can be killed with SIGKILL at any of
// its round trips to Postgres. The test named Test, of the same binary, does the work on
// the database of InProcess.
type Process struct {
	Test     string
	Env      []string // NAME=value, beside those of this process
	OwnerURL string   // the database, as in Env.OwnerURL
}

// RoundTrip is one request to Postgres that runs statements, in the order of the process.
type RoundTrip struct {
	SQL string // its statements
	// Settled says that no transaction was open after it: what it did stays.
	Settled bool
}

// Moment says how far the round trip came at which a process is killed.
type Moment string

const (
	// Unsent is before the server hears of the round trip; what the round trips before it
	// left behind is what there is.
	Unsent Moment = "unsent"
	// Unanswered is while the server is at it: its effect comes after the process is gone,
	// perhaps beside whoever continues the work.
	Unanswered Moment = "unanswered"
	// Lost is Unsent together with the machine: the server is told nothing, and keeps the
	// connections open until the test ends.
	Lost Moment = "lost"
)

// Rehearse lets the process do its work unharmed and returns its round trips.
func (p Process) Rehearse(t testing.TB) []RoundTrip {
	t.Helper()
	w, output, err := p.run(t, cut{})
	if err != nil {
		t.Fatalf("process %s: %v\n%s", p.Test, err, output)
	}
	return w.trips
}

// Kill starts the process and kills it at its n-th round trip, counted from 1. That it ends
// by itself before is a failure of the test.
func (p Process) Kill(t testing.TB, n int, moment Moment) {
	t.Helper()
	_, output, err := p.run(t, cut{at: n, moment: moment})
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
			return
		}
	}
	t.Fatalf("process %s was to be killed at round trip %d and ended by itself: %v\n%s", p.Test, n, err, output)
}

func (p Process) run(t testing.TB, c cut) (*wire, string, error) {
	t.Helper()
	u, err := url.Parse(p.OwnerURL)
	if err != nil {
		t.Fatalf("owner url: %v", err)
	}
	w := &wire{ctx: t.Context(), server: u.Host, cut: c}
	u.Host = w.listen(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+p.Test+"$", "-test.count=1", "-test.timeout=1m") //nolint:gosec // this test binary
	cmd.Env = append(append(os.Environ(), p.Env...), processEnv+"="+u.String())
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatalf("start process %s: %v", p.Test, err)
	}
	w.kill = func() { _ = cmd.Process.Kill() }
	w.serving.Go(w.accept)
	err = cmd.Wait()
	w.close(t)
	return w, output.String(), err
}
