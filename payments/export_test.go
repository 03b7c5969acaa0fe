package payments

// Move is one legal move, for the tests that walk the table.
type Move struct {
	From  Status
	Event string
	To    Status
}

// Moves is the table of transitions.
func Moves() []Move {
	moves := make([]Move, 0, len(transitions))
	for _, t := range transitions {
		moves = append(moves, Move{t.From, string(t.Event), t.To})
	}
	return moves
}

// RefundMove is one legal move of a refund.
type RefundMove struct {
	From  RefundStatus
	Event string
	To    RefundStatus
}

// RefundMoves is the table of a refund's transitions.
func RefundMoves() []RefundMove {
	moves := make([]RefundMove, 0, len(refundTransitions))
	for _, t := range refundTransitions {
		moves = append(moves, RefundMove{t.From, string(t.Event), t.To})
	}
	return moves
}
