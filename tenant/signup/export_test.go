package signup

import "galleria/tenant/registry"

// AtStep lets a test die before (done false) or after (done true) a step's work, until
// restore is called.
func AtStep(s *Service, at func(step Step, done bool) error) (restore func()) {
	s.atStep = at
	return func() { s.atStep = nil }
}

// Move is a row of the table of transitions.
type Move struct {
	From  Status
	Event registry.Event
	To    Status
}

// Moves are the rows.
func Moves() (out []Move) {
	for _, t := range transitions() {
		out = append(out, Move{t.From, t.Event, t.To})
	}
	return out
}
