package app

import "time"

// clockOffset is how far another server's clock is ahead of ours. Half of the time that
// asking took may be error.
type clockOffset struct {
	ahead, error time.Duration
	known        bool
}

// measureOffset asks a server for its time, in nanoseconds, three times and believes the
// quickest answer.
func measureOffset(ask func() (int64, error)) (best clockOffset) {
	for range 3 {
		began := time.Now()
		at, err := ask()
		took := time.Since(began)
		if err != nil {
			continue
		}
		if !best.known || took/2 < best.error {
			best = clockOffset{ahead: time.Unix(0, at).Sub(began.Add(took / 2)), error: took / 2, known: true}
		}
	}
	return best
}

// off reports whether the clocks differ by more than limit for certain.
func (o clockOffset) off(limit time.Duration) bool {
	return o.known && max(o.ahead, -o.ahead)-o.error > limit
}
