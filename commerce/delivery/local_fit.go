package delivery

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/division"
	"galleria/commerce/money"
)

// Position is where something is: decimal degrees of GCJ-02; both empty if nobody said it.
type Position struct {
	Latitude, Longitude string
}

// LocalReason says why an order cannot be brought.
type LocalReason string

// The reasons.
const (
	LocalFits       LocalReason = ""
	LocalOff        LocalReason = "off"           // the shop brings nothing now
	LocalNoPosition LocalReason = "no_position"   // the area is a circle, and the address has no position
	LocalOutOfArea  LocalReason = "out_of_area"   // too far, or another district
	LocalBelowMin   LocalReason = "below_minimum" // NeedFen more of goods
	LocalNoSlot     LocalReason = "no_slot"       // none is named
	LocalSlotClosed LocalReason = "slot_closed"   // it is over, too near, too far ahead, or gone
	LocalSlotFull   LocalReason = "slot_full"
)

// LocalReasons lists them.
func LocalReasons() []LocalReason {
	return []LocalReason{LocalOff, LocalNoPosition, LocalOutOfArea, LocalBelowMin, LocalNoSlot, LocalSlotClosed, LocalSlotFull}
}

// LocalSlot names a slot of a day.
type LocalSlot struct {
	ID  int64
	Day string // "2026-11-23", in Shanghai
}

// LocalTerms are what is asked of an order that the shop's own people bring, with the slot that
// it names. The zero value is a shop that brings nothing.
type LocalTerms struct {
	Active      bool
	Version     int32 // as it was seen: -1 for terms that nobody had set; 0 saves over any
	StoreID     int64 // where it is brought from
	Store       Position
	RadiusM     int64    // 0: only Divisions count
	Divisions   []string // GB/T 2260
	MinFen      money.Fen
	BaseFen     money.Fen
	BaseM       int64 // metres in BaseFen
	PerKmFen    money.Fen
	FreeFen     money.Fen // of goods; 0: never free
	LeadMinutes int64
	DaysAhead   int64
	Weekdays    int64 // 1 is Monday, 64 Sunday

	// Of the slot that was asked about.
	From, Until time.Time // zero: there is no such slot
	Full        bool
}

// LocalFit is what the terms say of an order.
type LocalFit struct {
	Reason    LocalReason
	DistanceM *int64    // nil: not known
	FeeFen    money.Fen // before offers; 0 unless the address is in the area
	Free      bool      // for its amount
	NeedFen   money.Fen // more goods that would make it enough
	ToFreeFen money.Fen // more goods that would make it free; 0 if that is not to be had
}

// Fit judges an order of goods to a place at a moment, its slot last. Within a radius it is the
// address's position that counts, and its division only if it has none; the fee of an address
// without a position is the base fee. The distance is the straight line.
func (t LocalTerms) Fit(place division.Place, at Position, goods money.Fen, now time.Time) LocalFit {
	var fit LocalFit
	if !t.Active {
		return LocalFit{Reason: LocalOff}
	}
	if m, known := t.Store.metresTo(at); known {
		fit.DistanceM = &m
	}
	switch {
	case t.RadiusM > 0 && fit.DistanceM != nil:
		if *fit.DistanceM > t.RadiusM {
			fit.Reason = LocalOutOfArea
		}
	case slices.ContainsFunc(place.Codes(), func(code string) bool { return slices.Contains(t.Divisions, code) }):
	case t.RadiusM > 0:
		fit.Reason = LocalNoPosition
	default:
		fit.Reason = LocalOutOfArea
	}
	if fit.Reason != LocalFits {
		return fit
	}
	t.charge(&fit, goods)
	switch {
	case goods < t.MinFen:
		fit.Reason, fit.NeedFen = LocalBelowMin, t.MinFen-goods
	case t.From.IsZero():
		fit.Reason = LocalNoSlot
	case !t.open(t.From, now):
		fit.Reason = LocalSlotClosed
	case t.Full:
		fit.Reason = LocalSlotFull
	}
	return fit
}

func (t LocalTerms) charge(fit *LocalFit, goods money.Fen) {
	if t.FreeFen > 0 && goods >= t.FreeFen {
		fit.Free = true
		return
	}
	if t.FreeFen > 0 {
		fit.ToFreeFen = t.FreeFen - goods
	}
	fit.FeeFen = t.BaseFen
	if fit.DistanceM != nil && *fit.DistanceM > t.BaseM {
		const km = 1000
		fit.FeeFen += money.Fen((*fit.DistanceM-t.BaseM+km-1)/km) * t.PerKmFen
	}
}

// open reports whether a slot that begins then can still, or already, be booked.
func (t LocalTerms) open(from, now time.Time) bool {
	from, now = from.In(shanghai()), now.In(shanghai())
	last := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, shanghai()).AddDate(0, 0, int(t.DaysAhead)+1)
	return now.Before(from.Add(-time.Duration(t.LeadMinutes)*time.Minute)) && from.Before(last) && t.Weekdays&weekday(from) != 0
}

// weekday is the bit of a day: 1 is Monday.
func weekday(day time.Time) int64 { return 1 << ((int(day.Weekday()) + 6) % 7) }

func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// micro reads decimal degrees as millionths.
func micro(text string) (int64, bool) {
	whole, part, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	n, err := strconv.ParseInt(whole+(part + "000000")[:6], 10, 64)
	if strings.HasPrefix(text, "-") {
		n = -n
	}
	return n, err == nil && text != ""
}

// farAway is beyond every area, metres.
const farAway = 10_000_000

// metresTo is the straight line to another position, as on a plane that touches the earth
// between the two: exact to a metre within any town. false if one of them is not known.
func (p Position) metresTo(other Position) (int64, bool) {
	lat1, ok1 := micro(p.Latitude)
	lng1, ok2 := micro(p.Longitude)
	lat2, ok3 := micro(other.Latitude)
	lng2, ok4 := micro(other.Longitude)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return 0, false
	}
	const degree, far = 1_000_000, 5 // a degree in millionths, and how many of them a plane is good for
	dLat, dLng := lat2-lat1, lng2-lng1
	if dLat < 0 {
		dLat = -dLat
	}
	if dLng < 0 {
		dLng = -dLng
	}
	if dLat > far*degree || dLng > far*degree {
		return farAway, true
	}
	const mmPerDegree = 111_194_927 // of a great circle
	y := dLat * (mmPerDegree / 1000) / 1000
	x := dLng * (mmPerDegree / 1000) / 1000 * cosine((lat1+lat2)/2) / degree
	mm := new(big.Int).Sqrt(big.NewInt(x*x + y*y)).Int64()
	const half, metre = 500, 1000
	return (mm + half) / metre, true
}

// cosine of millionths of a degree, in millionths: the series, which at 90° ends far below one
// of them.
func cosine(angle int64) int64 {
	const one, perDegree = 1_000_000, 17_453 // millionths of a radian in a degree
	if angle < 0 {
		angle = -angle
	}
	x := angle * perDegree / one
	sum, term := int64(one), int64(one)
	for k := int64(2); k <= 12; k += 2 {
		term = -term * x / one * x / one / (k * (k - 1))
		sum += term
	}
	return max(sum, 0)
}
