package egress

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

const (
	totalTime   = 15 * time.Second
	connectTime = 3 * time.Second
	mostHeader  = 16 << 10
	// MostAnswer is how much of an answer is read, bytes, unless a call asks for less or,
	// for pictures, more.
	MostAnswer = 64 << 10
)

// Request is one call.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
	// Most bounds the answer's body, bytes; MostAnswer if 0.
	Most int64
}

// Response is an answer that was read whole. A redirect is an answer like any other.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Client calls. Safe for concurrent use.
type Client struct {
	http *http.Client
	// check is Check; the tests' own, whose servers have no port 443.
	check func(raw string) error
}

// New returns a client.
func New() *Client {
	c := &Client{check: func(raw string) error { _, err := Check(raw); return err }}
	dialer := &net.Dialer{Timeout: connectTime, ControlContext: guard}
	c.http = client(dialer, &tls.Config{MinVersion: tls.VersionTLS12})
	return c
}

func client(dialer *net.Dialer, secure *tls.Config) *http.Client {
	return &http.Client{
		Timeout:       totalTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, TLSClientConfig: secure, TLSHandshakeTimeout: connectTime,
			ResponseHeaderTimeout: totalTime, MaxResponseHeaderBytes: mostHeader,
			// Answers are never unpacked: a small body that inflates cannot get past the limit.
			DisableCompression: true, ForceAttemptHTTP2: true,
			MaxIdleConns: 64, MaxIdleConnsPerHost: 2, MaxConnsPerHost: 8, IdleConnTimeout: 30 * time.Second,
		},
	}
}

// Dialer connects to hosts that merchants gave, for protocols other than https: only to
// public addresses, looked at when they are dialled. A refusal is URL_PRIVATE.
func Dialer() *net.Dialer { return &net.Dialer{Timeout: connectTime, ControlContext: guard} }

// guard looks at the address that is about to be dialled: names are resolved by now.
func guard(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !public(at.Addr()) {
		return ErrForbidden
	}
	return nil
}

// Do makes one call. Nothing is repeated. Faults: URL_REFUSED, URL_PRIVATE, URL_UNREACHABLE,
// URL_ANSWER_TOO_LARGE.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	if err := c.check(r.URL); err != nil {
		return Response{}, err
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return Response{}, ErrURL.Because(errors.New("not a request"))
	}
	maps.Copy(req.Header, r.Header)
	resp, err := c.http.Do(req)
	if err != nil {
		if errors.Is(err, ErrForbidden) {
			return Response{}, ErrForbidden
		}
		return Response{}, ErrUnreachable.Because(err)
	}
	defer func() { _ = resp.Body.Close() }()
	most := r.Most
	if most <= 0 {
		most = MostAnswer
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return Response{}, ErrUnreachable.Because(err)
	}
	if int64(len(body)) > most {
		return Response{}, ErrAnswerTooLarge.Because(fmt.Errorf("over %d bytes", most))
	}
	return Response{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}
