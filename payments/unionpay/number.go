package unionpay

import (
	"fmt"
	"time"

	"galleria/payments/internal/wire"
)

const (
	timeLayout = "20060102150405"
	// numberLife is for how long after it was made a number is sent to the gateway, and so
	// the longest that one can be paid.
	numberLife = 30 * time.Minute
	// lastOffer is how long before that end a number is not offered any more.
	lastOffer = 5 * time.Minute
)

// bornAt is when a number of ours was made, to the second.
func bornAt(number string) (time.Time, error) {
	if len(number) < len(timeLayout) {
		return time.Time{}, errNumber
	}
	at, err := time.Parse(timeLayout, number[:len(timeLayout)])
	if err != nil {
		return time.Time{}, errNumber
	}
	return at, nil
}

// inBeijing writes a time as the gateway does.
func inBeijing(at time.Time) string { return at.In(wire.Beijing()).Format(timeLayout) }

// clearingDay is the day, as UnionPay's files count it, that a moment belongs to: it ends
// at 23:00 in Beijing.
func clearingDay(at time.Time) string {
	return at.In(wire.Beijing()).Add(time.Hour).Format(time.DateOnly)
}

// tracedAt is the moment of a traceTime, which has no year: the one nearest to a time.
func tracedAt(traceTime string, near time.Time) (time.Time, error) {
	var best time.Time
	for year := near.In(wire.Beijing()).Year() - 1; year <= near.In(wire.Beijing()).Year()+1; year++ {
		at, err := time.ParseInLocation(timeLayout, fmt.Sprintf("%04d%s", year, traceTime), wire.Beijing())
		if err == nil && (best.IsZero() || at.Sub(near).Abs() < best.Sub(near).Abs()) {
			best = at
		}
	}
	if best.IsZero() {
		return best, fmt.Errorf("traceTime %.20q", traceTime)
	}
	return best.UTC(), nil
}
