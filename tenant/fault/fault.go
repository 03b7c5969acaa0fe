package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of failure happened; the web edge turns it into a status.
type Kind uint8

// The kinds. The zero value is Internal, so an error nobody classified is never
// mistaken for the caller's fault.
const (
	Internal        Kind = iota // a defect or an unexpected state of ours
	Invalid                     // the request breaks a rule that can be read in the contract
	NotFound                    // absent, or not the caller's to see
	Conflict                    // legal in itself, but not in the present state
	Precondition                // the caller's picture of the state is out of date
	Unauthenticated             // no valid session or signature
	Forbidden                   // known caller, not allowed
	Throttled                   // too many requests
	TooLarge                    // body or header over its limit
	Unsupported                 // encoding or media type we refuse
	Upstream                    // a provider answered nonsense
	UpstreamTimeout             // a provider did not answer in time
	Unavailable                 // our own database or queue cannot serve now; safe to retry
)

// Field is one rejected input field. Path is a JSON path such as "lines[0].qty".
type Field struct {
	Path    string `json:"path"`
	Message string `json:"message"`
	Why     *Error `json:"-"` // the failure with its code and sentences; nil where only Message was given
}

// Text returns the sentence for people in a language, or Message where there is no other.
func (f Field) Text(lang string) string {
	if f.Why == nil {
		return f.Message
	}
	return f.Why.Text(lang)
}

// Error is a failure with a stable code and a text for people in both console
// languages. Sentinels are made by New in each package's errors.go; With and
// Because return copies, so a sentinel is never changed.
type Error struct {
	kind       Kind
	code       string
	zh, en     string
	fields     []Field
	retryAfter time.Duration
	data       map[string]any
	cause      error
}

// New declares a failure. code is SCREAMING_SNAKE and never changes once
// released; zh and en are sentences that may be shown to a buyer.
func New(kind Kind, code, zh, en string) *Error {
	return &Error{kind: kind, code: code, zh: zh, en: en}
}

// Error implements error. It is for logs, not for people.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.code + ": " + e.cause.Error()
	}
	return e.code + ": " + e.en
}

// Unwrap gives the technical cause.
func (e *Error) Unwrap() error { return e.cause }

// Is matches by code, so that a copy with details still is its sentinel.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error) // the target itself, not its chain
	return ok && t.code == e.code
}

// Kind returns the kind.
func (e *Error) Kind() Kind { return e.kind }

// Code returns the stable code.
func (e *Error) Code() string { return e.code }

// Text returns the sentence for people: Chinese unless lang starts with "en".
func (e *Error) Text(lang string) string {
	if len(lang) >= 2 && lang[:2] == "en" {
		return e.en
	}
	return e.zh
}

// Fields returns the rejected fields, if any.
func (e *Error) Fields() []Field { return e.fields }

// RetryAfter returns how long the caller should wait, or zero.
func (e *Error) RetryAfter() time.Duration { return e.retryAfter }

// Data returns machine-readable details that the envelope shows under "data",
// for example the new quote of PRICE_CHANGED. It is nil for most errors.
func (e *Error) Data() map[string]any { return e.data }

// With returns a copy that names the rejected fields.
func (e *Error) With(fields ...Field) *Error {
	c := *e
	c.fields = append(append([]Field(nil), e.fields...), fields...)
	return &c
}

// At names the field that e is about. args complete its sentences, which then are formats
// of equal verbs in both languages.
func (e *Error) At(path string, args ...any) Field {
	why := *e
	if len(args) > 0 {
		why.zh, why.en = fmt.Sprintf(e.zh, args...), fmt.Sprintf(e.en, args...)
	}
	return Field{Path: path, Message: why.en, Why: &why}
}

// Because returns a copy with a technical cause, which is logged but never shown.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// After returns a copy that tells the caller when to try again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.retryAfter = d
	return &c
}

// WithData returns a copy carrying machine-readable details for the caller.
func (e *Error) WithData(data map[string]any) *Error {
	c := *e
	c.data = data
	return &c
}

// KindOf returns the kind of err, Internal for an error without one.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.kind
	}
	return Internal
}

// CodeOf returns the code of err, "INTERNAL" for an error without one.
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.code
	}
	return "INTERNAL"
}

// RetryAfterOf returns how long err tells the caller to wait, or zero.
func RetryAfterOf(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.retryAfter
	}
	return 0
}

// Invalidf is a VALIDATION failure on one field, the most common refusal.
func Invalidf(path, format string, args ...any) *Error {
	return ErrValidation.With(Field{Path: path, Message: fmt.Sprintf(format, args...)})
}
