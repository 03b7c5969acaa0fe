package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"galleria/tenant/tenanttest"
)

// binaryEnv makes this test binary the program itself, so that `dev` runs as a process
// that can be interrupted and killed.
const binaryEnv = "GALLERIA_TEST_RUN_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(binaryEnv) != "" {
		os.Exit(run(context.Background(), os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

type devFacts struct {
	API, Console, Sandbox, Docs string
	Shops                       []struct{ Name, Handle, AppID string }
	Logins                      []struct{ Role, User, Password string }
	DatabaseURL                 string `json:"database_url"`
	RedisURL                    string `json:"redis_url"`
}

// output collects what a running process says.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// devProcess is `galleria dev` in a data directory.
type devProcess struct {
	cmd    *exec.Cmd
	facts  devFacts
	stdout *output
	stderr *output
	took   time.Duration
}

func program(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), binaryEnv+"=1")
	return cmd
}

func startDev(t *testing.T, data string, extra ...string) *devProcess {
	t.Helper()
	info := filepath.Join(t.TempDir(), "info.json")
	args := append([]string{"dev", "--data", data, "--addr", "127.0.0.1:0", "--info", info}, extra...)
	p := &devProcess{cmd: program(context.WithoutCancel(t.Context()), args...), stdout: &output{}, stderr: &output{}}
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
	for deadline := began.Add(90 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		b, err := os.ReadFile(info)
		if err == nil {
			p.took = time.Since(began)
			var raw struct {
				devFacts
				Shops []struct {
					Name   string `json:"name"`
					Handle string `json:"handle"`
					AppID  string `json:"app_id"`
				} `json:"shops"`
			}
			if err := json.Unmarshal(b, &raw); err != nil {
				t.Fatalf("info file: %v", err)
			}
			p.facts = raw.devFacts
			for _, s := range raw.Shops {
				p.facts.Shops = append(p.facts.Shops, struct{ Name, Handle, AppID string }{s.Name, s.Handle, s.AppID})
			}
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("dev is not ready after 90 s; it said\n%s%s", p.stdout, p.stderr)
		}
	}
}

// interrupt is Ctrl-C; it waits for the end.
func (p *devProcess) interrupt(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v", err)
	}
}

// walk is the purchase that dev printed.
func (p *devProcess) walk(t *testing.T) []string {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(p.stdout.String(), "Ctrl-C ends everything."); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no walk in\n%s", p.stdout)
		}
	}
	_, rest, _ := strings.Cut(p.stdout.String(), "one by one.\n")
	var lines []string
	for line := range strings.Lines(rest) {
		if command, ok := strings.CutPrefix(line, "  "); ok {
			lines = append(lines, strings.TrimSpace(command))
		}
	}
	return lines
}

// mailed waits until the shop's mails about an order lie on the page that dev printed: one for each
// of its people, and none about the orders of weeks before.
func (p *devProcess) mailed(t *testing.T, orderNo string) {
	t.Helper()
	page := p.facts.Console + "/dev/messages"
	if !strings.Contains(p.stdout.String(), page) {
		t.Errorf("dev does not say where mails lie:\n%s", p.stdout)
	}
	var body []byte
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		out, err := exec.CommandContext(t.Context(), "curl", "-s", page).Output()
		if err != nil {
			t.Fatal(err)
		}
		if body = out; strings.Count(string(body), orderNo) >= 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no mails about %s in\n%s", orderNo, body)
		}
	}
	if n := strings.Count(string(body), orderNo); n != 2 {
		t.Errorf("%d mails about %s, want one for each of the shop's people", n, orderNo)
	}
	if n := strings.Count(string(body), "@demo.galleria.example"); n > 40 {
		t.Errorf("%d mails lie on the desk: those of the demo's weeks, too", n)
	}
}

