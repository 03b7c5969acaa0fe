package tenant

import "context"

type (
	scopeKey     struct{}
	requestIDKey struct{}
)

// Scope is what the server found out about a request's origin: the tenant and the
// Mini Program. It is never filled from a tenant that the client named.
type Scope struct {
	Tenant Tenant
	App    App
	// CallsPerMinute is how many requests a minute the shop's terms allow; zero or less,
	// and the largest int64, are no limit.
	CallsPerMinute int64
}

// NewContext returns ctx carrying the scope.
func NewContext(ctx context.Context, s Scope) context.Context {
	return context.WithValue(ctx, scopeKey{}, s)
}

// FromContext returns the scope of ctx; ok is false outside a tenant's request.
func FromContext(ctx context.Context) (s Scope, ok bool) {
	s, ok = ctx.Value(scopeKey{}).(Scope)
	return s, ok
}

// WithRequestID returns ctx carrying the id under which a request is logged.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the request id of ctx, or the empty string.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
