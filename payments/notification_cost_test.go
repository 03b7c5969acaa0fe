package payments_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"galleria/payments/sandbox"
	"galleria/tenant/tenanttest"
)

// G14: a callback costs exactly these statements. The account is remembered, and its version
// read with the attempt.
func TestCallbackStatements(t *testing.T) {
	t.Parallel()
	counter := &statements{}
	k := newKit(t, tenanttest.WithTracer(counter))
	_, warm := k.begin("ORDER0")
	if _, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: warm.OutTradeNo})); err != nil {
		t.Fatal(err)
	}
	_, a := k.begin("ORDER1")
	n := k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo})
	counter.reset()
	if _, err := k.handle(n); err != nil {
		t.Fatal(err)
	}
	if got := counter.list(); len(got) != 6 {
		t.Errorf("%d statements, want 6 (attempt, event, paid, timer, books, outbox):\n%s", len(got), strings.Join(got, "\n"))
	}
}

// A remembered account is never believed about what was changed since, by whichever process.
func TestRememberedAccountIsComparedWithTheStoredOne(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, warm := k.begin("ORDER0")
	if _, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: warm.OutTradeNo})); err != nil {
		t.Fatal(err)
	}
	_, a := k.begin("ORDER1")
	n := k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo})
	change := func(sql string) {
		type touched struct{ ID int64 }
		if len(query[touched](k, sql+" RETURNING account_id AS id")) == 0 ||
			len(query[touched](k, "UPDATE payment_account SET updated_at = updated_at + interval '1 microsecond' RETURNING id")) == 0 {
			t.Fatal("nothing changed")
		}
	}
	change("UPDATE payment_provider_key SET serial = serial || '0'")
	ack, err := k.handle(n)
	if err == nil || ack.Status == http.StatusOK || k.succeeded() != 1 {
		t.Errorf("a key that is gone: %d, %v, %d payments", ack.Status, err, k.succeeded())
	}
	change("UPDATE payment_provider_key SET serial = left(serial, -1)")
	if ack, err := k.handle(n); err != nil || ack.Status != http.StatusOK {
		t.Errorf("a key that is back: %d, %v", ack.Status, err)
	}
}

// statements counts what is not transaction control or routing.
type statements struct {
	mu  sync.Mutex
	sql []string
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.add(data.SQL)
	return ctx
}

func (*statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	s.add(data.SQL)
}

func (*statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (s *statements) add(sql string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	head := strings.ToLower(sql)
	if strings.HasPrefix(head, "begin") || strings.HasPrefix(head, "commit") || strings.HasPrefix(head, "select set_config('role'") {
		return
	}
	s.sql = append(s.sql, strings.SplitN(sql, "\n", 2)[0])
}

func (s *statements) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sql = nil
}

func (s *statements) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sql
}
