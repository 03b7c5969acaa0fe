package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	"galleria/cmd/internal/app"
	"galleria/tenant"
	"galleria/tenant/audit"
)

// operator returns ctx under which acts are recorded as those of whoever runs the command.
func operator(ctx context.Context, sh shell) context.Context {
	name := sh.getenv("SUDO_USER")
	if name == "" {
		name = sh.getenv("USER")
	}
	return audit.NewContext(ctx, audit.Caller{Actor: "operator", Name: name, Role: "", IP: "", UserAgent: ""})
}

// runAudit is `galleria audit verify|export`.
func runAudit(ctx context.Context, sh shell, args []string) error {
	actions := map[string]func(context.Context, shell, *app.Ground, []string) error{"verify": auditVerify, "export": auditExport}
	usage := usageError{"want verify or export; each shows its flags with -h"}
	if len(args) == 0 {
		return usage
	}
	action, ok := actions[args[0]]
	if !ok {
		return usage
	}
	return onGround(operator(ctx, sh), sh, args[1:], action)
}

// auditVerify walks one chain or all of them. Damage is exit code 1.
func auditVerify(ctx context.Context, sh shell, g *app.Ground, args []string) error {
	flags := flag.NewFlagSet("audit verify", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	handle := flags.String("tenant", "", "only the chain of the shop with this `handle`")
	all := flags.Bool("all", false, "every chain and every day's anchors (the default)")
	file := flags.String("anchors", "", "also compare with the log `file` that has the \"audit anchor\" lines (JSON); - is standard input")
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	if flags.NArg() > 0 || (*all && *handle != "") || (*file != "" && *handle != "") {
		return usageError{"audit verify [-tenant HANDLE | -all [-anchors FILE]]"}
	}
	if *handle != "" {
		shop, err := g.Registry.ByHandle(ctx, *handle)
		if err != nil {
			return explain(err)
		}
		t := &verification{sh: sh, g: g}
		return t.end(t.chain(ctx, audit.Chain(shop.ID)))
	}
	known, err := knownAnchors(sh, *file)
	if err != nil {
		return err
	}
	t := &verification{sh: sh, g: g}
	err = g.Audit.Chains(ctx, func(chain string) error { return t.chain(ctx, chain) })
	if err == nil {
		err = t.days(ctx, known)
	}
	return t.end(err)
}

// verification prints what it finds, and counts.
type verification struct {
	sh                    shell
	g                     *app.Ground
	chains, anchored, bad int
	rows, withAnAnchor    int64
}

func (t *verification) chain(ctx context.Context, chain string) error {
	report, err := t.g.Audit.Verify(ctx, chain)
	if err != nil {
		return explain(err)
	}
	t.chains++
	t.rows += report.Rows
	t.withAnAnchor += report.Anchors
	if p := report.Problem; p != nil {
		t.bad++
		_, _ = fmt.Fprintf(t.sh.stdout, "BAD  %s: row %d: %s: %s (%d rows before it are good)\n", chain, p.Seq, p.Kind, p.Note, report.Rows)
		return nil
	}
	_, _ = fmt.Fprintf(t.sh.stdout, "ok   %s: %d rows, %d anchors, head %.16s\n", chain, report.Rows, report.Anchors, report.Head)
	return nil
}

func (t *verification) days(ctx context.Context, known map[string]string) error {
	return t.g.Audit.VerifyDays(ctx, known, func(d audit.DayReport) error {
		t.day(d)
		return nil
	})
}

func (t *verification) day(d audit.DayReport) {
	t.anchored++
	if d.Problem != "" {
		t.bad++
		_, _ = fmt.Fprintf(t.sh.stdout, "BAD  anchors of %s: %s\n", d.Day, d.Problem)
	}
}

func (t *verification) end(err error) error {
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(t.sh.stdout, "%d chains, %d good rows, %d confirmed by an anchor, %d days of anchors, %d problems\n", t.chains, t.rows, t.withAnAnchor, t.anchored, t.bad)
	if t.bad > 0 {
		return exitError{1}
	}
	return nil
}

// knownAnchors reads the digests that the log kept, by day. Lines that are not of an
// anchor are passed over.
func knownAnchors(sh shell, name string) (map[string]string, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // nothing is known, which is no failure
	}
	in := sh.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	known := map[string]string{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			Day    string `json:"anchor_day"`
			Digest string `json:"anchor_digest"`
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Day != "" {
			known[line.Day] = line.Digest
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(known) == 0 {
		return nil, errors.New("no line of an audit anchor in " + name)
	}
	return known, nil
}

// auditExport writes one chain to standard output. That it was read is recorded in it.
func auditExport(ctx context.Context, sh shell, g *app.Ground, args []string) error {
	flags := flag.NewFlagSet("audit export", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	handle := flags.String("tenant", "", "the shop's `handle`")
	platform := flags.Bool("platform", false, "the platform's own chain")
	asCSV := flags.Bool("csv", false, "comma-separated, safe to open in a spreadsheet")
	asJSON := flags.Bool("jsonl", false, "one JSON object a line")
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	if flags.NArg() > 0 || *asCSV == *asJSON || *platform == (*handle != "") {
		return usageError{"audit export (-tenant HANDLE | -platform) (-csv | -jsonl)"}
	}
	var id tenant.ID
	if *handle != "" {
		shop, err := g.Registry.ByHandle(ctx, *handle)
		if err != nil {
			return explain(err)
		}
		id = shop.ID
	}
	format, write := "csv", g.Audit.WriteCSV
	if *asJSON {
		format, write = "jsonl", g.Audit.WriteJSONL
	}
	if err := g.Audit.Record(ctx, audit.Entry{TenantID: id, Action: "audit.exported", Detail: map[string]any{"format": format}}); err != nil {
		return explain(err)
	}
	return explain(write(ctx, sh.stdout, audit.Filter{TenantID: id}))
}
