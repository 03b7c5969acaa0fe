package order_test

import (
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"galleria/commerce/order"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

var update = flag.Bool("update", false, "write the golden files")

// TestTransitionsWalk walks the table from the start: every status can be reached, only
// closed and completed may be the end, and no two rows answer the same question.
func TestTransitionsWalk(t *testing.T) {
	t.Parallel()
	reached := map[order.Status]bool{order.None: true}
	for grown := true; grown; {
		grown = false
		for _, tr := range order.Transitions() {
			if reached[tr.From] && !reached[tr.To] {
				reached[tr.To], grown = true, true
			}
		}
	}
	leaves := map[order.Status]bool{}
	asked := map[string]bool{}
	for _, tr := range order.Transitions() {
		leaves[tr.From] = true
		if q := string(tr.From) + "/" + string(tr.Event); asked[q] {
			t.Errorf("two rows for %s", q)
		} else {
			asked[q] = true
		}
		if tr.From == tr.To || len(tr.By) == 0 {
			t.Errorf("row %+v moves nothing or nobody may use it", tr)
		}
		if !reached[tr.From] {
			t.Errorf("%s is never reached", tr.From)
		}
	}
	for _, s := range order.Statuses() {
		if !reached[s] {
			t.Errorf("%s is never reached", s)
		}
		if ends := !leaves[s]; ends != (s == order.Closed) {
			t.Errorf("%s: terminal %v", s, ends)
		}
	}
}

func TestNextObeysTheTable(t *testing.T) {
	t.Parallel()
	events := []order.Event{
		order.EventPlace, order.EventPay, order.EventCancel, order.EventExpire, order.EventClose,
		order.EventShip, order.EventReceive, order.EventPickUp, order.EventRefunded,
	}
	for _, from := range append(order.Statuses(), order.None) {
		for _, event := range events {
			for _, by := range []order.Actor{order.Member, order.Staff, order.System, order.Provider} {
				i := slices.IndexFunc(order.Transitions(), func(tr order.Transition) bool {
					return tr.From == from && tr.Event == event && slices.Contains(tr.By, by)
				})
				to, err := order.Next(from, event, by)
				if i < 0 && (!errors.Is(err, order.ErrState) || to != from) {
					t.Errorf("%s of %s by %s: got %s, %v; want ORDER_STATE", event, from, by, to, err)
				}
				if i >= 0 && (err != nil || to != order.Transitions()[i].To) {
					t.Errorf("%s of %s by %s: got %s, %v; want %s", event, from, by, to, err, order.Transitions()[i].To)
				}
			}
		}
	}
}

func TestActionsOfTheBuyer(t *testing.T) {
	t.Parallel()
	for status, want := range map[order.Status][]order.Event{
		order.PendingPayment: {order.EventPay, order.EventCancel},
		order.Closing:        {},
		order.Paid:           {order.EventBuyAgain},
		order.Fulfilling:     {order.EventReceive, order.EventBuyAgain},
		order.Completed:      {order.EventBuyAgain, order.EventDelete},
		order.Closed:         {order.EventBuyAgain, order.EventDelete},
	} {
		if got := order.ActionsOf(order.Member, status, order.Facts{}); !slices.Equal(got, want) {
			t.Errorf("actions at %s = %v, want %v", status, got, want)
		}
	}
}

// TestNothingLeavesBeforeTheGroup: an order that waits for its group offers staff no event by which
// goods would leave, and every other one.
func TestNothingLeavesBeforeTheGroup(t *testing.T) {
	t.Parallel()
	for _, kind := range order.ParcelKinds() {
		facts := order.Facts{Unsent: true, Unpacked: true, Delivery: kind}
		free := order.ActionsOf(order.Staff, order.Paid, facts)
		facts.Waits = true
		waits := order.ActionsOf(order.Staff, order.Paid, facts)
		sending := []order.Event{order.EventShip, order.EventPack, order.EventResend, order.EventBring, order.EventPickUp, order.EventHandOut, order.EventRedeem}
		if !slices.ContainsFunc(free, func(e order.Event) bool { return slices.Contains(sending, e) }) {
			t.Errorf("%s: a paid order cannot be sent: %v", kind, free)
		}
		want := slices.DeleteFunc(free, func(e order.Event) bool { return slices.Contains(sending, e) })
		if !slices.Equal(waits, want) {
			t.Errorf("%s: a waiting order offers %v, want %v", kind, waits, want)
		}
	}
}

// TestTransitionsMatchTheSchema compares the table with the CHECK of the migrated schema.
func TestTransitionsMatchTheSchema(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	var check string
	env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c
			WHERE c.conname = 'order_status' AND c.conrelid = 'orders'::regclass`).Scan(&check)
	})
	var inSchema []string
	for i, part := range strings.Split(check, "'") {
		if i%2 == 1 {
			inSchema = append(inSchema, part)
		}
	}
	var inTable []string
	for _, s := range order.Statuses() {
		inTable = append(inTable, string(s))
	}
	slices.Sort(inSchema)
	slices.Sort(inTable)
	if !slices.Equal(inSchema, inTable) {
		t.Errorf("schema allows %v, table has %v", inSchema, inTable)
	}
}

func TestChartIsUpToDate(t *testing.T) {
	t.Parallel()
	const golden = "testdata/transitions.golden.md"
	chart := "# The life of an order\n\n```mermaid\n" + order.Chart() + "```\n"
	if *update {
		if err := os.WriteFile(golden, []byte(chart), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != chart {
		t.Errorf("%s is out of date: go test ./commerce/order -run TestChart -update\n%s", golden, chart)
	}
}
