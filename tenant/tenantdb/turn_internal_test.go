package tenantdb

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/tenant"
)

// laneOfTest is turns under a clock that stands.
type laneOfTest struct {
	*turns
	t    *testing.T
	at   time.Time
	came chan string
}

func newLaneOfTest(t *testing.T, size int32) *laneOfTest {
	t.Helper()
	l := &laneOfTest{t: t, at: time.Date(2026, 11, 11, 0, 0, 0, 0, time.UTC), came: make(chan string, 100)}
	l.turns = newTurns(size, func() time.Time { return l.at })
	return l
}

func shopOf(name string) tenant.ID {
	id, err := tenant.ParseID("t_" + strings.Repeat(name, 12))
	if err != nil {
		panic(err)
	}
	return id
}

// want has somebody of a shop wait for a turn, behind all who wait already.
func (l *laneOfTest) want(ctx context.Context, name string) {
	l.t.Helper()
	before, _, _ := l.stat()
	go func() {
		if l.take(ctx, shopOf(name)) == nil {
			l.came <- name
		} else {
			l.came <- "no " + name
		}
	}()
	for n := before; n == before; n, _, _ = l.stat() { // until it waits
		time.Sleep(time.Millisecond)
	}
}

// has lets somebody of a shop have a connection at once.
func (l *laneOfTest) has(name string) {
	l.t.Helper()
	if n, _, _ := l.stat(); l.take(l.t.Context(), shopOf(name)) != nil {
		l.t.Fatalf("no connection for %s", name)
	} else if after, _, _ := l.stat(); after != n {
		l.t.Fatalf("%s waited", name)
	}
}

// One who comes to a lane in which a crowd of another shop stands waits for one connection, not
// for the crowd.
func TestShopsTakeTurns(t *testing.T) {
	t.Parallel()
	l := newLaneOfTest(t, 1)
	l.has("a")
	for range 5 {
		l.want(t.Context(), "a")
	}
	for _, name := range []string{"b", "b", "c"} {
		l.want(t.Context(), name)
	}
	var order []string
	for had := "a"; len(order) < 8; {
		l.give(shopOf(had))
		had = <-l.came
		order = append(order, had)
	}
	if want := []string{"a", "b", "c", "a", "b", "a", "a", "a"}; !slices.Equal(order, want) {
		t.Errorf("turns %v, want %v", order, want)
	}
	l.give(shopOf("a"))
	if l.taken != 0 || len(l.shops) != 0 || l.ring.Len() != 0 {
		t.Errorf("%d are taken, %d shops remembered", l.taken, len(l.shops))
	}
}

// Alone in a lane a shop may have all of it; beside another that has come lately half.
func TestShopLeavesConnectionsToItsNeighbours(t *testing.T) {
	t.Parallel()
	l := newLaneOfTest(t, 3)
	for range 3 {
		l.has("a")
	}
	l.want(t.Context(), "a")
	l.want(t.Context(), "b")
	l.give(shopOf("a"))
	if got := <-l.came; got != "b" { // a waits longer, but would have more than its half
		t.Errorf("the turn was given to %s", got)
	}
	l.give(shopOf("b"))
	l.has("b") // the one that was left
	l.give(shopOf("b"))
	l.at = l.at.Add(beside)
	l.give(shopOf("a"))
	if got := <-l.came; got != "a" {
		t.Errorf("the turn was given to %s", got)
	}
	l.has("a") // nobody else has come for a while: all three
	if l.taken != 3 {
		t.Errorf("%d are taken", l.taken)
	}
}

// Who gives up leaves no gap, and takes no turn along.
func TestGivingUpATurn(t *testing.T) {
	t.Parallel()
	l := newLaneOfTest(t, 1)
	l.has("a")
	ctx, cancel := context.WithCancel(t.Context())
	l.want(ctx, "b")
	l.want(t.Context(), "c")
	cancel()
	if got := <-l.came; got != "no b" {
		t.Fatal(got)
	}
	l.give(shopOf("a"))
	if got := <-l.came; got != "c" {
		t.Errorf("the turn was given to %s", got)
	}
	if err := l.take(ctx, shopOf("d")); !errors.Is(err, context.Canceled) {
		t.Errorf("a turn in a full lane: %v", err)
	}
	l.give(shopOf("c"))
	if waits, gaveUp, _ := l.stat(); l.taken != 0 || len(l.shops) != 0 || waits != 3 || gaveUp != 2 {
		t.Errorf("%d are taken, %d shops remembered, %d waited, %d gave up", l.taken, len(l.shops), waits, gaveUp)
	}
}
