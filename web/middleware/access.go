package middleware

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/tenant"
	"galleria/web/envelope"
)

// LocalLogAttrs is the fiber local under which a door that answers its own failures finds
// a *[]slog.Attr to say why: it ends up on the request's one line.
const LocalLogAttrs = "log_attrs"

// Access renders every error and panic that comes up from below as the envelope and
// writes the request's one line to the log.
func Access(log *slog.Logger, now func() time.Time) fiber.Handler {
	return func(c *fiber.Ctx) error {
		start := now()
		c.Locals(LocalLogAttrs, new([]slog.Attr))
		if err := contained(c); err != nil {
			if err := envelope.Render(c, err); err != nil {
				return err
			}
		}
		Log(c, log, now().Sub(start))
		return nil
	}
}

// contained turns a panic below into an error.
func contained(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if record := envelope.RecordOf(c.UserContext()); record != nil {
				record.Stack = debug.Stack()
			}
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return c.Next()
}

// Log writes the line of a finished request.
func Log(c *fiber.Ctx, log *slog.Logger, took time.Duration) {
	ctx := c.UserContext()
	status := c.Response().StatusCode()
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(
		attrs,
		slog.String("request_id", tenant.RequestID(ctx)),
		slog.String("method", c.Method()),
		slog.String("route", c.Route().Path),
		slog.Int("status", status),
		slog.Int64("ms", took.Milliseconds()),
	)
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if r := envelope.RecordOf(ctx); r != nil {
		attrs = appendRecord(attrs, r)
	}
	if own, ok := c.Locals(LocalLogAttrs).(*[]slog.Attr); ok {
		attrs = append(attrs, *own...)
	}
	log.LogAttrs(ctx, level, "request", attrs...)
}

func appendRecord(attrs []slog.Attr, r *envelope.Record) []slog.Attr {
	text := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	text("tenant_id", r.TenantID)
	text("app_id", r.AppID)
	if r.MemberID != 0 {
		attrs = append(attrs, slog.Int64("member_id", r.MemberID))
	}
	text("code", r.Code)
	if r.Err != nil {
		text("error", r.Err.Error())
	}
	text("stack", string(r.Stack))
	return attrs
}
