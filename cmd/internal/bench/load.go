package bench

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// answerLimit is how long one request may take before it counts as wrong.
const answerLimit = 20 * time.Second

// client is one connection of the generator, with its own dice. Not for concurrent use.
type client struct {
	id   int // 0 … conns-1
	dice *rand.Rand
	http *fasthttp.HostClient
	req  *fasthttp.Request
	res  *fasthttp.Response
	base string
}

func newClient(addr string, id int, seed uint64) *client {
	return &client{
		id: id, dice: rand.New(rand.NewPCG(seed, uint64(id))), base: "http://" + addr, //nolint:gosec // which page is asked for is no secret
		http: &fasthttp.HostClient{Addr: addr, MaxConns: 1, ReadTimeout: answerLimit, WriteTimeout: answerLimit},
		req:  &fasthttp.Request{}, res: &fasthttp.Response{},
	}
}

// call is a request and what its answer must be.
type call struct {
	method, path string
	header       []string // pairs of name and value
	body         []byte
	status       int    // 0 is 200
	want         string // a part of the answer
}

// do sends c and checks the answer. The body is valid until the next call.
func (cl *client) do(c call) ([]byte, error) {
	cl.req.Reset()
	cl.res.Reset()
	cl.req.Header.SetMethod(c.method)
	cl.req.SetRequestURI(cl.base + c.path)
	for i := 0; i+1 < len(c.header); i += 2 {
		cl.req.Header.Set(c.header[i], c.header[i+1])
	}
	if c.body != nil {
		if len(cl.req.Header.ContentType()) == 0 {
			cl.req.Header.SetContentType("application/json")
		}
		cl.req.SetBodyRaw(c.body)
	}
	if err := cl.http.DoTimeout(cl.req, cl.res, answerLimit); err != nil {
		return nil, fmt.Errorf("%s %s: %w", c.method, c.path, err)
	}
	if c.status == 0 {
		c.status = fasthttp.StatusOK
	}
	body := cl.res.Body()
	if cl.res.StatusCode() != c.status || !bytes.Contains(body, []byte(c.want)) {
		return nil, fmt.Errorf("%s %s: want %d with %q, got %d: %.300s", c.method, c.path, c.status, c.want, cl.res.StatusCode(), body)
	}
	return body, nil
}

// operation is one unit of work: a request, or a whole purchase. done says that there is
// nothing left to do, such as no prepared order.
type operation func(ctx context.Context, cl *client) (done bool, err error)

// run is the outcome of a closed loop: as many operations as conns connections can do one
// after another in a time.
type run struct {
	Ops     int
	Wrong   int
	First   error // the first wrong answer
	Elapsed time.Duration
	P50     time.Duration
	P99     time.Duration
	CatchUp time.Duration // from the last answer until the worker had done everything; part of Elapsed
}

// drive runs op on every connection until the time is over or op is done.
func drive(ctx context.Context, addr string, conns int, d time.Duration, op operation) run {
	clock, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	type share struct {
		took  []time.Duration
		wrong int
		first error
	}
	shares := make([]share, conns)
	start := time.Now()
	var wg sync.WaitGroup
	for i := range shares {
		wg.Go(func() {
			cl := newClient(addr, i, uint64(start.UnixNano()))
			defer cl.http.CloseIdleConnections()
			s := &shares[i]
			s.took = make([]time.Duration, 0, 1<<14)
			for clock.Err() == nil { // what has begun is finished: op gets the caller's ctx
				began := time.Now()
				done, err := op(ctx, cl)
				switch {
				case done:
					return
				case err != nil:
					s.wrong++
					if s.first == nil {
						s.first = err
					}
				default:
					s.took = append(s.took, time.Since(began))
				}
			}
		})
	}
	wg.Wait()
	out := run{Elapsed: time.Since(start)}
	var all []time.Duration
	for _, s := range shares {
		all = append(all, s.took...)
		out.Wrong += s.wrong
		if out.First == nil {
			out.First = s.first
		}
	}
	slices.Sort(all)
	out.Ops, out.P50, out.P99 = len(all), percentile(all, 50), percentile(all, 99)
	return out
}

// percentile returns the smallest value that at least p of 100 values do not exceed.
// sorted must be sorted; 0 if it is empty.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

// answered reports whether the last call's answer was this one.
func (cl *client) answered(status int, part string) bool {
	return cl.res.StatusCode() == status && bytes.Contains(cl.res.Body(), []byte(part))
}
