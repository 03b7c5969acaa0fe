package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/plan"
)

// face is how a kind of failure looks.
type face struct {
	status      int
	icon        string
	title, text string // keys
}

func faceOf(err error) face {
	if errors.Is(err, ErrForm) {
		return face{fiber.StatusForbidden, "clock", "problem.expired.title", "problem.expired.text"}
	}
	if errors.Is(err, plan.ErrFeature) {
		return face{fiber.StatusForbidden, "lock", "problem.plan.title", "problem.plan.text"}
	}
	if errors.Is(err, ErrReadOnly) {
		return face{fiber.StatusForbidden, "lock", "problem.read_only.title", "problem.read_only.text"}
	}
	switch fault.KindOf(err) {
	case fault.NotFound:
		return face{fiber.StatusNotFound, "file-off", "problem.404.title", "problem.404.text"}
	case fault.Forbidden:
		return face{fiber.StatusForbidden, "lock", "problem.403.title", "problem.403.text"}
	case fault.Unauthenticated:
		return face{fiber.StatusUnauthorized, "clock", "problem.expired.title", "problem.expired.text"}
	case fault.Throttled:
		return face{fiber.StatusTooManyRequests, "hourglass", "problem.429.title", "problem.429.text"}
	case fault.Unavailable, fault.UpstreamTimeout:
		return face{fiber.StatusServiceUnavailable, "hourglass", "problem.503.title", "problem.503.text"}
	case fault.Unsupported:
		return face{fiber.StatusUnsupportedMediaType, "ban", "problem.400.title", "problem.400.text"}
	case fault.TooLarge:
		return face{fiber.StatusRequestEntityTooLarge, "ban", "problem.400.title", "problem.400.text"}
	case fault.Invalid, fault.Conflict, fault.Precondition:
		return face{fiber.StatusBadRequest, "ban", "problem.400.title", "problem.400.text"}
	case fault.Internal, fault.Upstream:
	}
	return face{fiber.StatusInternalServerError, "alert-triangle", "problem.500.title", "problem.500.text"}
}

// panicked is a defect that a handler ran into. Its stack is for the log alone.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// problem answers a failure with a page and writes it to the log, once.
func (s *Console) problem(c *fiber.Ctx, v *visit, err error) error {
	s.note(c, v, err)
	look := faceOf(err)
	if wait := retryAfter(err); wait > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(wait))
	}
	c.Status(look.status)
	e := view.Problem{
		Status: look.status, Icon: look.icon, Title: v.text.T(look.title), Text: v.text.T(look.text),
		RequestID: tenant.RequestID(c.UserContext()), Action: v.text.T("problem.home"), Href: "/console",
	}
	switch {
	case v.session == nil:
		e.Action, e.Href = v.text.T("problem.signin"), "/console/login"
	case look.status >= fiber.StatusInternalServerError && c.Method() == fiber.MethodGet:
		e.Action, e.Href = v.text.T("problem.retry"), backTo(c)
	case v.platform != nil:
		e.Href = platformURL
	case v.shop != nil && v.granted[authz.PlanRead] && errors.Is(err, plan.ErrFeature):
		e.Action, e.Href = v.text.T("problem.plan.action"), view.Shop{Handle: v.shop.Handle}.URL("/plan")
	case v.shop != nil && v.granted != nil && look.status != fiber.StatusForbidden:
		e.Href = view.Shop{Handle: v.shop.Handle}.URL("")
	}
	v.shop = nil // the frame of a shop could fail for the same reason
	return render(c, view.ProblemPage(s.page(c, v, e.Title, ""), e))
}

// retryAfter is the seconds to wait, rounded up, 0 for none.
func retryAfter(err error) int {
	var f *fault.Error
	if !errors.As(err, &f) {
		return 0
	}
	return int(math.Ceil(f.RetryAfter().Seconds()))
}

// LogAttrsLocal is the fiber local in which the server, who writes a line for every
// request, leaves a *[]slog.Attr for what is to be said about it.
const LogAttrsLocal = "log_attrs"

// note has a failure logged once: on the server's line for the request, or, mounted in a
// server without one, on a line of its own.
func (s *Console) note(c *fiber.Ctx, v *visit, err error) {
	attrs := []slog.Attr{slog.String("code", fault.CodeOf(err)), slog.String("error", err.Error())}
	if v.shop != nil {
		attrs = append(attrs, slog.String("tenant_id", v.shop.ID.String()))
	}
	if v.session != nil {
		attrs = append(attrs, slog.Int64("staff_id", v.session.StaffID))
	}
	if defect, ok := errors.AsType[*panicked](err); ok {
		attrs = append(attrs, slog.String("stack", string(defect.stack)))
	}
	if line, ok := c.Locals(LogAttrsLocal).(*[]slog.Attr); ok {
		*line = append(*line, attrs...)
		return
	}
	level := slog.LevelInfo
	if faceOf(err).status >= fiber.StatusInternalServerError {
		level = slog.LevelError
	}
	attrs = append(
		attrs, slog.String("request_id", tenant.RequestID(c.UserContext())),
		slog.String("method", c.Method()), slog.String("route", c.Route().Path),
	)
	s.Log.LogAttrs(context.WithoutCancel(c.UserContext()), level, "console request failed", attrs...)
}
