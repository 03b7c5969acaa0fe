package unionpay

import (
	"context"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"galleria/payments"
	"galleria/payments/internal/wire"
	"galleria/tenant/vault"
)

const callTimeout = 5 * time.Second

// client is what is derived from one version of an account.
type client struct {
	acc   payments.Account
	key   *rsa.PrivateKey
	chain *chain
	http  *http.Client
}

// client returns the client of an account's version, made when first needed.
func (c *Channel) client(acc payments.Account) (*client, error) {
	if found, ok := c.clients.Get(acc); ok {
		return found, nil
	}
	made, err := c.newClient(acc)
	if err != nil {
		return nil, fmt.Errorf("payment account %d: %w", acc.ID, err)
	}
	c.clients.Put(acc, made)
	return made, nil
}

func (c *Channel) newClient(acc payments.Account) (*client, error) {
	key, err := wire.ParsePrivateKey(acc.PrivateKey.Reveal())
	if err != nil {
		return nil, err
	}
	chain, err := newChain(acc)
	if err != nil {
		return nil, err
	}
	transport, err := wire.NewAccountTransport(c.transport, acc, host, c.d.Now)
	if err != nil {
		return nil, err
	}
	return &client{
		acc: acc, key: key, chain: chain,
		http: &http.Client{Transport: transport, CheckRedirect: wire.NoRedirect, Jar: nil, Timeout: 0}, // limits are per call, by context
	}, nil
}

// address is where a request goes, or the buyer's browser: the gateway, or the sandbox.
func address(acc payments.Account, path string) string {
	base := "https://" + host
	if acc.Mode == payments.Sandbox {
		base = strings.TrimRight(acc.Config.BaseURL, "/") + "/unionpay"
	}
	return base + "/gateway/api/" + path + ".do"
}

// sign puts the account's signature under f.
func (c *Channel) sign(ctx context.Context, client *client, f fields) (err error) {
	free, err := c.slots.Take(ctx)
	if err != nil {
		return err
	}
	defer free()
	client.acc.Used(vault.Sign)
	f[fieldSignature], err = f.sign(client.key)
	return err
}

// call makes one signed call within its time limit and returns the verified answer, with
// the fault that its code means.
func (c *Channel) call(ctx context.Context, acc payments.Account, path string, f fields, limit time.Duration) (fields, error) {
	client, err := c.client(acc)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	b := c.breakers.Of(wire.HostOf(acc, host))
	if !b.Allow() {
		return nil, payments.ErrTimeout.Because(wire.ErrBreakerOpen)
	}
	out, err := c.exchange(ctx, client, address(acc, path), f)
	b.Report(err)
	return out, err
}

// exchange sends a request and believes the answer, or does not.
func (c *Channel) exchange(ctx context.Context, client *client, to string, f fields) (fields, error) {
	if err := c.sign(ctx, client, f); err != nil {
		return nil, wire.Classify(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(f.encode()))
	if err != nil {
		return nil, fmt.Errorf("address of the gateway: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	resp, err := client.http.Do(req)
	if err != nil {
		return nil, wire.Classify(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body) // bounded by the transport
	switch {
	case err != nil:
		return nil, wire.Classify(err)
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= http.StatusInternalServerError:
		return nil, payments.ErrProviderBusy.Because(fmt.Errorf("status %d", resp.StatusCode))
	case resp.StatusCode != http.StatusOK:
		return nil, payments.ErrBadResponse.Because(fmt.Errorf("status %d", resp.StatusCode))
	}
	out, err := parseAnswer(string(body))
	if err != nil {
		return nil, payments.ErrBadResponse.Because(err)
	}
	if out[fieldSignature] == "" && speaksOfSetup(out["respCode"]) {
		return out, classify(out)
	}
	if err := client.chain.verify(out, c.d.Now()); err != nil {
		return nil, payments.ErrBadResponse.Because(err)
	}
	for _, name := range []string{"merId", "orderId", "txnTime"} {
		if out[name] != f[name] {
			return nil, payments.ErrBadResponse.Because(fmt.Errorf("asked about %s %s, answered about %s", name, f[name], wire.Cut(out[name], 40)))
		}
	}
	return out, classify(out)
}
