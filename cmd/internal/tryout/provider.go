package tryout

import (
	"context"

	"galleria/payments/sandbox"
)

// Provider is where shops are connected: the sandbox by its controls (Control), or itself
// (Here).
type Provider interface {
	AddMerchant(ctx context.Context, in sandbox.MerchantInput) (sandbox.Merchant, error)
	AddApp(ctx context.Context, in sandbox.AppInput) (sandbox.App, error)
}

// Here is a sandbox of this process.
type Here struct{ *sandbox.Server }

// AddMerchant implements Provider.
func (h Here) AddMerchant(_ context.Context, in sandbox.MerchantInput) (sandbox.Merchant, error) {
	return h.Server.AddMerchant(in)
}

// AddApp implements Provider.
func (h Here) AddApp(_ context.Context, in sandbox.AppInput) (sandbox.App, error) {
	return h.Server.AddApp(in)
}

// Control is a sandbox at an address.
type Control struct{ base string }

// AddMerchant implements Provider.
func (c Control) AddMerchant(ctx context.Context, in sandbox.MerchantInput) (out sandbox.Merchant, err error) {
	err = c.press(ctx, "merchants", in, &out)
	return out, err
}

// AddApp implements Provider.
func (c Control) AddApp(ctx context.Context, in sandbox.AppInput) (out sandbox.App, err error) {
	err = c.press(ctx, "apps", in, &out)
	return out, err
}

// Login is what wx.login gives a buyer.
func (c Control) Login(ctx context.Context, appID, buyer string) (code string, err error) {
	var out struct {
		Code string `json:"code"`
	}
	err = c.press(ctx, "wx-login", map[string]string{"app_id": appID, "buyer": buyer}, &out)
	return out.Code, err
}

// Pay pays on the buyer's phone, with the parameters of wx.requestPayment.
func (c Control) Pay(ctx context.Context, params any) error {
	return c.press(ctx, "pay", params, nil)
}

func (c Control) press(ctx context.Context, control string, in, out any) error {
	got, err := call(ctx, request{method: "POST", url: c.base + "/_control/" + control, body: in})
	if err != nil {
		return stop("SANDBOX_UNREACHABLE", "", err)
	}
	if got.status != 200 {
		return stop("SANDBOX_REFUSED", got.message(), nil)
	}
	return got.read(out)
}
