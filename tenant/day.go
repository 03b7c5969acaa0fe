package tenant

import "time"

// BusinessDay is the day in Shanghai as books and figures name it, midnight UTC. Shanghai has
// had no summer time since 1991.
func BusinessDay(at time.Time) time.Time {
	y, m, d := at.In(time.FixedZone("CST", 8*60*60)).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
