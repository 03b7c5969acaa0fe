package miniapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"galleria/tenant/fault"
	"galleria/web/envelope"
)

// failureError carries a ready envelope through huma.
type failureError struct{ envelope.Failure }

func newFailure(ctx context.Context, err error) *failureError {
	return &failureError{envelope.New(ctx, err)}
}

// Error implements error.
func (f *failureError) Error() string { return f.Body.Code }

// GetStatus implements huma.StatusError.
func (f *failureError) GetStatus() int { return f.Status }

// GetHeaders implements huma.HeadersError.
func (f *failureError) GetHeaders() http.Header {
	h := http.Header{"Cache-Control": {"no-store"}}
	if f.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	return h
}

// writeFailure ends a request that a middleware of huma refuses.
func writeFailure(hc huma.Context, f *failureError) {
	for name, values := range f.GetHeaders() {
		hc.SetHeader(name, values[0])
	}
	hc.SetHeader("Content-Type", "application/json")
	hc.SetStatus(f.Status)
	_ = marshal(hc.BodyWriter(), f.Body) // a connection that is gone; the status is set
}

// toProblem gives every error that huma writes the one envelope.
func toProblem(hc huma.Context, _ string, v any) (any, error) {
	switch e := v.(type) {
	case *failureError:
		return e.Body, nil
	case *huma.ErrorModel:
		hc.SetHeader("Content-Type", "application/json")
		hc.SetHeader("Cache-Control", "no-store")
		return envelope.New(hc.Context(), faultOf(e)).Body, nil
	}
	return v, nil
}

// faultOf names what huma found wrong with a request.
func faultOf(e *huma.ErrorModel) error {
	fields := make([]fault.Field, 0, len(e.Errors))
	for _, d := range e.Errors[:min(len(e.Errors), maxFieldErrors)] {
		fields = append(fields, fault.Field{Path: clip(fieldPath(d.Location)), Message: d.Message})
	}
	switch e.Status {
	case http.StatusUnprocessableEntity:
		return fault.ErrValidation.With(fields...)
	case http.StatusBadRequest:
		return envelope.ErrMalformed.With(fields...)
	case http.StatusRequestEntityTooLarge:
		return envelope.ErrBodyTooLarge
	case http.StatusUnsupportedMediaType:
		return envelope.ErrMediaType
	}
	return errors.New("huma: " + e.Detail)
}

// fieldPath drops where a parameter stands: callers know their own parameters.
func fieldPath(location string) string {
	for _, place := range []string{"body.", "query.", "path.", "header."} {
		if rest, ok := strings.CutPrefix(location, place); ok {
			return rest
		}
	}
	return location
}
