package miniprogram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/upload"
)

// Which version of an app its code opens.
const (
	EnvRelease = "release"
	EnvTrial   = "trial"
	EnvDevelop = "develop"
)

// Code is what a Mini Program code opens.
type Code struct {
	Scene string // 1 to 32 of the characters that WeChat takes; the app reads it as query.scene
	Page  string // without leading slash and query; "" is the app's first page, at Alipay pages/index/index
	Env   string // EnvRelease, EnvTrial or EnvDevelop; codes of Alipay always open the released version
}

var (
	sceneForm = regexp.MustCompile("^[0-9A-Za-z!#$&'()*+,/:;=?@._~-]{1,32}$")
	pageForm  = regexp.MustCompile(`^([0-9A-Za-z_-]+(/[0-9A-Za-z_-]+)*)?$`)
)

// Of a code's picture.
const (
	mostPicture = 2 << 20 // bytes
	codeWidth   = 430     // pixels
	errPage     = 41030
	errArgs     = 40097
	errEnv      = 40129
	errScene    = 40169
)

// CodePage reports whether a page may be what a code opens, by its form.
func CodePage(page string) bool { return len(page) <= 128 && pageForm.MatchString(page) }

// CodePicture asks the app's provider for the picture of a Mini Program code, a JPEG or a PNG; there
// may be any number of codes. WeChat's (wxacode.getUnlimited) work for ever, and only released pages
// can be asked for, unless Env is another version. Faults: VALIDATION, CODE_PAGE, RATE_LIMITED
// (WeChat: 5000 a minute), UNAVAILABLE, PROVIDER_TIMEOUT, PROVIDER_BAD_RESPONSE, APP_MISCONFIGURED.
func (s *Service) CodePicture(ctx context.Context, id tenant.ID, app tenant.AppID, in Code) ([]byte, error) {
	switch {
	case !sceneForm.MatchString(in.Scene):
		return nil, fault.Invalidf("scene", "must have 1 to 32 characters that WeChat takes")
	case !CodePage(in.Page):
		return nil, fault.Invalidf("page", "must be the path of a page")
	case in.Env != EnvRelease && in.Env != EnvTrial && in.Env != EnvDevelop:
		return nil, fault.Invalidf("env", "is unknown")
	}
	cred, err := s.open(ctx, id, app)
	if err != nil {
		return nil, err
	}
	if cred.provider == tenant.Alipay {
		return s.alipayCode(ctx, cred, in)
	}
	return s.wechatCode(ctx, id, cred, app, in)
}

func (s *Service) wechatCode(ctx context.Context, id tenant.ID, cred credential, app tenant.AppID, in Code) ([]byte, error) {
	body := map[string]any{"scene": in.Scene, "check_path": in.Env == EnvRelease, "env_version": in.Env, "width": codeWidth}
	if in.Page != "" {
		body["page"] = in.Page
	}
	var picture []byte
	err := s.withToken(ctx, id, cred, app, request{
		api: "getwxacodeunlimit", method: http.MethodPost, base: cred.base, path: "/wxa/getwxacodeunlimit", body: body, most: mostPicture,
	}, &picture)
	if refusal, ok := errors.AsType[*RefusalError](err); ok {
		switch refusal.Code {
		case errPage, errArgs, errEnv, errScene:
			return nil, ErrCodePage.Because(refusal)
		}
	}
	if err != nil {
		return nil, err
	}
	if kind := upload.Kind(picture); kind != "jpg" && kind != "png" {
		return nil, ErrBadResponse.Because(fmt.Errorf("getwxacodeunlimit: a picture of kind %q", kind))
	}
	return picture, nil
}
