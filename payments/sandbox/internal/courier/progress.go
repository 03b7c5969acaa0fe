package courier

import (
	"slices"
	"time"
)

// Attempt is one try to hand a message over.
type Attempt struct {
	At       time.Time     `json:"at"`
	Status   int           `json:"status"` // HTTP status; 0 when no answer came
	Answer   string        `json:"answer,omitempty"`
	Error    string        `json:"error,omitempty"`
	Duration time.Duration `json:"duration_ns"`
	Fault    string        `json:"fault,omitempty"` // the armed behaviour, if any
	Resend   bool          `json:"resend,omitempty"`
	Taken    bool          `json:"-"` // the provider is content with the answer
}

// Progress is how far a message got.
type Progress struct {
	CreatedAt time.Time `json:"created_at"`
	NextAt    time.Time `json:"next_at,omitzero"` // zero: nothing more will be sent
	DoneAt    time.Time `json:"done_at,omitzero"`
	Attempts  []Attempt `json:"attempts"`
}

// Step is an attempt and what follows it, as books keep it.
type Step struct {
	Attempt Attempt   `json:"attempt"`
	NextAt  time.Time `json:"next_at,omitzero"`
	DoneAt  time.Time `json:"done_at,omitzero"`
}

// Owed is a message that is due at once.
func Owed(now time.Time) Progress { return Progress{CreatedAt: now, NextAt: now} }

// After says what follows an attempt: done, again after the next wait of the schedule, or never.
func (p Progress) After(a Attempt, now time.Time, schedule []time.Duration) Step {
	s := Step{Attempt: a, NextAt: p.NextAt, DoneAt: p.DoneAt}
	switch {
	case a.Taken:
		s.NextAt = time.Time{}
		if s.DoneAt.IsZero() {
			s.DoneAt = now
		}
	case !a.Resend && p.DoneAt.IsZero():
		s.NextAt = time.Time{}
		if n := p.scheduled(); n < len(schedule) {
			s.NextAt = now.Add(schedule[n])
		}
	}
	return s
}

// With is the progress after a step; p keeps its own attempts.
func (p Progress) With(s Step) Progress {
	p.Attempts = append(slices.Clip(p.Attempts), s.Attempt)
	p.NextAt, p.DoneAt = s.NextAt, s.DoneAt
	return p
}

// scheduled counts the attempts that used up a step of the schedule.
func (p Progress) scheduled() (n int) {
	for _, a := range p.Attempts {
		if !a.Resend {
			n++
		}
	}
	return n
}
