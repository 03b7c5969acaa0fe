package envelope_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/web/envelope"
)

func TestEveryKindHasItsStatus(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]int{
		fault.Internal: 500, fault.Invalid: 422, fault.NotFound: 404, fault.Conflict: 409, fault.Precondition: 412, fault.Unauthenticated: 401,
		fault.Forbidden: 403, fault.Throttled: 429, fault.TooLarge: 413, fault.Unsupported: 415, fault.Upstream: 502, fault.UpstreamTimeout: 504,
		fault.Unavailable: 503,
	} {
		err := fmt.Errorf("doing something: %w", fault.New(kind, "SOME_CODE", "中", "en"))
		if got := envelope.StatusOf(err); got != want {
			t.Errorf("kind %d: %d, want %d", kind, got, want)
		}
	}
}

func TestUnknownErrorsShowNothing(t *testing.T) {
	t.Parallel()
	record := &envelope.Record{Lang: "en"}
	ctx := envelope.WithRecord(tenant.WithRequestID(t.Context(), "trace-0001"), record)
	cause := errors.New("pq: password authentication failed for secret")
	for _, err := range []error{cause, fault.New(fault.Internal, "MESSAGE_INVALID", "中", "the secret template").Because(cause)} {
		f := envelope.New(ctx, err)
		if f.Status != http.StatusInternalServerError || f.Body.Code != "INTERNAL" || strings.Contains(f.Body.Message, "secret") {
			t.Errorf("%v became %+v", err, f)
		}
		if !errors.Is(record.Err, cause) || record.Code != "INTERNAL" {
			t.Errorf("the log is told %q, %v", record.Code, record.Err)
		}
	}
}

func TestFailureCarriesWhatTheCallerNeeds(t *testing.T) {
	t.Parallel()
	ctx := envelope.WithRecord(tenant.WithRequestID(t.Context(), "trace-0001"), &envelope.Record{Lang: "zh"})
	short := fault.New(fault.Conflict, "OUT_OF_STOCK", "库存不足", "Not enough stock").With(fault.Field{Path: "lines[0].qty", Message: "too many"}).
		WithData(map[string]any{"sku_ids": []int64{7}}).Because(errors.New("hidden"))
	f := envelope.New(ctx, fmt.Errorf("place order: %w", short))
	if f.Status != 409 || f.Body.Code != "OUT_OF_STOCK" || f.Body.Message != "库存不足" || f.Body.RequestID != "trace-0001" || len(f.Body.Fields) != 1 || f.Body.Data == nil {
		t.Errorf("failure = %+v", f)
	}
	for _, c := range []struct {
		name string
		err  error
		want int // seconds
	}{
		{"half a second is one", envelope.ErrRateLimited.After(500 * time.Millisecond), 1},
		{"throttled without a time", envelope.ErrRateLimited, 1},
		{"unavailable without a time", fault.ErrBusy, 1},
		{"what the fault says", fault.ErrBusy.After(90 * time.Second), 90},
		{"a conflict", fault.ErrConflict, 0},
	} {
		if got := envelope.New(ctx, c.err).RetryAfter; got != c.want {
			t.Errorf("%s: Retry-After %d, want %d", c.name, got, c.want)
		}
	}
}

func TestRefusalsOfTheServerAreClassified(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	for _, c := range []struct {
		late   bool // the request's own time is over
		err    error
		status int
		code   string
	}{
		{false, fiber.ErrNotFound, 404, "NOT_FOUND"},
		{false, fiber.ErrMethodNotAllowed, 405, "METHOD_NOT_ALLOWED"},
		{false, fiber.ErrRequestEntityTooLarge, 413, "BODY_TOO_LARGE"},
		{false, fasthttp.ErrBodyTooLarge, 413, "BODY_TOO_LARGE"},
		{false, fiber.ErrRequestHeaderFieldsTooLarge, 431, "HEADER_TOO_LARGE"},
		{false, fiber.ErrBadRequest, 400, "MALFORMED"},
		{false, fiber.ErrTeapot, 500, "INTERNAL"},
		{true, context.DeadlineExceeded, 503, "BUSY"},
		{false, context.DeadlineExceeded, 500, "INTERNAL"}, // a wait inside that nobody classified
	} {
		ctx := t.Context()
		if c.late {
			ctx = ended
		}
		if f := envelope.New(ctx, c.err); f.Status != c.status || f.Body.Code != c.code {
			t.Errorf("%v became %d %s, want %d %s", c.err, f.Status, f.Body.Code, c.status, c.code)
		}
	}
}
