package bench_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"galleria/cmd/internal/bench"
)

// statLine is a line of /proc/<pid>/stat with the fields that matter.
func statLine(pid, name, parent, utime, stime, cutime, cstime string) string {
	return strings.Join([]string{
		pid, "(" + name + ")", "S", parent, "1 1 0 -1 4194560 100 0 0 0", utime, stime, cutime, cstime, "20 0 1 0 100 1000 50",
	}, " ")
}

func TestStatSurvivesAnyProcessName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"postgres", "a b", "(odd) name)", ") S 9 9"} {
		pid, parent, cpu, err := bench.CPUOf(statLine("42", name, "7", "10", "5", "2", "1"))
		if err != nil || pid != 42 || parent != 7 || cpu != 180*time.Millisecond {
			t.Errorf("name %q: pid %d, parent %d, cpu %s, %v; want 42, 7, 180ms", name, pid, parent, cpu, err)
		}
	}
	for _, line := range []string{"", "42 postgres S 7", "42 (postgres) S 7 1", "x (y) S 1 " + strings.Repeat("0 ", 20), statLine("42", "p", "7", "ten", "5", "2", "1")} {
		if _, _, _, err := bench.CPUOf(line); err == nil {
			t.Errorf("line %q was accepted", line)
		}
	}
}

func TestTreeCPUCountsTheTreeAndNothingElse(t *testing.T) {
	t.Parallel()
	proc := fstest.MapFS{
		"10/stat":   {Data: []byte(statLine("10", "root", "1", "1", "0", "0", "0"))},
		"11/stat":   {Data: []byte(statLine("11", "child", "10", "2", "0", "0", "0"))},
		"12/stat":   {Data: []byte(statLine("12", "grandchild", "11", "0", "4", "0", "0"))},
		"13/stat":   {Data: []byte(statLine("13", "stranger", "1", "100", "0", "0", "0"))},
		"20/stat":   {Data: []byte(statLine("20", "other root", "1", "0", "0", "8", "0"))},
		"30/stat":   {Data: []byte(statLine("30", "circle", "31", "50", "0", "0", "0"))},
		"31/stat":   {Data: []byte(statLine("31", "circle", "30", "50", "0", "0", "0"))},
		"self/stat": {Data: []byte("not a number, not read")},
	}
	for want, roots := range map[time.Duration][]int{70 * time.Millisecond: {10}, 150 * time.Millisecond: {10, 20}, 60 * time.Millisecond: {11}, 0: {99}} {
		got, err := bench.TreeCPU(proc, roots...)
		if err != nil || got != want {
			t.Errorf("roots %v: %s, %v; want %s", roots, got, err, want)
		}
	}
}

func TestMemoryIsReadByName(t *testing.T) {
	t.Parallel()
	proc := fstest.MapFS{"7/status": {Data: []byte("Name:\tgalleria\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n")}}
	for key, want := range map[string]int64{"VmRSS": 1 << 20, "VmHWM": 2 << 20} {
		if got, err := bench.Memory(proc, 7, key); err != nil || got != want {
			t.Errorf("%s = %d, %v; want %d", key, got, err, want)
		}
	}
	if _, err := bench.Memory(proc, 7, "VmSwap"); err == nil {
		t.Error("a size that is not there was read")
	}
}

func TestPercentilesAndMedians(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1))
	}
	for _, c := range []struct {
		name   string
		sorted []time.Duration
		p      int
		want   time.Duration
	}{
		{"of none", nil, 50, 0},
		{"of one", hundred[:1], 99, 1},
		{"half", hundred, 50, 50},
		{"ninety-nine", hundred, 99, 99},
		{"all", hundred, 100, 100},
		{"of three", hundred[:3], 50, 2},
		{"lowest", hundred, 0, 1},
	} {
		if got := bench.Percentile(c.sorted, c.p); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	values := []float64{9, 1, 5}
	if got := bench.MedianOf(values); got != 5 || !slices.Equal(values, []float64{9, 1, 5}) {
		t.Errorf("median %v of %v, want 5 and the order kept", got, values)
	}
	if got := bench.MedianOf([]float64{4, 1, 3, 2}); got != 2 {
		t.Errorf("median of four = %v, want the lower of the middle two", got)
	}
}

func TestStatementsServeHandlersAndPgbench(t *testing.T) {
	t.Parallel()
	named, positional, params := bench.ParseStatement(`SELECT ':x'::text, :sku::bigint, :no FROM t WHERE a = :sku AND b = '{"a":"b"}'::jsonb`, "sku", "a_sku", "x", "y")
	if want := `SELECT ':y'::text, :a_sku::bigint, :no FROM t WHERE a = :a_sku AND b = '{"a":"b"}'::jsonb`; named != want {
		t.Errorf("named\n got %s\nwant %s", named, want)
	}
	if want := `SELECT '$1'::text, $2::bigint, $3 FROM t WHERE a = $2 AND b = '{"a":"b"}'::jsonb`; positional != want {
		t.Errorf("positional\n got %s\nwant %s", positional, want)
	}
	if !slices.Equal(params, []string{"y", "a_sku", "no"}) {
		t.Errorf("params %v", params)
	}
}

// TestYardstickTakesWhatTheHandlersGive ties the order of the handlers' arguments to the file.
func TestYardstickTakesWhatTheHandlersGive(t *testing.T) {
	t.Parallel()
	got := bench.Yardstick()
	want := map[string]string{
		"list": "place", "detail": "product", "search": "word", "sellables": "a b", "address": "member", "cart_put": "member sku",
		"reserve": "sku", "order_insert": "no member total", "order_lines": "order a a_price b b_price", "attempt_insert": "no total",
		"event_insert": "no", "attempt_paid": "no", "order_paid": "no",
	}
	for name, params := range want {
		if strings.Join(got[name], " ") != params {
			t.Errorf("%s takes %v, the handlers give %s", name, got[name], params)
		}
	}
	if len(got) != len(want) {
		t.Errorf("the file has %d statements, %d are known here", len(got), len(want))
	}
}

func TestScriptsSetEveryVariableTheyUse(t *testing.T) {
	t.Parallel()
	scripts := bench.Scripts()
	if len(scripts) != 9 {
		t.Errorf("%d scripts, want 9", len(scripts))
	}
	for name, script := range scripts {
		known := map[string]bool{}
		for line := range strings.Lines(script) {
			if fields := strings.Fields(line); len(fields) > 1 && fields[0] == `\set` {
				known[fields[1]] = true
				line = strings.Join(fields[2:], " ")
			}
			_, _, used := bench.ParseStatement(line)
			for _, v := range used {
				if !known[v] && !strings.HasSuffix(v, "_price") && v != "o_id" { // those come from \gset
					t.Errorf("%s: %q is used and not set in %s", name, v, line)
				}
			}
		}
	}
}

func TestPgbenchIsUnderstood(t *testing.T) {
	t.Parallel()
	if tps, err := bench.ParseTPS("latency average = 1 ms\ntps = 1234.500000 (without initial connection time)\n"); err != nil || tps != 1234.5 {
		t.Errorf("tps = %v, %v", tps, err)
	}
	for _, text := range []string{"", "tps = fast", "tps = 0.000 (x)"} {
		if _, err := bench.ParseTPS(text); err == nil {
			t.Errorf("summary %q was accepted", text)
		}
	}
	if d, err := bench.ParseLatency("0 199 2241 0 1175850568 995598"); err != nil || d != 2241*time.Microsecond {
		t.Errorf("latency = %s, %v", d, err)
	}
	for _, line := range []string{"", "0 1", "0 1 failed 0 1 2"} {
		if _, err := bench.ParseLatency(line); err == nil {
			t.Errorf("line %q was accepted", line)
		}
	}
}
