package tenanttest

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// wire stands between one process and Postgres, understands as much of the protocol as it
// takes to count round trips, and kills the process at one of them. Outside of the process
// nothing has to be prepared for it: every connection passes here, and every statement.
type wire struct {
	ctx      context.Context //nolint:containedctx // the test's, for connecting
	server   string          // host:port of Postgres
	cut      cut
	kill     func()
	listener net.Listener

	mu      sync.Mutex
	trips   []RoundTrip
	dead    bool // the process was killed: nothing passes any more
	servers []net.Conn
	serving sync.WaitGroup
}

// cut says where the process dies; the zero value is nowhere.
type cut struct {
	at     int
	moment Moment
}

var errDead = errors.New("tenanttest: the process was killed")

func (w *wire) listen(t testing.TB) (address string) {
	t.Helper()
	var err error
	if w.listener, err = (&net.ListenConfig{}).Listen(w.ctx, "tcp", "127.0.0.1:0"); err != nil {
		t.Fatalf("listen before Postgres: %v", err)
	}
	return w.listener.Addr().String()
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return // closed
		}
		server, err := (&net.Dialer{}).DialContext(w.ctx, "tcp", w.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		w.mu.Lock()
		w.servers = append(w.servers, server)
		l := &link{wire: w, client: client, server: server, open: -1, prepared: map[string]string{}}
		w.serving.Go(l.requests)
		w.serving.Go(l.answers)
		w.mu.Unlock()
	}
}

// close ends what the process has left, as the kernel does with the connections of a
// process that is gone. Those of a lost machine end with the test.
func (w *wire) close(t testing.TB) {
	t.Helper()
	_ = w.listener.Close()
	end := func() {
		w.mu.Lock()
		for _, c := range w.servers {
			_ = c.Close()
		}
		w.mu.Unlock()
		w.serving.Wait()
	}
	if w.cut.moment == Lost {
		t.Cleanup(end)
		return
	}
	end()
}

// link is one connection of the process.
type link struct {
	wire           *wire
	client, server net.Conn
	prepared       map[string]string // SQL by the name of the prepared statement

	open int // the round trip that waits for its answer, -1 for none; guarded by wire.mu
}

// request is what the process sends before it waits for an answer.
type request struct {
	raw  []byte
	sql  []string
	runs bool // it runs statements, and does not only prepare them
}

func (l *link) requests() {
	r := bufio.NewReader(l.client)
	startup, err := readBody(r, nil)
	if err == nil {
		_, err = l.server.Write(startup)
	}
	var req request
	for err == nil {
		var kind byte
		if kind, err = r.ReadByte(); err != nil {
			break
		}
		var message []byte
		if message, err = readBody(r, []byte{kind}); err != nil {
			break
		}
		l.note(&req, kind, message[5:])
		req.raw = append(req.raw, message...)
		if strings.IndexByte("QSHpX", kind) >= 0 { // the process waits for an answer, or is leaving
			err = l.pass(req)
			req = request{}
		}
	}
	if !l.wire.lost() {
		_ = l.server.Close()
	}
}

// note reads what a message says about the request it belongs to.
func (l *link) note(req *request, kind byte, body []byte) {
	switch kind {
	case 'Q': // simple query
		sql, _ := cstring(body)
		req.sql, req.runs = append(req.sql, sql), true
	case 'P': // parse
		name, rest := cstring(body)
		l.prepared[name], _ = cstring(rest)
	case 'B': // bind
		_, rest := cstring(body)
		name, _ := cstring(rest)
		req.sql = append(req.sql, l.prepared[name])
	case 'E': // execute
		req.runs = true
	default: // describe, sync, flush, password, terminate
	}
}

// pass hands a request to the server, or ends the process instead.
func (l *link) pass(req request) error {
	w := l.wire
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead {
		return errDead
	}
	if req.runs {
		w.trips = append(w.trips, RoundTrip{SQL: strings.Join(req.sql, "; ")})
		l.open = len(w.trips) - 1
	}
	w.dead = req.runs && len(w.trips) == w.cut.at
	if !w.dead || w.cut.moment == Unanswered {
		if _, err := l.server.Write(req.raw); err != nil {
			return fmt.Errorf("pass on a request: %w", err)
		}
	}
	if w.dead {
		w.kill()
		return errDead
	}
	return nil
}

func (l *link) answers() {
	defer func() { _ = l.client.Close() }()
	r := bufio.NewReader(l.server)
	for {
		kind, err := r.ReadByte()
		if err != nil {
			return
		}
		message, err := readBody(r, []byte{kind})
		if err != nil || !l.answer(kind, message) {
			return
		}
	}
}

// answer hands a message to the process, if it lives.
func (l *link) answer(kind byte, message []byte) bool {
	w := l.wire
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead {
		return w.cut.moment == Lost // a server that is told nothing is also listened to
	}
	if kind == 'Z' && l.open >= 0 { // ready for the next one
		w.trips[l.open].Settled = message[5] == 'I'
		l.open = -1
	}
	_, err := l.client.Write(message)
	return err == nil
}

func (w *wire) lost() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dead && w.cut.moment == Lost
}

// readBody reads the length of a message and as much of it, and returns all after head.
func readBody(r io.Reader, head []byte) ([]byte, error) {
	const most = 64 << 20
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n < 4 || n > most {
		return nil, fmt.Errorf("tenanttest: a message of %d bytes", n)
	}
	message := append(append(make([]byte, 0, len(head)+int(n)), head...), length[:]...)
	message = append(message, make([]byte, n-4)...)
	_, err := io.ReadFull(r, message[len(head)+4:])
	return message, err
}

func cstring(b []byte) (text string, rest []byte) {
	for i, c := range b {
		if c == 0 {
			return string(b[:i]), b[i+1:]
		}
	}
	return string(b), nil
}
