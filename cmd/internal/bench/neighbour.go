package bench

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"sync"
	"time"

	"galleria/commerce/campaign"
	"galleria/tenant/tenantdb"
)

// workNeighbour is the name of the phase in which one shop has a crowd and another goes on.
const workNeighbour = "neighbour of a flash crowd"

const (
	crowdPeople = 1000
	crowdUnits  = 100
	crowdTimes  = 6   // one SKU each; the first finds a cold server and is not measured
	calmRate    = 100 // requests of the neighbour's buyers in a second
	calmFor     = 5 * time.Second
	flashPrice  = 100 // fen
)

// Neighbour is how the buyers of a shop fare before and during the flash crowds of another. Times
// count from when a request was due, so that one that waits delays none behind it unseen.
type Neighbour struct {
	Lane          string  `json:"lane"` // of database connections: whether both shops have the same one
	People, Units int     // of each crowd
	Sold, Refused int     // answers of all crowds: placed, and told that it is gone
	Failed        int     // any other answer
	Taken         int64   // units, of the table
	CrowdSeconds  float64 // that all crowds took
	Asked         int     // of the neighbour during them
	Wrong         int     // answers to the neighbour
	Before50      float64 `json:"before_p50_ms"`
	Before99      float64 `json:"before_p99_ms"`
	During50      float64 `json:"during_p50_ms"`
	During99      float64 `json:"during_p99_ms"`
	First         string  `json:",omitempty"` // the first wrong answer
}

// Exact reports whether each crowd got what there was, and nobody a failure.
func (n Neighbour) Exact() bool {
	want := crowdTimes * n.Units
	return n.Sold == want && n.Taken == int64(want) && n.Refused == crowdTimes*n.People-want && n.Failed == 0 && n.Wrong == 0
}

// Ratio is how many times slower the slowest hundredth is during the crowds.
func (n Neighbour) Ratio() float64 { return n.During99 / n.Before99 }

// neighbours measures with a server of its own, that has as many connections and places as an
// installation has by default: once with a crowd in another lane of connections than the
// neighbour's, once in the same.
func (l *lab) neighbours(ctx context.Context) (out []Neighbour, err error) {
	// The server that was measured before gives its connections back: the database has 200.
	if err := l.stack.serve.stop(ctx); err != nil {
		return nil, err
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	serve, err := l.stack.startServe(ctx, l.opt.Binary, addr, l.shop, false, "DATABASE_LANE_CONNS", "GALLERIA_API_PLACES")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, serve.stop(ctx)) }()
	for _, same := range []bool{false, true} {
		d, err := l.openCrowded(ctx, same)
		if err != nil {
			return nil, fmt.Errorf("open the crowded shop: %w", err)
		}
		n, err := l.neighbour(ctx, addr, d)
		if err != nil {
			return nil, err
		}
		n.Lane = "another"
		if same {
			n.Lane = "the same"
		}
		_, _ = fmt.Fprintf(l.opt.Progress, "neighbour, %-8s lane: p99 %.1f ms before, %.1f ms during; p50 %.1f and %.1f; crowds took %.1f s\n", n.Lane, n.Before99, n.During99, n.Before50, n.During50, n.CrowdSeconds)
		out = append(out, n)
	}
	return out, nil
}

// openCrowded opens a shop with a flash sale for each crowd. Which lane a shop is in follows from
// its id, which is drawn: shops are opened until one is where it is wanted.
func (l *lab) openCrowded(ctx context.Context, same bool) (*side, error) {
	for i := 0; ; i++ {
		name := fmt.Sprintf("crowd%t%d", same, i)
		app := fmt.Sprintf("wx0crowd%t%0*d", same, 18-len(fmt.Sprintf("wx0crowd%t", same)), i)
		d, err := openSide(ctx, l.stack, name, app, nil, 0)
		if err != nil {
			return nil, err
		}
		if (d.id.Lane() == l.shop.id.Lane()) != same {
			continue
		}
		stock := slices.Repeat([]int64{crowdPeople}, crowdTimes)
		if err := d.fill(ctx, l.stack, stock, crowdPeople); err != nil {
			return nil, err
		}
		err = l.stack.services.DB.InTenant(ctx, d.id, func(tx tenantdb.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE shop SET max_open_orders = 1000")
			return err
		})
		for _, sku := range d.skus {
			var id int64
			if err == nil {
				id, err = l.stack.services.Campaigns.Save(ctx, d.id, 0, 0, campaign.Input{
					Kind: campaign.Flash, Title: "flash", Sessions: []campaign.Session{{StartsAt: time.Now().Add(-time.Minute), EndsAt: time.Now().Add(time.Hour)}},
					Prices: []campaign.Price{{SKUID: sku, PriceFen: flashPrice, Units: crowdUnits}},
				}, "staff:1")
			}
			if err == nil {
				err = l.stack.services.Campaigns.Start(ctx, d.id, id, "staff:1")
			}
		}
		return d, err
	}
}

