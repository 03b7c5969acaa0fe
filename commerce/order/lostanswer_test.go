package order_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"galleria/commerce/order"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// cutter stands between the program and Postgres. Armed, it lets the next COMMIT through
// and loses the answer together with the connection.
type cutter struct {
	server string
	armed  atomic.Bool
	cuts   atomic.Int64
}

// through returns databaseURL with the cutter in between, until the test ends.
func (c *cutter) through(t *testing.T, databaseURL string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	c.server = u.Host
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(t.Context(), client)
		}
	}()
	u.Host = l.Addr().String()
	return u.String()
}

func (c *cutter) serve(ctx context.Context, client net.Conn) {
	defer func() { _ = client.Close() }()
	var d net.Dialer
	server, err := d.DialContext(ctx, "tcp", c.server)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	var lost atomic.Bool
	go func() {
		defer func() { _ = server.Close() }()
		buf := make([]byte, 1<<16)
		for {
			n, err := client.Read(buf)
			if n > 0 && bytes.Contains(buf[:n], []byte("commit\x00")) && c.armed.CompareAndSwap(true, false) {
				lost.Store(true)
			}
			if _, werr := server.Write(buf[:n]); err != nil || werr != nil {
				return
			}
		}
	}()
	buf := make([]byte, 1<<16)
	for {
		n, err := server.Read(buf)
		if lost.Load() {
			c.cuts.Add(1)
			return // the server has answered; nobody hears it
		}
		if _, werr := client.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

// TestT090LostAnswer: an order whose COMMIT was never answered has been made; the buyer is
// told to repeat, and the repeat gives that order.
func TestT090LostAnswer(t *testing.T) {
	t.Parallel()
	c := &cutter{}
	s := newShop(t, tenanttest.WithConfig(func(cfg *tenantdb.Config) { cfg.URL = c.through(t, cfg.URL) }))
	b, skus := s.buyer(), s.product(100, 100)
	const rounds = 10
	for i := range rounds {
		in := s.input(b, 100, order.LineInput{SKUID: skus[0], Qty: 1})
		c.armed.Store(true)
		if _, _, err := s.orders.Place(t.Context(), s.Tenant.ID, in); !errors.Is(err, fault.ErrUnknownOutcome) {
			t.Fatalf("round %d: %v, want UNAVAILABLE", i, err)
		}
		made := s.count("SELECT count(*) FROM orders")
		placed, replayed, err := s.orders.Place(t.Context(), s.Tenant.ID, in)
		if err != nil || !replayed || made != int64(i+1) {
			t.Fatalf("round %d: the repeat gave %+v, %v, %v; %d orders before it", i, placed, replayed, err, made)
		}
	}
	if n := s.count("SELECT count(*) FROM orders"); n != rounds || c.cuts.Load() != rounds {
		t.Errorf("%d orders after %d lost answers, want %d", n, c.cuts.Load(), rounds)
	}
	s.healthy(t)
}

// TestT083OrderNumbers: a number needs no counter that could be lost. It tells the second
// in Beijing, sorts by it, and differs within it.
func TestT083OrderNumbers(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	b, skus := s.buyer(), s.product(100, 100)
	s.Clock().Set(time.Date(2026, 11, 11, 15, 59, 59, 0, time.UTC))
	seen := map[string]bool{}
	last := ""
	for range 3 {
		for range 10 {
			no := s.place(b, 100, order.LineInput{SKUID: skus[0], Qty: 1}).OrderNo
			if seen[no] || len(no) != 22 || no[:12] < last {
				t.Errorf("number %s after %s", no, last)
			}
			seen[no], last = true, no[:12]
		}
		s.Clock().Advance(time.Second)
	}
	if !strings.HasPrefix(last, "261112000001") {
		t.Errorf("the last second is %s, want 261112000001", last)
	}
}
