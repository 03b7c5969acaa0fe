package order

import (
	"fmt"
	"slices"
	"strings"
)

// Settlement is where an order's money stands, beside its status.
type Settlement string

// The settlements.
const (
	SettlementOpen    Settlement = "open"    // not received yet
	SettlementWindow  Settlement = "window"  // received; the buyer may still complain
	SettlementSettled Settlement = "settled" // final: commission and points are free
)

// SettlementMove is one row of the settlement's table.
type SettlementMove struct {
	From  Settlement
	Event Event
	To    Settlement
}

// SettlementMoves is the whole life of an order's money. An order that is refunded whole
// stays where it is: what is closed is never settled.
func SettlementMoves() []SettlementMove {
	return []SettlementMove{
		{SettlementOpen, EventReceive, SettlementWindow},
		{SettlementOpen, EventPickUp, SettlementWindow},
		{SettlementOpen, EventHandOut, SettlementWindow},
		{SettlementOpen, EventUseUp, SettlementWindow},
		{SettlementWindow, EventFinish, SettlementSettled},
	}
}

// NextSettlement returns where event leads, else ErrState.
func NextSettlement(from Settlement, event Event) (Settlement, error) {
	i := slices.IndexFunc(SettlementMoves(), func(m SettlementMove) bool { return m.From == from && m.Event == event })
	if i < 0 {
		return from, ErrState.WithData(map[string]any{"settlement": from})
	}
	return SettlementMoves()[i].To, nil
}

// SettlementChart draws the settlement's table as a Mermaid state chart.
func SettlementChart() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> open: place\n")
	for _, m := range SettlementMoves() {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", m.From, m.To, m.Event)
	}
	b.WriteString("    settled --> [*]\n")
	return b.String()
}
