package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"galleria/payments"
	"galleria/tenant/fault"
)

// Classify says what it means that a call got no answer that a channel could read. What it
// returns never holds a request, a header or a body, because those carry signatures and
// people's data.
func Classify(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	switch {
	case errors.Is(err, ErrNoSlot):
		return fault.ErrBusy.After(time.Second).Because(err)
	case errors.Is(err, ErrAnswerTooLarge):
		return payments.ErrBadResponse.Because(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return payments.ErrTimeout.Because(err)
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		// No connection, or no answer on it. Whether the request arrived is not known.
		return payments.ErrTimeout.Because(fmt.Errorf("%s: %w", u.Op, u.Err))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return payments.ErrBadResponse.Because(errors.New("the answer breaks off"))
	}
	return payments.ErrTimeout.Because(errors.New("the call broke off"))
}

// AckStatus is the HTTP status of "not ok" to a callback.
func AckStatus(err error) int {
	switch fault.KindOf(err) {
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Unavailable, fault.Upstream, fault.UpstreamTimeout:
		return http.StatusServiceUnavailable
	case fault.Internal, fault.Precondition, fault.Forbidden, fault.Throttled, fault.TooLarge, fault.Unsupported:
	}
	return http.StatusInternalServerError
}

// Cut shortens s to at most n bytes without breaking a character.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// Beijing is the zone in which the providers write times; it has no summer time.
func Beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }
