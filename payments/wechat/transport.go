package wechat

import (
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
	providerHost   = "api.mch.weixin.qq.com"
	connectTimeout = 2 * time.Second
	mostAnswer     = 64 << 10
)

var (
	errAnswerTooLarge = errors.New("the answer is larger than 64 kB")
	errForeignHost    = errors.New("a live account may only talk to the provider")
)

// newTransport is the connections of all accounts. Answers are never unpacked: a small
// body that inflates cannot get past the size limit.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: refundTimeout,
		MaxIdleConns:          128,
		MaxIdleConnsPerHost:   32,
		MaxConnsPerHost:       128,
		IdleConnTimeout:       time.Minute,
		DisableCompression:    true,
		ForceAttemptHTTP2:     true,
	}
}

// noRedirect takes a redirect for the answer, which then is none: a signed request must
// not be sent elsewhere.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// accountTransport sends an account's calls where its mode says and bounds the answers.
type accountTransport struct {
	next http.RoundTripper
	base *url.URL // nil: the provider itself
}

func newAccountTransport(next http.RoundTripper, acc payments.Account) (*accountTransport, error) {
	if acc.Mode != payments.Sandbox {
		if acc.Config.BaseURL != "" {
			return nil, errForeignHost
		}
		return &accountTransport{next: next, base: nil}, nil
	}
	base, err := url.Parse(acc.Config.BaseURL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("sandbox account %d has no base url", acc.ID)
	}
	return &accountTransport{next: next, base: base}, nil
}

// RoundTrip implements http.RoundTripper. The signature covers path, query and body, not
// scheme and host, so it stays valid.
func (t *accountTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if sent, ok := r.Context().Value(sentKey{}).(*atomic.Bool); ok {
		sent.Store(true)
	}
	if t.base != nil {
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host = t.base.Scheme, t.base.Host
	} else if r.URL.Scheme != "https" || r.URL.Host != providerHost {
		return nil, errForeignHost
	}
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &boundedBody{ReadCloser: resp.Body, left: mostAnswer}
	return resp, nil
}

// boundedBody fails, rather than ends, beyond its limit.
type boundedBody struct {
	io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errAnswerTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errAnswerTooLarge
	}
	return n, err
}

// host is where an account's calls go: what a breaker watches.
func host(acc payments.Account) string {
	if acc.Mode == payments.Sandbox {
		return acc.Config.BaseURL
	}
	return providerHost
}
