package miniprogram_test

import (
	"bytes"
	"errors"
	"image/png"
	"strings"
	"testing"

	"galleria/payments/sandbox"
	"galleria/tenant/fault"
	"galleria/tenant/miniprogram"
)

// TestCodePicture: the picture of a code is fetched, also after a token that went bad; what cannot
// be one is refused before anybody is asked, and what WeChat refuses has its meaning.
func TestCodePicture(t *testing.T) {
	t.Parallel()
	s := setUp(t)
	ask := func(c miniprogram.Code) ([]byte, error) {
		return s.service.CodePicture(t.Context(), s.env.Tenant.ID, s.app.ID, c)
	}
	good := miniprogram.Code{Scene: "c=K7Q2M9XT&p=12", Page: "pages/product/show", Env: miniprogram.EnvRelease}
	s.arm(t, sandbox.Fault{Target: sandbox.TargetCode, Mode: sandbox.ModeError, Value: "40001"})
	picture, err := ask(good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
		t.Errorf("no picture: %v", err)
	}
	asked := s.calls.of("/wxa/getwxacodeunlimit")
	for _, bad := range []miniprogram.Code{
		{Scene: "", Env: miniprogram.EnvRelease},
		{Scene: strings.Repeat("a", 33), Env: miniprogram.EnvRelease},
		{Scene: "a b", Env: miniprogram.EnvRelease},
		{Scene: "100%", Env: miniprogram.EnvRelease},
		{Scene: "a", Env: "beta"},
		{Scene: "a", Page: "/pages/index", Env: miniprogram.EnvRelease},
		{Scene: "a", Page: "pages/index?x=1", Env: miniprogram.EnvRelease},
		{Scene: "a", Page: strings.Repeat("a", 129), Env: miniprogram.EnvRelease},
	} {
		if _, err := ask(bad); !errors.Is(err, fault.ErrValidation) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if got := s.calls.of("/wxa/getwxacodeunlimit"); got != asked {
		t.Errorf("WeChat was asked %d times for what cannot be", got-asked)
	}
	draft := good
	draft.Page = "pages/draft/show"
	if _, err := ask(draft); !errors.Is(err, miniprogram.ErrCodePage) {
		t.Errorf("a page that was not released: %v", err)
	}
	draft.Env = miniprogram.EnvTrial
	if _, err := ask(draft); err != nil {
		t.Errorf("a page of the trial version: %v", err)
	}
	for value, want := range map[string]error{"45009": miniprogram.ErrThrottled, "-1": miniprogram.ErrProviderBusy, "48001": miniprogram.ErrConfiguration} {
		s.arm(t, sandbox.Fault{Target: sandbox.TargetCode, Mode: sandbox.ModeError, Value: value})
		if _, err := ask(good); !errors.Is(err, want) {
			t.Errorf("%s: %v", value, err)
		}
	}
	s.arm(t, sandbox.Fault{Target: sandbox.TargetCode, Mode: sandbox.ModeGarbage})
	if _, err := ask(good); !errors.Is(err, miniprogram.ErrBadResponse) {
		t.Errorf("garbage: %v", err)
	}
}
