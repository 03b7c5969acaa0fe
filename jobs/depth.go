package jobs

import (
	"fmt"
	"slices"

	"github.com/hibiken/asynq"
)

// Depth is what lies in one queue.
type Depth struct {
	Queue                             Queue
	Pending, Active, Scheduled, Retry int
}

// Gauge looks at the queues in Redis.
type Gauge struct{ inspector *asynq.Inspector }

// NewGauge returns a gauge. It connects when first asked.
func NewGauge(opt asynq.RedisClientOpt) *Gauge { return &Gauge{inspector: asynq.NewInspector(opt)} }

// Depths reads all queues. A queue that nothing was ever put into is empty.
func (g *Gauge) Depths() ([]Depth, error) {
	known, err := g.inspector.Queues()
	if err != nil {
		return nil, fmt.Errorf("list queues: %w", err)
	}
	var out []Depth
	for _, queue := range []Queue{Critical, Default, Bulk} {
		if !slices.Contains(known, string(queue)) {
			out = append(out, Depth{Queue: queue})
			continue
		}
		info, err := g.inspector.GetQueueInfo(string(queue))
		if err != nil {
			return nil, fmt.Errorf("look at queue %s: %w", queue, err)
		}
		out = append(out, Depth{Queue: queue, Pending: info.Pending, Active: info.Active, Scheduled: info.Scheduled, Retry: info.Retry})
	}
	return out, nil
}

// Close releases the connection.
func (g *Gauge) Close() error { return g.inspector.Close() }
