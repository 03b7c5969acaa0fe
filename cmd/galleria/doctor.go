package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"strings"

	"galleria/cmd/internal/app"
)

// runDoctor is `galleria doctor`: looks at what an installation stands on and says what
// is wrong and how to mend it. It changes nothing. Errors end it with 1, warnings do not.
func runDoctor(ctx context.Context, sh shell, args []string) error {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	lang := flags.String("lang", language(sh), "zh or en")
	asJSON := flags.Bool("json", false, "print the findings as JSON")
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	if *lang != "zh" && *lang != "en" {
		return usageError{"--lang is zh or en"}
	}
	cfg, err := app.LoadConfig(sh.getenv)
	findings := app.Examine(ctx, cfg, err)
	print := printFindings
	if *asJSON {
		print = printFindingsJSON
	}
	if err := print(sh, findings, *lang); err != nil {
		return err
	}
	for _, f := range findings {
		if f.Level == app.Failure {
			return exitError{1}
		}
	}
	return nil
}

// language is that of the person's terminal.
func language(sh shell) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := sh.getenv(name); v != "" {
			if strings.HasPrefix(strings.ToLower(v), "zh") {
				return "zh"
			}
			return "en"
		}
	}
	return "en"
}

func printFindings(sh shell, findings []app.Finding, lang string) error {
	marks := map[app.Level]string{app.Fine: "ok   ", app.Warning: "WARN ", app.Failure: "ERROR"}
	for _, f := range findings {
		what, mend := f.Text(lang)
		if _, err := fmt.Fprintf(sh.stdout, "%s %s\n", marks[f.Level], what); err != nil {
			return err
		}
		if mend != "" {
			_, _ = fmt.Fprintf(sh.stdout, "      → %s\n", mend)
		}
	}
	return nil
}

func printFindingsJSON(sh shell, findings []app.Finding, lang string) error {
	type line struct {
		Code  string    `json:"code"`
		Level app.Level `json:"level"`
		Text  string    `json:"text"`
		Fix   string    `json:"fix,omitempty"`
	}
	lines := make([]line, 0, len(findings))
	for _, f := range findings {
		what, mend := f.Text(lang)
		lines = append(lines, line{f.Code, f.Level, what, mend})
	}
	out := json.NewEncoder(sh.stdout)
	out.SetIndent("", "  ")
	return out.Encode(lines)
}
