package level

import (
	"math/bits"
	"strconv"
	"time"

	"galleria/commerce/level/internal/leveldb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
)

// Deps is what the service needs; all of it is required.
type Deps struct {
	DB     *tenantdb.DB
	Outbox *outbox.Outbox
	Timers *timer.Timers
	Audit  *audit.Log
}

// Service keeps levels. Safe for concurrent use.
type Service struct {
	d Deps
	q *leveldb.Queries
}

// New returns the service.
func New(d Deps) *Service { return &Service{d: d, q: leveldb.New()} }

const system = "system"

func actorOf(member int64) string { return "member:" + strconv.FormatInt(member, 10) }

// midnight ends the day in Beijing that is so many days after at.
func midnight(at time.Time, days int64) time.Time {
	y, m, d := tenant.BusinessDay(at).Date()
	return time.Date(y, m, d+1+int(days), 0, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60))
}

// part is n × share / whole, rounded down, of what is not negative.
func part(n, share, whole int64) int64 {
	if n <= 0 || share <= 0 || whole <= 0 {
		return 0
	}
	const most = 1 << 62
	hi, lo := bits.Mul64(uint64(n), uint64(share))
	if hi >= uint64(whole) {
		return most
	}
	q, _ := bits.Div64(hi, lo, uint64(whole))
	return int64(min(q, most))
}
