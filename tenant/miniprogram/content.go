package miniprogram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"galleria/tenant"
)

// Content is a text of a person's that others are to see.
type Content struct {
	OpenID string // whose text it is
	Author string // the name that stands with it; may be empty
	Text   string // 1 to 2500 characters
}

// Finding is what a provider's content check found.
type Finding struct {
	Pass  bool
	Label string // why not, as the provider numbers it: "10001" is advertising
}

// ErrUncheckable is a text that nobody checks: the app's provider has no such check, or knows
// nothing of its writer. Asking again changes nothing.
var ErrUncheckable = errors.New("nobody checks this")

const (
	sceneComment   = 2
	checkVersion   = 2
	errNotUsed     = 61010 // the writer has not used the app for two hours
	errOpenID      = 40003
	errForeignUser = 43104
	errNoRight     = 48001
)

// CheckText asks the provider whether a text may be shown. Faults: ErrUncheckable, RATE_LIMITED,
// UNAVAILABLE, PROVIDER_TIMEOUT, PROVIDER_BAD_RESPONSE, APP_MISCONFIGURED.
func (s *Service) CheckText(ctx context.Context, id tenant.ID, app tenant.AppID, in Content) (Finding, error) {
	cred, err := s.open(ctx, id, app)
	if err != nil {
		return Finding{}, err
	}
	if cred.provider != tenant.WeChat {
		return Finding{}, fmt.Errorf("%w: %q has no such call", ErrUncheckable, cred.provider)
	}
	body := map[string]any{"version": checkVersion, "scene": sceneComment, "openid": in.OpenID, "content": in.Text}
	if in.Author != "" {
		body["nickname"] = in.Author
	}
	var answer struct {
		Result struct {
			Suggest string `json:"suggest"`
			Label   int    `json:"label"`
		} `json:"result"`
	}
	err = s.withToken(ctx, id, cred, app, request{
		api: "msg_sec_check", method: http.MethodPost, base: cred.base, path: "/wxa/msg_sec_check", body: body,
	}, &answer)
	if err != nil {
		return Finding{}, uncheckable(err)
	}
	switch answer.Result.Suggest {
	case "pass":
		return Finding{Pass: true}, nil
	case "risky", "review":
		return Finding{Label: strconv.Itoa(answer.Result.Label)}, nil
	}
	return Finding{}, ErrBadResponse.Because(errors.New("msg_sec_check: no suggestion in the answer"))
}

// uncheckable marks refusals that are about the writer or the app's rights, not the moment.
func uncheckable(err error) error {
	if refusal, ok := errors.AsType[*RefusalError](err); ok {
		switch refusal.Code {
		case errNotUsed, errOpenID, errForeignUser, errNoRight:
			return fmt.Errorf("%w: %w", ErrUncheckable, err)
		}
	}
	return err
}

// Picture is a picture of a person's that others are to see.
type Picture struct {
	OpenID string // whose picture it is
	URL    string // where the provider finds it
}

const mediaImage = 2

// CheckPicture asks WeChat whether a picture may be shown. The verdict comes by message, within
// half an hour, with the trace that is returned. Faults: ErrUncheckable, also for an app whose
// messages do not reach us, RATE_LIMITED, UNAVAILABLE, PROVIDER_TIMEOUT, PROVIDER_BAD_RESPONSE,
// APP_MISCONFIGURED.
func (s *Service) CheckPicture(ctx context.Context, id tenant.ID, app tenant.AppID, in Picture) (trace string, err error) {
	cred, err := s.open(ctx, id, app)
	if err != nil {
		return "", err
	}
	if cred.provider != tenant.WeChat || !cred.pushed {
		return "", fmt.Errorf("%w: no verdict on pictures would reach us", ErrUncheckable)
	}
	var answer struct {
		TraceID string `json:"trace_id"`
	}
	err = s.withToken(ctx, id, cred, app, request{
		api: "media_check_async", method: http.MethodPost, base: cred.base, path: "/wxa/media_check_async",
		body: map[string]any{"version": checkVersion, "scene": sceneComment, "openid": in.OpenID, "media_type": mediaImage, "media_url": in.URL},
	}, &answer)
	if err != nil {
		return "", uncheckable(err)
	}
	if answer.TraceID == "" || len(answer.TraceID) > 128 {
		return "", ErrBadResponse.Because(errors.New("media_check_async: no trace in the answer"))
	}
	return answer.TraceID, nil
}
