package alipay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/smartwalle/alipay/v3"

	"galleria/payments"
	"galleria/payments/internal/wire"
	"galleria/tenant/vault"
)

const (
	providerHost = "openapi.alipay.com"
	liveGateway  = "https://" + providerHost + "/gateway.do"
	sandboxPath  = "/alipay/gateway.do"
)

// client is what is derived from one version of an account.
type client struct {
	acc      payments.Account
	gateway  string
	sdk      *alipay.Client
	http     *http.Client
	keys     keyring
	earlier  []earlier // of replaced keys
	certMode bool
}

// earlier verifies messages that were under way when the keys were replaced.
type earlier struct {
	keys  keyring
	until time.Time
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
	if _, err := wire.ParsePrivateKey(acc.PrivateKey.Reveal()); err != nil {
		return nil, err
	}
	if acc.Config.SignAppID == "" {
		return nil, errors.New("the app that signs is missing")
	}
	transport, err := wire.NewAccountTransport(c.transport, acc, providerHost, c.d.Now)
	if err != nil {
		return nil, err
	}
	made := &client{
		acc: acc, gateway: liveGateway, certMode: acc.Config.KeyMode == payments.KeyModeCertificate,
		http: &http.Client{Transport: transport, CheckRedirect: wire.NoRedirect, Jar: nil, Timeout: 0}, // limits are per call, by context
	}
	if acc.Mode == payments.Sandbox {
		made.gateway = strings.TrimSuffix(acc.Config.BaseURL, "/") + sandboxPath
	}
	// It signs and never calls: its transport is never used.
	made.sdk, err = alipay.New(acc.Config.SignAppID, string(acc.PrivateKey.Reveal()), true,
		alipay.WithTimeLocation(wire.Beijing()), alipay.WithHTTPClient(made.http), alipay.WithProductionGateway(made.gateway))
	if err != nil {
		return nil, errors.New("the private key does not load") // the library's error may quote it
	}
	if made.keys, err = newKeyring(acc, c.d.Now); err != nil {
		return nil, err
	}
	for _, set := range acc.Earlier {
		old := acc
		old.Config = set.Config
		if keys, err := newKeyring(old, c.d.Now); err == nil { // one that cannot be made is done without
			made.earlier = append(made.earlier, earlier{keys, set.Until})
		}
	}
	return made, nil
}

// question is a call of the gateway, or what a buyer brings to it.
type question struct {
	method    string
	fields    map[string]any // of biz_content; only those that are set
	notifyURL string
	returnURL string
}

// sign makes the parameters of a question, few at a time.
func (c *Channel) sign(ctx context.Context, cl *client, q question) (url.Values, error) {
	free, err := c.slots.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer free()
	payload := alipay.NewPayload(q.method)
	for name, value := range q.fields {
		payload.AddBizField(name, value)
	}
	for name, value := range map[string]string{"notify_url": q.notifyURL, "return_url": q.returnURL} {
		if value != "" {
			payload.AddParam(name, value)
		}
	}
	if cl.certMode {
		payload.AddParam("app_cert_sn", cl.acc.Config.MerchantSerial).AddParam("alipay_root_cert_sn", cl.acc.Config.RootSerial)
	}
	cl.acc.Used(vault.Sign)
	values, err := cl.sdk.URLValues(payload)
	if err != nil {
		return nil, errors.New("the merchant's key does not sign")
	}
	return values, nil
}
