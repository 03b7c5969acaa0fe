package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"galleria/payments"
)

const (
	connectTimeout = 2 * time.Second
	// LongestCall is the limit of the slowest call, a refund.
	LongestCall = 8 * time.Second
	mostAnswer  = 64 << 10
)

var (
	// ErrAnswerTooLarge is an answer beyond every honest one.
	ErrAnswerTooLarge = errors.New("the answer is larger than any honest one")
	// ErrForeignHost is a live account that would talk to somebody else.
	ErrForeignHost = errors.New("a live account may only talk to the provider")
)

// NewTransport is the connections of all accounts of a channel. Answers are never
// unpacked: a small body that inflates cannot get past the size limit.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: LongestCall,
		MaxIdleConns:          128,
		MaxIdleConnsPerHost:   32,
		MaxConnsPerHost:       128,
		IdleConnTimeout:       time.Minute,
		DisableCompression:    true,
		ForceAttemptHTTP2:     true,
	}
}

// NoRedirect takes a redirect for the answer, which then is none: a signed request must
// not be sent elsewhere.
func NoRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// sentKey is where a call keeps whether its request was handed to the connection.
type sentKey struct{}

// WithSent lets an AccountTransport tell that the request of a call was on its way.
func WithSent(ctx context.Context) (context.Context, *atomic.Bool) {
	sent := new(atomic.Bool)
	return context.WithValue(ctx, sentKey{}, sent), sent
}

// limitKey is where a call keeps how large its answer may be.
type limitKey struct{}

// WithLimit lets the answer of a call be larger than answers are: a file.
func WithLimit(ctx context.Context, most int64) context.Context {
	return context.WithValue(ctx, limitKey{}, most)
}

func limitOf(ctx context.Context) int64 {
	if most, ok := ctx.Value(limitKey{}).(int64); ok {
		return most
	}
	return mostAnswer
}

// AccountTransport sends an account's calls where its mode says and bounds the answers.
type AccountTransport struct {
	next http.RoundTripper
	base *url.URL // nil: the provider itself
	host string   // of the provider
	now  func() time.Time
}

// NewAccountTransport puts an account's rules before the connections. A sandbox account
// has a base url, and a live one has none.
func NewAccountTransport(next http.RoundTripper, acc payments.Account, host string, now func() time.Time) (*AccountTransport, error) {
	if acc.Mode != payments.Sandbox {
		if acc.Config.BaseURL != "" {
			return nil, ErrForeignHost
		}
		return &AccountTransport{next: next, base: nil, host: host, now: now}, nil
	}
	base, err := url.Parse(acc.Config.BaseURL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("sandbox account %d has no base url", acc.ID)
	}
	return &AccountTransport{next: next, base: base, host: host, now: now}, nil
}

// RoundTrip implements http.RoundTripper. No signature covers scheme and host, so it stays
// valid.
func (t *AccountTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if sent, ok := r.Context().Value(sentKey{}).(*atomic.Bool); ok {
		sent.Store(true)
	}
	if t.base != nil {
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host = t.base.Scheme, t.base.Host
	} else if r.URL.Scheme != "https" || r.URL.Host != t.host {
		return nil, ErrForeignHost
	}
	if !payments.Heard(r.Context()) {
		resp, err := t.next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		resp.Body = &boundedBody{ReadCloser: resp.Body, left: mostAnswer}
		return resp, nil
	}
	return t.heard(r)
}

// heard makes the call and tells it to whoever listens, once its answer was read.
func (t *AccountTransport) heard(r *http.Request) (*http.Response, error) {
	x := payments.Exchange{Method: r.Method, Path: r.URL.Path, At: t.now()}
	if r.GetBody != nil {
		if body, err := r.GetBody(); err == nil {
			x.Asked, _ = io.ReadAll(io.LimitReader(body, mostAnswer)) // our own bytes, from memory
			_ = body.Close()
		}
	}
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		x.Took = t.now().Sub(x.At)
		payments.Hear(r.Context(), x)
		return nil, err
	}
	bounded := &boundedBody{ReadCloser: resp.Body, left: limitOf(r.Context())}
	if bounded.left > mostAnswer { // a file, which nobody wants in memory
		x.Status, x.Took = resp.StatusCode, t.now().Sub(x.At)
		payments.Hear(r.Context(), x)
		resp.Body = bounded
		return resp, nil
	}
	read, err := io.ReadAll(bounded)
	_ = bounded.Close()
	x.Status, x.Took, x.Answered = resp.StatusCode, t.now().Sub(x.At), read
	payments.Hear(r.Context(), x)
	resp.Body = &readBody{rest: bytes.NewReader(read), err: err}
	return resp, nil
}

// readBody is an answer that was read before; it ends as the answer did.
type readBody struct {
	rest *bytes.Reader
	err  error
}

func (b *readBody) Read(p []byte) (int, error) {
	n, err := b.rest.Read(p)
	if errors.Is(err, io.EOF) && b.err != nil {
		err = b.err
	}
	return n, err
}

func (*readBody) Close() error { return nil }

// boundedBody fails, rather than ends, beyond its limit.
type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrAnswerTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, ErrAnswerTooLarge
	}
	return n, err
}

// HostOf is where an account's calls go: what a breaker watches.
func HostOf(acc payments.Account, host string) string {
	if acc.Mode == payments.Sandbox {
		return acc.Config.BaseURL
	}
	return host
}