func (l *lab) neighbour(ctx context.Context, addr string, d *side) (Neighbour, error) {
	n := Neighbour{People: crowdPeople, Units: crowdUnits}
	c := calm{addr: addr, ops: []operation{l.product.list(products), l.product.detail(), l.product.quote()}}
	c.ask(ctx, time.Second) // warms up
	before := c.ask(ctx, calmFor)
	n.Before50, n.Before99, n.Wrong = milliseconds(before.P50), milliseconds(before.P99), before.Wrong
	crowd, err := l.startCrowd(ctx, addr, d)
	if err != nil {
		return n, err
	}
	come := func() error {
		got, err := crowd.come()
		n.Sold, n.Refused, n.Failed = n.Sold+got.Sold, n.Refused+got.Refused, n.Failed+got.Failed
		n.First = cmp.Or(n.First, got.First)
		return err
	}
	// The first crowd opens the lane's connections, has their statements planned and lets the heap
	// grow, as the visitors of any hour before a sale do.
	if err := come(); err != nil {
		return n, errors.Join(err, crowd.end())
	}
	stop := make(chan struct{})
	told := make(chan run, 1)
	go func() { told <- c.until(ctx, stop) }()
	began := time.Now()
	for range crowdTimes - 1 {
		if err := come(); err != nil {
			close(stop)
			return n, errors.Join(err, crowd.end())
		}
	}
	n.CrowdSeconds = time.Since(began).Seconds()
	close(stop)
	during := <-told
	n.Asked, n.Wrong, n.During50, n.During99 = during.Ops, n.Wrong+during.Wrong, milliseconds(during.P50), milliseconds(during.P99)
	if n.First == "" && during.First != nil {
		n.First = during.First.Error()
	}
	if err := crowd.end(); err != nil {
		return n, err
	}
	return n, l.stack.inTenant(ctx, d.id, func(q tenantdb.Querier) error {
		return q.QueryRow(ctx, "SELECT sum(taken)::bigint FROM flash_bucket").Scan(&n.Taken)
	})
}

// calm asks at a fixed rate, whatever the answers take.
type calm struct {
	addr string
	ops  []operation
}

func (c calm) ask(ctx context.Context, d time.Duration) run {
	stop := make(chan struct{})
	defer time.AfterFunc(d, func() { close(stop) }).Stop()
	return c.until(ctx, stop)
}

func (c calm) until(ctx context.Context, stop <-chan struct{}) (out run) {
	const most = 256
	idle := make(chan *client, most)
	for i := range most {
		idle <- newClient(c.addr, i, uint64(time.Now().UnixNano()))
	}
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	start := time.Now()
	for n := 0; ; n++ {
		due := start.Add(time.Duration(n) * time.Second / calmRate)
		select {
		case <-stop:
			wg.Wait()
			for range most {
				(<-idle).http.CloseIdleConnections()
			}
			slices.Sort(took)
			out.Ops, out.P50, out.P99 = len(took), percentile(took, 50), percentile(took, 99)
			return out
		case <-time.After(time.Until(due)):
		}
		wg.Go(func() {
			cl := <-idle
			_, err := c.ops[n%len(c.ops)](ctx, cl)
			idle <- cl
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(due))
			if err != nil {
				out.Wrong++
				if out.First == nil {
					out.First = err
				}
			}
		})
	}
}

// CrowdCommand is the argument of `galleria bench` that makes the process a crowd.
const CrowdCommand = "crowd"