// loseRedis kills dev's Redis, if it has one of its own, and waits for the next.
func (p *devProcess) loseRedis(t *testing.T) {
	t.Helper()
	lost := 0
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		now := 0
		for _, pid := range childrenOf(t, p.cmd.Process.Pid) {
			if line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline")); err == nil && strings.Contains(string(line), "redis-server") {
				now = pid
			}
		}
		switch {
		case lost == 0 && now == 0:
			return // in memory
		case lost == 0:
			lost = now
			if err := syscall.Kill(lost, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		case now != 0 && now != lost && strings.Contains(p.stderr.String(), "started again"):
			return
		case time.Now().After(deadline):
			t.Fatalf("Redis is not started again; dev said\n%s", p.stderr)
		}
	}
}

// tellsRefusals wants a refused request in what dev says, once, and none that went well.
func (p *devProcess) tellsRefusals(t *testing.T) {
	t.Helper()
	for query, want := range map[string]int{"limit=0": 1, "limit=1": 0} {
		id := "refusal-" + strings.ReplaceAll(query, "=", "-")
		out, err := exec.CommandContext(t.Context(), "curl", "-s", "-H", "X-App-Id: "+p.facts.Shops[0].AppID, "-H", "X-Request-Id: "+id, p.facts.API+"/api/v1/products?"+query).Output()
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond) // the line is written when the answer is out
		if n := strings.Count(p.stderr.String(), "request_id="+id); n != want {
			t.Errorf("%s is told %d times, want %d: %s", query, n, want, out)
		}
	}
}

// TestDevBuysAndKeepsAndEnds is what a newcomer does: start, paste the printed purchase,
// end, start again, begin anew. Data stays until it is told to go, children do not.
func TestDevBuysAndKeepsAndEnds(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("the printed purchase needs curl")
	}
	data := devDir(t)
	p := startDev(t, data)
	if len(p.facts.Shops) != 2 || len(p.facts.Logins) < 4 || p.facts.DatabaseURL == "" || p.facts.RedisURL == "" {
		t.Fatalf("facts: %+v", p.facts)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	other, err := program(ctx, "dev", "--data", data, "--addr", "127.0.0.1:0", "--reset").CombinedOutput()
	if err == nil || !strings.Contains(string(other), "in use by another galleria") {
		t.Fatalf("--reset of the folder of one that runs: %v\n%s", err, other)
	}
	p.loseRedis(t)
	bash := exec.CommandContext(t.Context(), "bash")
	bash.Stdin = strings.NewReader(strings.Join(p.walk(t), "\n") + "\n")
	out, err := bash.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"status":"paid"`) {
		t.Fatalf("the printed purchase: %v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	_, rest, _ := strings.Cut(lines[len(lines)-1], `"order_no":"`)
	orderNo, _, _ := strings.Cut(rest, `"`)
	p.mailed(t, orderNo)
	p.tellsRefusals(t)
	children := childrenOf(t, p.cmd.Process.Pid)
	if len(children) == 0 {
		t.Fatal("dev has no children; this test would prove nothing")
	}
	p.interrupt(t)
	for _, pid := range children {
		if alive(pid) {
			t.Errorf("process %d outlived dev", pid)
		}
	}

	again := startDev(t, data)
	t.Logf("first start %s, second start %s", p.took.Round(time.Millisecond), again.took.Round(time.Millisecond))
	if said := again.stderr.String(); strings.Contains(said, "level=WARN") {
		t.Errorf("the second start, at another address, is not content: %s", said)
	}
	if again.facts.Logins[0] != p.facts.Logins[0] || again.facts.Sandbox != p.facts.Sandbox {
		t.Errorf("logins or the sandbox's address changed between starts")
	}
	check := strings.NewReplacer(p.facts.API, again.facts.API).Replace(strings.Join(again.walk(t)[:4], "\n"))
	bash = exec.CommandContext(t.Context(), "bash")
	bash.Stdin = strings.NewReader(check + "\n" + `curl -s "$API/orders/` + orderNo + `" -H "X-App-Id: $APP" -H "Authorization: Bearer $TOKEN"` + "\n")
	if out, err := bash.CombinedOutput(); err != nil || !strings.Contains(string(out), orderNo) || !strings.Contains(string(out), `"status":"paid"`) {
		t.Errorf("the order after a restart: %v\n%s", err, out)
	}
	again.interrupt(t)

	anew := startDev(t, data, "--reset")
	if anew.facts.Logins[0].Password == p.facts.Logins[0].Password {
		t.Error("the secrets survived --reset")
	}
	anew.interrupt(t)
}

func TestDevSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() }) // after the parallel cases, unlike defer
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.txt"), []byte("do not delete"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"port in use":        {[]string{"--data", devDir(t), "--addr", taken.Addr().String()}, "in use by another program"},
		"not loopback":       {[]string{"--data", devDir(t), "--addr", "0.0.0.0:0"}, "loopback only"},
		"a foreign folder":   {[]string{"--data", foreign, "--addr", "127.0.0.1:0"}, "was not made by galleria dev"},
		"reset of a foreign": {[]string{"--data", foreign, "--addr", "127.0.0.1:0", "--reset"}, "was not made by galleria dev"},
		"address":            {[]string{"--data", devDir(t), "--addr", "nonsense"}, "is not host:port"},
		"info no file":       {[]string{"--data", devDir(t), "--addr", "127.0.0.1:0", "--info", foreign}, "is no file"},
		"info not writable":  {[]string{"--data", devDir(t), "--addr", "127.0.0.1:0", "--info", "/proc/none/info.json"}, "info file: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			out, err := program(ctx, append([]string{"dev"}, c.args...)...).CombinedOutput()
			if err == nil || !strings.Contains(string(out), c.says) {
				t.Errorf("%v; it said %s, want %q", err, out, c.says)
			}
		})
	}
	t.Cleanup(func() {
		if _, err := os.Stat(filepath.Join(foreign, "thesis.txt")); err != nil {
			t.Errorf("the foreign folder was touched: %v", err)
		}
	})
}

// A database that another data folder's keys sealed is refused before anything in it is changed,
// and no database but dev's own is emptied.
func TestDevLeavesDatabasesOfOthersAlone(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	env.Owner(t, "INSERT INTO platform.tenant_key (tenant_id, version, kek_id, wrapped_dek) VALUES ('"+env.Tenant.ID.String()+"', 1, 'local-00000000', '\\x00')")
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"sealed by another folder": {nil, "was filled with another data folder"},
		"reset":                    {[]string{"--reset"}, "--reset does not empty a database that is not dev's own"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := program(ctx, append([]string{"dev", "--data", devDir(t), "--addr", "127.0.0.1:0"}, c.args...)...)
		cmd.Env = append(cmd.Env, "DATABASE_URL="+env.OwnerURL)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: %v; it said %s, want %q", name, err, out, c.says)
		}
	}
}

// devDir is a folder that the database's own user may enter, which t.TempDir is not when
// tests run as root.
func devDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "galleria-dev-test-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "data")
}

// childrenOf lists the processes below pid.
func childrenOf(t *testing.T, pid int) (pids []int) {
	t.Helper()
	scan := exec.CommandContext(t.Context(), "ps", "-e", "-o", "pid=,ppid=")
	out, err := scan.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := scan.Start(); err != nil {
		t.Fatal(err)
	}
	parents := map[int]int{}
	for s := bufio.NewScanner(out); s.Scan(); {
		var child, parent int
		if f := strings.Fields(s.Text()); len(f) == 2 {
			child, parent = atoi(f[0]), atoi(f[1])
		}
		parents[child] = parent
	}
	_ = scan.Wait()
	for child := range parents {
		for up := parents[child]; up > 1; up = parents[up] {
			if up == pid {
				pids = append(pids, child)
				break
			}
		}
	}
	return pids
}

func atoi(s string) (n int) {
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }
