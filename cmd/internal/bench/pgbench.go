package bench

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// findPgbench looks beside the running server, then on PATH; "" if there is none.
func findPgbench(postmaster int) string {
	if program, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(postmaster), "exe")); err == nil {
		beside := filepath.Join(filepath.Dir(program), "pgbench")
		if _, err := os.Stat(beside); err == nil {
			return beside
		}
	}
	found, err := exec.LookPath("pgbench")
	if err != nil {
		return ""
	}
	return found
}

// scripts assembles the pgbench scripts from the yardstick's statements.
func scripts(sql statements, b *shop) map[string]string {
	set := func(name string, from, to int64) string {
		return fmt.Sprintf("\\set %s random(%d, %d)\n", name, from, to)
	}
	run := func(name string, rename ...string) string { return sql[name].rename(rename...).named + ";\n" }
	read := func(name, prefix string, rename ...string) string {
		return sql[name].rename(rename...).named + " \\gset " + prefix + "\n"
	}
	who := b.yardstick()
	count := int64(len(b.prices))
	draw := set("member", who[0].id, who[len(who)-1].id) + set("a", b.firstSKU, b.firstSKU+count/2-1) + set("b", b.firstSKU+count/2, b.firstSKU+count-1)
	number := "\\set n random(100000000, 900000000000000)\n"
	mine := []string{"no", "o_no", "total", "o_total", "order", "o_id"}
	order := "begin;\n" + read("reserve", "a_", "sku", "a") + read("reserve", "b_", "sku", "b") +
		"\\set o_total :a_price + :b_price\n\\set o_no :n\n" + read("order_insert", "o_", mine...) +
		run("order_lines", mine...) + run("attempt_insert", mine...) + run("event_insert", mine...) + "commit;\n"
	pay := "begin;\n" + run("attempt_paid", mine...) + run("order_paid", mine...) + run("event_insert", mine...) + "commit;\n"
	hot := "begin;\n\\set a_price 1000\n\\set b_price 1000\n\\set o_total 2000\n\\set o_no :n\n" + read("order_insert", "o_", mine...) +
		run("order_lines", mine...) + run("attempt_insert", mine...) + run("event_insert", mine...) + run("reserve", "sku", "hot") + "commit;\n"
	return map[string]string{
		"list":     set("place", 20, products-1) + run("list"),
		"detail":   set("product", b.firstSPU, b.firstSPU+products-1) + run("detail"),
		"search":   set("w", 0, int64(len(words())-1)) + searchScript(run("search")),
		"quote":    draw + run("address") + run("sellables"),
		"cart":     draw + run("cart_put", "sku", "a"),
		"order":    draw + number + order,
		"callback": set("n", 1, yardOrders) + pay2(pay),
		"purchase": draw + number + run("cart_put", "sku", "a") + run("cart_put", "sku", "b") + order + pay,
		"hot":      draw + number + fmt.Sprintf("\\set hot %d\n", b.firstSKU) + hot,
	}
}

// searchScript draws the word in SQL: pgbench's variables are numbers.
func searchScript(search string) string {
	array := "(ARRAY['" + strings.Join(words(), "','") + "'])[1 + :w::integer]"
	return strings.ReplaceAll(search, ":word::text", array)
}

// pay2 pays the orders that were made for it.
func pay2(pay string) string {
	return strings.ReplaceAll(pay, ":o_no::text", "('"+yardPrefix+"' || :n::text)")
}

// runPgbench runs a script for d and returns what it did.
func (s *stack) runPgbench(ctx context.Context, schema, name, script string, d time.Duration) (run, error) {
	dir, err := os.MkdirTemp(s.dir, "pgbench-")
	if err != nil {
		return run{}, fmt.Errorf("pgbench: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, name+".sql")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		return run{}, fmt.Errorf("pgbench: %w", err)
	}
	address, err := url.Parse(s.env["DATABASE_URL"])
	if err != nil {
		return run{}, fmt.Errorf("pgbench: %w", err)
	}
	password, _ := address.User.Password()
	cmd := exec.CommandContext(ctx, s.pgbench, //nolint:gosec // found by us
		"-n", "-M", "prepared", "-c", strconv.Itoa(serverConns), "-j", "2", "-T", strconv.Itoa(max(1, int(d.Seconds()))), "-l", "--log-prefix", filepath.Join(dir, "log"),
		"-h", address.Hostname(), "-p", address.Port(), "-U", address.User.Username(), "-f", file, strings.TrimPrefix(address.Path, "/"))
	cmd.Env = []string{"PGPASSWORD=" + password, "PGOPTIONS=-c search_path=" + schema, "LC_ALL=C"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return run{}, fmt.Errorf("pgbench %s: %w: %.600s", name, err, out)
	}
	tps, err := parseTPS(string(out))
	if err != nil {
		return run{}, fmt.Errorf("pgbench %s: %w", name, err)
	}
	took, err := readLatencies(dir)
	if err != nil {
		return run{}, fmt.Errorf("pgbench %s: %w", name, err)
	}
	slices.Sort(took)
	return run{
		Ops: len(took), Elapsed: time.Duration(float64(len(took)) / tps * float64(time.Second)),
		P50: percentile(took, 50), P99: percentile(took, 99),
	}, nil
}

// parseTPS reads the rate from pgbench's summary, which leaves out the time to connect.
func parseTPS(summary string) (float64, error) {
	_, rest, ok := strings.Cut(summary, "tps = ")
	number, _, _ := strings.Cut(rest, " ")
	tps, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !ok || err != nil || tps <= 0 {
		return 0, fmt.Errorf("no rate in %.300q", summary)
	}
	return tps, nil
}

// readLatencies reads the transaction logs of a run: the third column is microseconds.
func readLatencies(dir string) (took []time.Duration, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "log.*"))
	if err != nil {
		return nil, fmt.Errorf("find the log: %w", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("read the log: %w", err)
		}
		lines := bufio.NewScanner(strings.NewReader(string(text)))
		for lines.Scan() {
			d, err := parseLatency(lines.Text())
			if err != nil {
				return nil, err
			}
			took = append(took, d)
		}
	}
	return took, nil
}

func parseLatency(line string) (time.Duration, error) {
	fields := strings.Fields(line)
	if len(fields) < 3 {
		return 0, fmt.Errorf("log line %q is not of pgbench", line)
	}
	micros, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("log line %q: %w", line, err)
	}
	return time.Duration(micros) * time.Microsecond, nil
}
