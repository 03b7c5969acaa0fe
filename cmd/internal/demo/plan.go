package demo

import (
	"math/rand/v2"
	"slices"
	"time"
)

// fate is what becomes of an order.
type fate string

const (
	fatePaid      fate = "paid"
	fateExpired   fate = "expired"   // never paid; closed when its time was over
	fateCancelled fate = "cancelled" // the buyer opened the payment, thought again and cancelled
	fateClosing   fate = "closing"   // cancelled a moment ago: the workers will close it
	fatePending   fate = "pending"   // waiting for its payment now
)

// keepsGoods says that the order's goods are not on the shelf any more today.
func (f fate) keepsGoods() bool { return f != fateExpired && f != fateCancelled }

// item is a variant of the plan: product and variant by index.
type item struct{ product, variant int }

type linePlan struct {
	item
	qty int64
}

// orderPlan is one order of the past. Its number stays the same whenever the plan is made,
// its time moves with now.
type orderPlan struct {
	number int
	at     time.Time
	buyer  int
	fate   fate
	lines  []linePlan
	remark string
}

// pastDays is how many orders there were on each day before today, oldest first.
func pastDays() []int { return []int{2, 3, 3, 2, 4, 5, 5, 3, 3, 4, 3, 5, 6, 4} }

// todaysFates is what became of today's orders, in their order.
func todaysFates() []fate {
	return []fate{fatePaid, fatePaid, fatePaid, fatePaid, fatePaid, fateClosing, fatePending, fatePending}
}

// planOrders is two weeks of orders before now, oldest first. The same plan and day give
// the same orders.
func planOrders(p shopPlan, now time.Time) []orderPlan {
	now = now.Truncate(time.Second) // as the provider dates payments
	pick := newPicker(p)
	year, month, day := now.In(shanghai()).Date()
	midnight := time.Date(year, month, day, 0, 0, 0, 0, shanghai())
	var orders []orderPlan
	add := func(at time.Time, f fate) {
		orders = append(orders, pick.order(len(orders), at, f))
	}
	days := pastDays()
	for d, n := range days {
		first := midnight.AddDate(0, 0, d-len(days)).Add(9*time.Hour + 20*time.Minute)
		for i := range n {
			at := first.Add(time.Duration(i)*13*time.Hour/time.Duration(n) + time.Duration(pick.dice.IntN(50*60))*time.Second)
			add(at, pastFate(len(orders)))
		}
	}
	today := todaysFates()
	start := now.Add(-10 * time.Hour)
	if start.Before(midnight) {
		start = midnight
	}
	step := (now.Sub(start) / time.Duration(len(today)+1)).Truncate(time.Second)
	for i, f := range today {
		at := start.Add(time.Duration(i+1) * step)
		switch f {
		case fateClosing:
			at = now.Add(-4 * time.Minute)
		case fatePending:
			at = now.Add(-time.Duration(len(today)-i) * time.Minute)
		case fatePaid, fateExpired, fateCancelled:
		}
		add(at, f)
	}
	slices.SortStableFunc(orders, func(a, b orderPlan) int { return a.at.Compare(b.at) })
	return orders
}

// pastFate lets one order in nine run out and one in thirteen be cancelled.
func pastFate(number int) fate {
	switch {
	case number%9 == 4:
		return fateExpired
	case number%13 == 7:
		return fateCancelled
	}
	return fatePaid
}

// picker draws who buys what. Its dice always fall the same way.
type picker struct {
	dice     *rand.Rand
	people   int
	products []productPlan
	onShelf  []int // indexes of what can be bought
}

func newPicker(p shopPlan) *picker {
	k := &picker{
		dice:   rand.New(rand.NewPCG(20, p.salt)), //nolint:gosec // nobody gains by guessing a demo
		people: len(p.people), products: p.products(),
	}
	for i, product := range k.products {
		if product.onShelf() {
			k.onShelf = append(k.onShelf, i)
		}
	}
	return k
}

const (
	plenty   = 15 // a variant that may be ordered and come back without being missed
	maxKinds = 3
)

func (k *picker) order(number int, at time.Time, f fate) orderPlan {
	o := orderPlan{number: number, at: at, fate: f, buyer: k.low(k.people)}
	kinds := 1 + k.dice.IntN(maxKinds)
	for tries := 0; len(o.lines) < kinds && tries < 50; tries++ {
		index := k.onShelf[k.low(len(k.onShelf))]
		variants := k.products[index].variants()
		chosen := k.dice.IntN(len(variants))
		// Goods that come back must not be missed by the orders in between.
		if (f != fatePaid && variants[chosen].stock < plenty) || slices.ContainsFunc(o.lines, func(l linePlan) bool { return l.product == index }) {
			continue
		}
		qty := int64(1)
		if variants[chosen].price < 10000 {
			qty += int64(k.dice.IntN(3)) / 2 * int64(1+k.dice.IntN(2))
		}
		o.lines = append(o.lines, linePlan{item{index, chosen}, qty})
	}
	if remarks := remarks(); number%5 == 2 {
		o.remark = remarks[number/5%len(remarks)]
	}
	return o
}

// low draws below n; small numbers come more often, so that some buyers return and some
// products sell well.
func (k *picker) low(n int) int { return min(k.dice.IntN(n), k.dice.IntN(n)) }
