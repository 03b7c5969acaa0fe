// Package statechart is what tables of states have in common: an order, a payment, a shop and all
// else that has a life is moved by the rows of a table and by nothing else, and is drawn from it.
//
// It owns the form of such a table and how it is asked and drawn. It does not own any table: the
// states and what moves them are the room's that has them.
package statechart

import (
	"slices"
	"strings"
)

// Move is one allowed move: Event at From leads to To. From "" is what does not exist yet.
type Move[S, E ~string] struct {
	From  S
	Event E
	To    S
}

// Table is the whole life of something, in the order it is told.
type Table[S, E ~string] []Move[S, E]

// Next returns where an event leads; ok is false, and to where it stands, if it does not happen there.
func (t Table[S, E]) Next(from S, event E) (to S, ok bool) {
	for _, m := range t {
		if m.From == from && m.Event == event {
			return m.To, true
		}
	}
	return from, false
}

// Sources lists the states in which an event is allowed, as an UPDATE compares them, and where it
// leads.
func (t Table[S, E]) Sources(event E) (from []string, to S) {
	for _, m := range t {
		if m.Event == event {
			from, to = append(from, string(m.From)), m.To
		}
	}
	return from, to
}

// States lists every state that something can get to, in the order of their appearance.
func (t Table[S, E]) States() []S {
	var all []S
	for _, m := range t {
		if !slices.Contains(all, m.To) {
			all = append(all, m.To)
		}
	}
	return all
}

// Ends reports whether nothing leads away from a state.
func (t Table[S, E]) Ends(s S) bool {
	return !slices.ContainsFunc(t, func(m Move[S, E]) bool { return m.From == s })
}

// Arrows are the moves as they are drawn.
func (t Table[S, E]) Arrows() []Arrow {
	arrows := make([]Arrow, len(t))
	for i, m := range t {
		arrows[i] = Arrow{string(m.From), string(m.To), string(m.Event)}
	}
	return arrows
}

// Arrow is one line of a drawing: From "" is the beginning.
type Arrow struct{ From, To, Label string }

// Draw draws arrows as a Mermaid state chart. States that nothing leads away from are its ends, and so
// are those that may be, where something may stay for ever.
func Draw(arrows []Arrow, mayEnd ...string) string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	var states []string
	leaves := map[string]bool{}
	for _, a := range arrows {
		from := a.From
		if from == "" {
			from = "[*]"
		}
		b.WriteString("    " + from + " --> " + a.To)
		if a.Label != "" {
			b.WriteString(": " + a.Label)
		}
		b.WriteString("\n")
		leaves[a.From] = true
		if !slices.Contains(states, a.To) {
			states = append(states, a.To)
		}
	}
	for _, s := range states {
		if !leaves[s] || slices.Contains(mayEnd, s) {
			b.WriteString("    " + s + " --> [*]\n")
		}
	}
	return b.String()
}

// Names writes who or what an arrow is for, with commas.
func Names[T ~string](all []T) string {
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = string(one)
	}
	return strings.Join(names, ", ")
}
