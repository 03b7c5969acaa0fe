package points

import "galleria/tenant/statechart"

// LotState is where a lot of points stands. The database works it out from what became of the
// lot's points, so that none is ever written.
type LotState string

// The states of a lot.
const (
	Frozen    LotState = "frozen"    // its order's money is not final
	Available LotState = "available" // some of it can be used, or is held by an unpaid order
	Spent     LotState = "spent"
	Expired   LotState = "expired" // what was not spent is over
	Void      LotState = "void"    // taken back, or for a debt
)

// LotStates lists every state of a lot.
func LotStates() []LotState { return []LotState{Frozen, Available, Spent, Expired, Void} }

// LotMove is one way in which a lot changes its state.
type LotMove struct {
	From, To LotState
	What     string
}

// LotMoves is the whole life of a lot, in the order it is told.
func LotMoves() []LotMove {
	return []LotMove{
		{Frozen, Available, "settle"},
		{Frozen, Void, "refund, or settle and pay a debt"},
		{Available, Spent, "pay"},
		{Available, Expired, "expire"},
		{Available, Void, "take"},
		{Spent, Available, "return"},
		{Spent, Expired, "return too late"},
		{Expired, Available, "return, for the days of grace"},
	}
}

// Chart draws the life of a lot as a Mermaid state diagram.
func Chart() string {
	arrows := []statechart.Arrow{{To: string(Frozen), Label: "pay an order"}, {To: string(Available), Label: "sign in, invite, be given"}}
	for _, m := range LotMoves() {
		arrows = append(arrows, statechart.Arrow{From: string(m.From), To: string(m.To), Label: m.What})
	}
	return statechart.Draw(arrows)
}

// Source is what a lot was given for.
type Source string

// The sources.
const (
	FromOrder  Source = "order"
	FromSignIn Source = "sign"
	FromInvite Source = "invite"
	FromStaff  Source = "staff"
)

// Sources lists them all.
func Sources() []Source { return []Source{FromOrder, FromSignIn, FromInvite, FromStaff} }
