package vault

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// What is unusual. Hours without use do not count: a shop that sells at noon is not
// suspicious at noon.
const (
	idleAfter    = 14 * 24 * time.Hour // a rest after which a use is worth a look
	medianOver   = 14 * 24 * time.Hour // whose hours a spike is compared with
	medianNeeds  = 12                  // hours of use, or there is no usual yet
	spikeTimes   = 10                  // of the median
	spikeAtLeast = 300                 // uses in an hour: what a small shop does on a good day
)

// UsedHour is an hour in which an owner's keys were used.
type UsedHour struct {
	Tenant tenant.ID
	Owner  string
	Hour   time.Time // its beginning, in UTC
}

// Unusual is what an hour's use had of its own.
type Unusual struct {
	Kind   AlarmKind
	Hour   time.Time
	Uses   int64
	Median int64         // of a spike
	Rest   time.Duration // before an idle key was used
}

// Watch has fn told the hours that Flush writes for the first time in this process, after
// they were written. It is set once, before Run. An error leaves the hours to be told with
// the next counts.
func (v *Vault) Watch(fn func(ctx context.Context, hours []UsedHour) error) { v.watch = fn }

// tellHours tells the watcher which hours are new to it.
func (v *Vault) tellHours(ctx context.Context, counts map[usageKey]usageCount) error {
	if v.watch == nil {
		return nil
	}
	fresh := v.usage.untold(counts)
	if len(fresh) == 0 {
		return nil
	}
	if err := v.watch(ctx, fresh); err != nil {
		return fmt.Errorf("watch key usage: %w", err)
	}
	v.usage.markTold(fresh)
	return nil
}

// JudgeTx looks at one hour of an owner's keys, in the caller's transaction of the tenant:
// what is unusual about it becomes an alarm. It returns what was not known before. hours
// are those of Hours. Safe to repeat.
func (v *Vault) JudgeTx(ctx context.Context, tx tenantdb.Tx, owner string, hour time.Time, hours []HourOfUse) (found []Unusual, err error) {
	for _, u := range judge(hour, hours) {
		detail := map[string]string{"hour": u.Hour.Format(time.RFC3339), "uses": strconv.FormatInt(u.Uses, 10)}
		switch u.Kind {
		case Idle:
			detail["rest_days"] = strconv.Itoa(int(u.Rest / (24 * time.Hour)))
		case Spike:
			detail["median"] = strconv.FormatInt(u.Median, 10)
		case Damaged, Expiry:
		}
		worse, err := v.RaiseTx(ctx, tx, AlarmInput{Owner: owner, Kind: u.Kind, Subject: "use", Detail: detail})
		if err != nil {
			return nil, err
		}
		if worse {
			found = append(found, u)
		}
	}
	return found, nil
}

// HourOfUse is how often an owner's keys were used in an hour.
type HourOfUse struct {
	Hour time.Time
	Uses int64
}

// Hours returns the hours of use up to and with one hour, as far back as they are kept.
func (v *Vault) Hours(ctx context.Context, id tenant.ID, owner string, hour time.Time) ([]HourOfUse, error) {
	rows, err := v.q.HoursOfUse(ctx, v.db.Platform(), id.String(), owner, hour.AddDate(0, 0, -usageDays), hour)
	if err != nil {
		return nil, fmt.Errorf("hours of key usage: %w", err)
	}
	list := make([]HourOfUse, 0, len(rows))
	for _, r := range rows {
		list = append(list, HourOfUse{Hour: r.Hour, Uses: r.Uses})
	}
	return list, nil
}

// judge compares the last of the hours, if it is the one asked about, with those before.
func judge(hour time.Time, hours []HourOfUse) (found []Unusual) {
	n := len(hours) - 1
	if n < 1 || !hours[n].Hour.Equal(hour) { // never used before, or not at all
		return nil
	}
	last, before := hours[n], hours[:n]
	if rest := last.Hour.Sub(before[n-1].Hour); rest >= idleAfter {
		found = append(found, Unusual{Kind: Idle, Hour: hour, Uses: last.Uses, Rest: rest})
	}
	var usual []int64
	for _, h := range before {
		if last.Hour.Sub(h.Hour) <= medianOver {
			usual = append(usual, h.Uses)
		}
	}
	if len(usual) < medianNeeds {
		return found
	}
	slices.Sort(usual)
	median := usual[len(usual)/2]
	if last.Uses >= max(spikeTimes*median, spikeAtLeast) {
		found = append(found, Unusual{Kind: Spike, Hour: hour, Uses: last.Uses, Median: median})
	}
	return found
}
