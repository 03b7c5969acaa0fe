package alipay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"galleria/payments"
	"galleria/payments/internal/wire"
	"galleria/tenant/vault"
)

const (
	callTimeout   = 5 * time.Second
	refundTimeout = wire.LongestCall
	formType      = "application/x-www-form-urlencoded;charset=utf-8"
	codeSuccess   = "10000"
)

// call asks the gateway within a time limit and decodes the verified answer into out.
func (c *Channel) call(ctx context.Context, acc payments.Account, limit time.Duration, q question, out any) error {
	cl, err := c.client(acc)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	b := c.breakers.Of(wire.HostOf(acc, providerHost))
	if !b.Allow() {
		return payments.ErrTimeout.Because(wire.ErrBreakerOpen)
	}
	err = c.exchange(ctx, cl, q, out)
	b.Report(err)
	return err
}

func (c *Channel) exchange(ctx context.Context, cl *client, q question, out any) error {
	values, err := c.sign(ctx, cl, q)
	if err != nil {
		return wire.Classify(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, cl.gateway, strings.NewReader(values.Encode()))
	if err != nil {
		return errors.New("the gateway's address is no address")
	}
	req.Header.Set("Content-Type", formType)
	resp, err := cl.http.Do(req)
	if err != nil {
		return wire.Classify(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body) // bounded by the transport
	switch {
	case err != nil:
		return wire.Classify(err)
	case resp.StatusCode >= http.StatusInternalServerError, resp.StatusCode == http.StatusTooManyRequests:
		return payments.ErrProviderBusy.Because(fmt.Errorf("HTTP %d", resp.StatusCode))
	case resp.StatusCode != http.StatusOK:
		return payments.ErrBadResponse.Because(fmt.Errorf("HTTP %d", resp.StatusCode))
	}
	return cl.read(q.method, body, out)
}

// answer is a body taken apart: the node as it was received, and what vouches for it.
type answer struct {
	node   json.RawMessage
	sign   string
	certSN string
}

// takeApart finds the node of a method's answer, or of the gateway's own error. Names must
// be unique: which of two nodes was signed would be anybody's guess.
func takeApart(method string, body []byte) (answer, error) {
	want := strings.ReplaceAll(method, ".", "_") + "_response"
	dec := json.NewDecoder(bytes.NewReader(body))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return answer{}, errors.New("the answer is not a JSON object")
	}
	parts := map[string]json.RawMessage{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return answer{}, errors.New("the answer is not JSON")
		}
		key, _ := name.(string)
		if _, twice := parts[key]; twice {
			return answer{}, fmt.Errorf("the answer says %.40q twice", key)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return answer{}, errors.New("the answer is not JSON")
		}
		parts[key] = value
	}
	if _, err := dec.Token(); err != nil {
		return answer{}, errors.New("the answer breaks off")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return answer{}, errors.New("the answer goes on behind its end")
	}
	node, failed := parts[want], parts["error_response"]
	if (node == nil) == (failed == nil) {
		return answer{}, fmt.Errorf("the answer has no node %s", want)
	}
	out := answer{node: node}
	if node == nil {
		out.node = failed
	}
	for name, to := range map[string]*string{"sign": &out.sign, "alipay_cert_sn": &out.certSN} {
		if raw, there := parts[name]; there && json.Unmarshal(raw, to) != nil {
			return answer{}, fmt.Errorf("%s is no text", name)
		}
	}
	return out, nil
}

// read verifies an answer and decodes it.
func (cl *client) read(method string, body []byte, out any) error {
	a, err := takeApart(method, body)
	if err != nil {
		return payments.ErrBadResponse.Because(err)
	}
	var said head
	if err := json.Unmarshal(a.node, &said); err != nil {
		return payments.ErrBadResponse.Because(errors.New("the node does not decode"))
	}
	if a.sign == "" {
		return said.unsigned()
	}
	cl.acc.Used(vault.Verify)
	if err := cl.keys.verify(a.certSN, string(a.node), a.sign); err != nil {
		return payments.ErrBadResponse.Because(err)
	}
	if said.Code != codeSuccess {
		return said.fault()
	}
	if err := json.Unmarshal(a.node, out); err != nil {
		return payments.ErrBadResponse.Because(fmt.Errorf("signed answer does not decode: %w", err))
	}
	return nil
}
