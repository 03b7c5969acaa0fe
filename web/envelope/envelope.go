package envelope

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"galleria/tenant"
	"galleria/tenant/fault"
)

// Problem is the JSON of every failure.
type Problem struct {
	Code      string         `json:"code" example:"VALIDATION" doc:"Stable and machine-readable; see the table of codes."`
	Message   string         `json:"message" example:"请求内容不正确" doc:"A sentence for people, in the language of Accept-Language (zh by default)."`
	RequestID string         `json:"request_id" example:"3f9c2d7a51e84b06" doc:"Also the X-Request-Id header; tell it to support."`
	Fields    []fault.Field  `json:"fields,omitempty" nullable:"false" doc:"Which inputs were refused, by JSON path."`
	Data      map[string]any `json:"data,omitempty" doc:"Details of some codes, such as the new quote of PRICE_CHANGED."`
}

// Failure is an error ready to be sent.
type Failure struct {
	Status     int // HTTP
	RetryAfter int // seconds, 0 for none
	Body       Problem
}

// retryDefault is told to callers of an unavailable service that named no time.
const retryDefault = time.Second

// StatusOf maps an error to its HTTP status: by kind, but for the few codes whose
// status says more than their kind.
func StatusOf(err error) int {
	switch fault.CodeOf(err) {
	case ErrMalformed.Code():
		return http.StatusBadRequest
	case ErrMethod.Code():
		return http.StatusMethodNotAllowed
	case ErrHeaderTooLarge.Code():
		return http.StatusRequestHeaderFieldsTooLarge
	case "IDEMPOTENCY_MISMATCH": // the same key with another body: the request is wrong, not its timing
		return http.StatusUnprocessableEntity
	}
	return statusOfKind(fault.KindOf(err))
}

func statusOfKind(kind fault.Kind) int {
	switch kind {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Precondition:
		return http.StatusPreconditionFailed
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Throttled:
		return http.StatusTooManyRequests
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Unsupported:
		return http.StatusUnsupportedMediaType
	case fault.Upstream:
		return http.StatusBadGateway
	case fault.UpstreamTimeout:
		return http.StatusGatewayTimeout
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
		return http.StatusInternalServerError
	default:
		return http.StatusInternalServerError
	}
}

// New turns any error into what the caller may see, in the request's language, and
// notes code and cause in the request's Record.
func New(ctx context.Context, err error) Failure {
	err = classify(ctx, err)
	var known *fault.Error
	if !errors.As(err, &known) || known.Kind() == fault.Internal {
		known = errInternal
	}
	lang := ""
	if r := RecordOf(ctx); r != nil {
		r.Code, r.Err, lang = known.Code(), err, r.Lang
	}
	f := Failure{Status: StatusOf(known), Body: Problem{
		Code: known.Code(), Message: known.Text(lang), RequestID: tenant.RequestID(ctx),
		Fields: known.Fields(), Data: known.Data(),
	}}
	wait := known.RetryAfter()
	if wait <= 0 && (known.Kind() == fault.Unavailable || known.Kind() == fault.Throttled) {
		wait = retryDefault
	}
	if wait > 0 {
		f.RetryAfter = int(math.Ceil(wait.Seconds()))
	}
	return f
}

// classify gives errors of the HTTP server and of the context their fault.
func classify(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil {
		return fault.ErrBusy.Because(err)
	}
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return ErrBodyTooLarge
	case errors.As(err, new(*fasthttp.ErrSmallBuffer)):
		return ErrHeaderTooLarge
	}
	var refused *fiber.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Code {
	case http.StatusNotFound:
		return ErrRoute
	case http.StatusMethodNotAllowed:
		return ErrMethod
	case http.StatusRequestEntityTooLarge:
		return ErrBodyTooLarge
	case http.StatusRequestHeaderFieldsTooLarge:
		return ErrHeaderTooLarge
	case http.StatusBadRequest:
		return ErrMalformed.Because(err)
	case http.StatusRequestTimeout:
		return ErrMalformed.Because(err)
	default:
		return err
	}
}

// Render writes err as the answer of c.
func Render(c *fiber.Ctx, err error) error {
	f := New(c.UserContext(), err)
	if f.RetryAfter > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(f.RetryAfter))
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Status(f.Status).JSON(f.Body)
}

// Language reads the first language of an Accept-Language header: "en" or "zh".
func Language(header string) string {
	first, _, _ := strings.Cut(header, ",")
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(first)), "en") {
		return "en"
	}
	return "zh"
}
