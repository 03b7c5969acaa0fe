package payments_test

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"testing"

	"galleria/payments"
	"galleria/tenant/tenanttest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const chartFile = "testdata/transitions.golden.md"

func TestTransitionsWalk(t *testing.T) {
	t.Parallel()
	reached := map[payments.Status]bool{payments.StatusCreated: true}
	seen := map[string]bool{}
	for range payments.Statuses() {
		for _, m := range payments.Moves() {
			if reached[m.From] {
				reached[m.To] = true
			}
		}
	}
	for _, m := range payments.Moves() {
		key := string(m.From) + "/" + m.Event
		if seen[key] {
			t.Errorf("%s is in the table twice", key)
		}
		seen[key] = true
		if !slices.Contains(payments.Statuses(), m.From) || !slices.Contains(payments.Statuses(), m.To) {
			t.Errorf("%s leads to or from an unknown status", key)
		}
		if m.From == payments.StatusSucceeded {
			t.Errorf("%s: money that arrived cannot un-arrive", key)
		}
	}
	for _, s := range payments.Statuses() {
		if !reached[s] {
			t.Errorf("%s cannot be reached", s)
		}
		if s != payments.StatusSucceeded && !seen[string(s)+"/paid"] {
			t.Errorf("%s ignores that the provider says paid", s)
		}
	}
}

// Every status of a refund can be reached, one event leads to one status wherever it
// comes from, and what the provider says is heard wherever it may have been asked.
func TestRefundTransitionsWalk(t *testing.T) {
	t.Parallel()
	reached := map[payments.RefundStatus]bool{payments.RefundRequested: true, payments.RefundAwaitingApproval: true}
	leads := map[string]payments.RefundStatus{}
	for range payments.RefundStatuses() {
		for _, m := range payments.RefundMoves() {
			reached[m.To] = reached[m.To] || reached[m.From]
		}
	}
	for _, m := range payments.RefundMoves() {
		if to, ok := leads[m.Event]; ok && to != m.To {
			t.Errorf("%s leads to %s and to %s", m.Event, to, m.To)
		}
		leads[m.Event] = m.To
		if !slices.Contains(payments.RefundStatuses(), m.From) || !slices.Contains(payments.RefundStatuses(), m.To) {
			t.Errorf("%s/%s leads to or from an unknown status", m.From, m.Event)
		}
		if m.From == payments.RefundSucceeded || m.From == payments.RefundSettled {
			t.Errorf("%s/%s: money that went back cannot un-go", m.From, m.Event)
		}
	}
	for _, s := range payments.RefundStatuses() {
		if !reached[s] {
			t.Errorf("%s cannot be reached", s)
		}
	}
}

func TestTransitionsChart(t *testing.T) {
	t.Parallel()
	got := "```mermaid\n" + payments.Chart() + "```\n\n```mermaid\n" + payments.RefundChart() + "```\n"
	if *update {
		if err := os.WriteFile(chartFile, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(chartFile)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the chart has changed; run go test ./payments -run Chart -update and look at the difference:\n%s", got)
	}
}

// The table in Go and the CHECK in the migrated schema name the same statuses.
func TestStatusesMatchTheSchema(t *testing.T) {
	t.Parallel()
	k := &kit{Env: tenanttest.New(t), t: t}
	for constraint, want := range map[string][]string{
		"payment_attempt_status": texts(payments.Statuses()),
		"refund_status":          texts(payments.RefundStatuses()),
		"refund_hold":            texts(payments.RefundHolds()),
		"refund_reason": texts([]payments.RefundReason{
			payments.LatePayment, payments.DoublePayment, payments.OrderCancelled, payments.ByStaff, payments.AfterSale,
		}),
	} {
		type def struct{ Text string }
		rows := query[def](k, "SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.conname = $1 AND c.connamespace = current_schema()::regnamespace", constraint)
		if len(rows) != 1 {
			t.Fatalf("%s: %d constraints, want 1", constraint, len(rows))
		}
		var got []string
		for _, m := range regexp.MustCompile(`'([a-z_]+)'`).FindAllStringSubmatch(rows[0].Text, -1) {
			got = append(got, m[1])
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s allows %v, the code knows %v", constraint, got, want)
		}
	}
}

func texts[T ~string](in []T) (out []string) {
	for _, v := range in {
		out = append(out, string(v))
	}
	return out
}
