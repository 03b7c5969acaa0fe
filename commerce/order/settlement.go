package order

import "galleria/tenant/statechart"

// Settlement is where an order's money stands, beside its status.
type Settlement string

// The settlements.
const (
	SettlementOpen    Settlement = "open"    // not received yet
	SettlementWindow  Settlement = "window"  // received; the buyer may still complain
	SettlementSettled Settlement = "settled" // final: commission and points are free
)

// SettlementMove is one row of the settlement's table.
type SettlementMove = statechart.Move[Settlement, Event]

// SettlementMoves is the whole life of an order's money. An order that is refunded whole
// stays where it is: what is closed is never settled.
func SettlementMoves() statechart.Table[Settlement, Event] {
	return statechart.Table[Settlement, Event]{
		{From: SettlementOpen, Event: EventReceive, To: SettlementWindow},
		{From: SettlementOpen, Event: EventPickUp, To: SettlementWindow},
		{From: SettlementOpen, Event: EventHandOut, To: SettlementWindow},
		{From: SettlementOpen, Event: EventUseUp, To: SettlementWindow},
		{From: SettlementWindow, Event: EventFinish, To: SettlementSettled},
	}
}

// NextSettlement returns where event leads, else ErrState.
func NextSettlement(from Settlement, event Event) (Settlement, error) {
	to, ok := SettlementMoves().Next(from, event)
	if !ok {
		return from, ErrState.WithData(map[string]any{"settlement": from})
	}
	return to, nil
}

// SettlementChart draws the settlement's table as a Mermaid state chart.
func SettlementChart() string {
	return statechart.Draw(append([]statechart.Arrow{{To: string(SettlementOpen), Label: "place"}}, SettlementMoves().Arrows()...))
}
