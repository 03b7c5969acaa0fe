package miniprogram_test

import (
	"bytes"
	"errors"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"galleria/payments/sandbox/alipaygw"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
)

// TestAlipayCodePicture: the picture of an Alipay app's code is fetched, its scene comes out of the
// start query as it went in, and what Alipay refuses has its meaning.
func TestAlipayCodePicture(t *testing.T) {
	t.Parallel()
	b := newAlipay(t, alipaygw.AppInput{KeyMode: "certificate"})
	ask := func(c miniprogram.Code) error {
		picture, err := b.service.CodePicture(t.Context(), b.env.Tenant.ID, b.app, c)
		if err == nil {
			if _, broken := png.Decode(bytes.NewReader(picture)); broken != nil {
				t.Errorf("%+v: no picture: %v", c, broken)
			}
		}
		return err
	}
	product := miniprogram.Code{Scene: "c=K7Q2M9XT&p=12", Page: "pages/product/show", Env: miniprogram.EnvRelease}
	for _, c := range []struct {
		in   miniprogram.Code
		page string
	}{
		{product, "pages/product/show"},
		{miniprogram.Code{Scene: "c=K7Q2M9XT", Env: miniprogram.EnvTrial}, "pages/index/index"},
		{miniprogram.Code{Scene: "!#$&'()*+,/:;=?@-._~aZ019", Page: strings.Repeat("p", 128), Env: miniprogram.EnvRelease}, strings.Repeat("p", 128)},
		{miniprogram.Code{Scene: strings.Repeat("&", 32), Page: "a", Env: miniprogram.EnvDevelop}, "a"},
	} {
		if err := ask(c.in); err != nil {
			t.Fatalf("%+v: %v", c.in, err)
		}
		made := b.gateway.Books().Codes
		last := made[len(made)-1]
		query, err := url.ParseQuery(last.Query)
		if err != nil || len(query) != 1 || query.Get("scene") != c.in.Scene || last.Page != c.page || last.AppID != b.keys.AppID {
			t.Errorf("%+v was asked for as %+v: %v", c.in, last, err)
		}
	}
	before := len(b.gateway.Books().Codes)
	for _, bad := range []miniprogram.Code{
		{Scene: "", Env: miniprogram.EnvRelease}, {Scene: "100%", Env: miniprogram.EnvRelease}, {Scene: "a", Env: "beta"}, {Scene: "a", Page: "/pages/index", Env: miniprogram.EnvRelease},
	} {
		if err := ask(bad); !errors.Is(err, fault.ErrValidation) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	draft := product
	draft.Page = "pages/draft/show"
	if err := ask(draft); !errors.Is(err, miniprogram.ErrCodePage) {
		t.Errorf("a page that there is not: %v", err)
	}
	if n := len(b.gateway.Books().Codes); n != before {
		t.Errorf("%d codes were made of what is refused", n-before)
	}
	for _, c := range []struct {
		mode, value string
		want        error
	}{
		{alipaygw.ModeError, "SYSTEM_ERROR", miniprogram.ErrProviderBusy},
		{alipaygw.ModeError, "APP_STATUS_STRANGE", miniprogram.ErrBadResponse},
		{alipaygw.ModeUnsignedError, "isv.insufficient-isv-permissions", miniprogram.ErrConfiguration},
		{alipaygw.ModeUnsignedError, "isv.app-call-limited", miniprogram.ErrThrottled},
		{alipaygw.ModeHTTP500, "", miniprogram.ErrProviderBusy},
		{alipaygw.ModeGarbage, "", miniprogram.ErrBadResponse},
		{alipaygw.ModeUnsigned, "", miniprogram.ErrBadResponse},
		{alipaygw.ModeWrongKey, "", miniprogram.ErrBadResponse},
	} {
		if err := b.gateway.Arm(alipaygw.Fault{Target: alipaygw.TargetCode, Mode: c.mode, Value: c.value}); err != nil {
			t.Fatal(err)
		}
		if err := ask(product); !errors.Is(err, c.want) {
			t.Errorf("%s %s: %v, want %v", c.mode, c.value, err, c.want)
		}
	}
	if err := ask(product); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

// TestAlipayCodeStaysAtTheSandbox: of an app of the sandbox a picture is taken from the sandbox and
// nowhere else, and only if it is one.
func TestAlipayCodeStaysAtTheSandbox(t *testing.T) {
	t.Parallel()
	b := newAlipay(t, alipaygw.AppInput{})
	var reached atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(elsewhere.Close)
	for what, address := range map[string]string{
		"another server": elsewhere.URL, "a user's name in front": strings.Replace(b.url, "://", "://a@", 1) + "/alipay/code/x", "another scheme": strings.Replace(b.url, "http:", "https:", 1),
		"no picture there": b.url + "/alipay/code/nobody", "a page": b.url + "/", "no address": "%zz", "a path": "/alipay/code/x", "a file": "file:///etc/passwd",
	} {
		if err := b.gateway.Arm(alipaygw.Fault{Target: alipaygw.TargetCode, Mode: alipaygw.ModeElsewhere, Value: address}); err != nil {
			t.Fatal(err)
		}
		_, err := b.service.CodePicture(t.Context(), b.env.Tenant.ID, b.app, miniprogram.Code{Scene: "a", Env: miniprogram.EnvRelease})
		if !errors.Is(err, miniprogram.ErrBadResponse) {
			t.Errorf("%s: %v, want PROVIDER_BAD_RESPONSE", what, err)
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("the other server was called %d times", n)
	}
}