// person is a buyer of a crowd.
type person struct {
	Bearer  string
	Address int64
}

// crowdOrder is what a crowd wants.
type crowdOrder struct {
	Addr, App string
	SKUs      []int64 // one after the other
	People    []person
}

// crowdTold is what became of it.
type crowdTold struct {
	Sold, Refused, Failed int
	First                 string
}

// crowdProcess is a crowd that comes when it is told to.
type crowdProcess struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// startCrowd starts a crowd in a process of the lowest priority: people's phones take no processor
// time from the server that they ask.
func (l *lab) startCrowd(ctx context.Context, addr string, d *side) (*crowdProcess, error) {
	cmd := exec.CommandContext(ctx, "nice", "-n", "19", l.opt.Binary, "bench", CrowdCommand) //nolint:gosec // ourselves
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("crowd: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("crowd: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("crowd: %w", err)
	}
	order := crowdOrder{Addr: addr, App: d.app, SKUs: d.skus}
	for _, who := range d.buyers {
		order.People = append(order.People, person{who.bearer, who.address})
	}
	c := &crowdProcess{cmd: cmd, in: in, out: json.NewDecoder(out)}
	if err := json.NewEncoder(in).Encode(order); err != nil {
		return nil, errors.Join(fmt.Errorf("crowd: %w", err), c.end())
	}
	return c, nil
}

// come lets everybody want the next SKU at once.
func (c *crowdProcess) come() (got crowdTold, err error) {
	if _, err = c.in.Write([]byte("now\n")); err == nil {
		err = c.out.Decode(&got)
	}
	if err != nil {
		return got, fmt.Errorf("crowd: %w", err)
	}
	return got, nil
}

func (c *crowdProcess) end() error { return errors.Join(c.in.Close(), c.cmd.Wait()) }

// RunCrowd is the crowd's process: it reads what it wants, then for each line that follows a
// thousand phones want one SKU at the same time, and it writes what they were told.
func RunCrowd(stdin io.Reader, stdout io.Writer) error {
	in := bufio.NewReader(stdin)
	first, err := in.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("crowd: %w", err)
	}
	var order crowdOrder
	if err := json.Unmarshal(first, &order); err != nil {
		return fmt.Errorf("crowd: %w", err)
	}
	phones := make([]*client, len(order.People))
	for i := range phones {
		phones[i] = newClient(order.Addr, i, 1)
	}
	for _, sku := range order.SKUs {
		if _, err := in.ReadBytes('\n'); err != nil {
			return nil //nolint:nilerr // nobody wants more
		}
		var told crowdTold
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i, cl := range phones {
			wg.Go(func() {
				who := order.People[i]
				sold, err := wantFlash(cl, order.App, who, sku)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					told.Failed++
					if told.First == "" {
						told.First = err.Error()
					}
				case sold:
					told.Sold++
				default:
					told.Refused++
				}
			})
		}
		wg.Wait()
		if err := json.NewEncoder(stdout).Encode(told); err != nil {
			return fmt.Errorf("crowd: %w", err)
		}
	}
	return nil
}

// wantFlash orders a piece at the flash price. Whoever is sent away because too many are there
// comes again, as the Mini Program does.
func wantFlash(cl *client, app string, who person, sku int64) (sold bool, err error) {
	body := fmt.Appendf(nil, `{"lines":[{"sku_id":%d,"qty":1}],"address_id":%d,"expected_payable_fen":%d}`, sku, who.Address, flashPrice)
	header := []string{"X-App-Id", app, "Authorization", who.Bearer, "Idempotency-Key", fmt.Sprintf("flash-%d-%d", sku, cl.id)}
	for range 30 {
		_, err = cl.do(call{method: http.MethodPost, path: api + "/orders", header: header, body: body, status: http.StatusCreated, want: `"order_no"`})
		switch {
		case err == nil:
			return true, nil
		case cl.answered(http.StatusConflict, `"FLASH_SOLD_OUT"`), cl.answered(http.StatusConflict, `"PRICE_CHANGED"`):
			return false, nil
		case cl.answered(http.StatusTooManyRequests, `"SHOP_BUSY"`):
			time.Sleep(time.Second)
		default:
			return false, err
		}
	}
	return false, err
}
