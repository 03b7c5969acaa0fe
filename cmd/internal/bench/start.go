package bench

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"time"
)

// startProcesses starts what is measured: serve, worker, and the thin server.
func (s *stack) startProcesses(ctx context.Context, binary string, b *shop) (err error) {
	if s.serve, err = s.startServe(ctx, binary, s.env["GALLERIA_ADDR"], b, false); err != nil {
		return err
	}
	s.undo = append(s.undo, s.serve.stop)
	if s.worker, err = spawn(ctx, binary, list(s.env), false, "worker"); err != nil {
		return err
	}
	s.undo = append(s.undo, s.worker.stop)
	addr, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	env := map[string]string{thinDatabaseEnv: s.env["DATABASE_URL"], thinSchemaEnv: b.id.String(), thinAddrEnv: addr}
	if s.thin, err = spawn(ctx, binary, list(env), true, "bench", ThinCommand); err != nil {
		return err
	}
	s.thin.addr = addr
	s.undo = append(s.undo, s.thin.stop)
	cl := newClient(addr, 0, 0)
	return s.thin.await(ctx, func(context.Context) error {
		_, err := cl.do(call{method: http.MethodGet, path: "/list?place=500", want: `"skus":[{`})
		return err
	})
}

// ThinCommand is the argument of `galleria bench` that makes the process the thin server.
const ThinCommand = "thin-server"

// startServe starts `galleria serve` and waits for its first answer from the database. What is
// named in standard is as it is by default.
func (s *stack) startServe(ctx context.Context, binary, addr string, b *shop, listen bool, standard ...string) (*child, error) {
	env := maps.Clone(s.env)
	for _, name := range standard {
		delete(env, name)
	}
	env["GALLERIA_ADDR"] = addr
	c, err := spawn(ctx, binary, list(env), listen, "serve")
	if err != nil {
		return nil, err
	}
	c.addr = addr
	cl := newClient(addr, 0, 0)
	err = c.await(ctx, func(context.Context) error {
		_, err := cl.do(call{method: http.MethodGet, path: api + "/products?limit=20", header: []string{"X-App-Id", b.app.String()}, want: `"skus":[{`})
		return err
	})
	if err != nil {
		_ = c.stop(ctx)
		return nil, err
	}
	return c, nil
}

// Start is what starting `galleria serve` costs.
type Start struct {
	FirstAnswer time.Duration // wall clock, from the start of the process to a page from the database
	CPU         time.Duration // of the process until then
	IdleBytes   int64         // memory in RAM, idle after its first answer
	BinaryBytes int64
}

// coldStart starts serve a few times and gives the medians. The first start's last words are
// kept, so that an installation that does not start says why.
func (l *lab) coldStart(ctx context.Context) (Start, error) {
	const times = 3
	var walls, cpus []time.Duration
	var idle []int64
	for range times {
		addr, err := freeAddr(ctx)
		if err != nil {
			return Start{}, err
		}
		began := time.Now()
		c, err := l.stack.startServe(ctx, l.opt.Binary, addr, l.shop, true)
		if err != nil {
			return Start{}, err
		}
		walls = append(walls, time.Since(began))
		cpu, err := treeCPU(l.proc, c.pid())
		time.Sleep(time.Second)
		bytes, memoryErr := memory(l.proc, c.pid(), "VmRSS")
		if stopped := c.stop(ctx); err != nil || memoryErr != nil || stopped != nil {
			return Start{}, fmt.Errorf("cold start: %w", firstOf(err, memoryErr, stopped))
		}
		cpus, idle = append(cpus, cpu), append(idle, bytes)
	}
	info, err := os.Stat(l.opt.Binary)
	if err != nil {
		return Start{}, fmt.Errorf("cold start: %w", err)
	}
	return Start{FirstAnswer: median(walls), CPU: median(cpus), IdleBytes: median(idle), BinaryBytes: info.Size()}, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// median is the middle of the values; of an even number the lower one of the two. 0 of none.
func median[T int64 | float64 | time.Duration](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[(len(sorted)-1)/2]
}
