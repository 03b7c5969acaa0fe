package kuaidi100

import (
	"context"
	"crypto/md5" //nolint:gosec // the service's signature; see doc.go
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"galleria/commerce/delivery"
)

const (
	origin      = "https://poll.kuaidi100.com"
	callTimeout = 10 * time.Second
	maxAnswer   = 256 << 10 // far above any trail
	newForm     = "4"       // resultv2: with the finer codes of states
)

// Client is the service's client for all shops. Safe for concurrent use.
type Client struct{ http *http.Client }

// New returns the client.
func New() *Client {
	return &Client{http: &http.Client{
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute},
	}}
}

// Provider implements delivery.Tracker.
func (*Client) Provider() string { return "kuaidi100" }

// flag is a boolean that the service writes as a boolean or as text.
type flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(raw []byte) error {
	switch strings.Trim(string(raw), `"`) {
	case "true":
		*f = true
	case "false", "null", "":
		*f = false
	default:
		return errors.New("is no boolean")
	}
	return nil
}

// text is a value that the service writes as text or as a number.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		*t = text(s)
		return err
	}
	if string(raw) != "null" {
		*t = text(raw)
	}
	return nil
}

type verdict struct {
	Result     flag   `json:"result"`
	ReturnCode text   `json:"returnCode"`
	Message    string `json:"message"`
}

// Subscribe implements delivery.Tracker.
func (c *Client) Subscribe(ctx context.Context, key delivery.TrackerKey, n delivery.Number, callbackURL string) error {
	parameters := map[string]string{"callbackurl": callbackURL, "salt": string(key.Salt.Reveal()), "resultv2": newForm, "autoCom": "0"}
	if n.PhoneTail != "" {
		parameters["phone"] = n.PhoneTail
	}
	param, err := json.Marshal(map[string]any{
		"company": n.Courier.Kuaidi100, "number": n.TrackingNo, "key": string(key.Key.Reveal()), "parameters": parameters,
	})
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	var answer verdict
	if err := c.call(ctx, key.Base, "/poll", url.Values{"schema": {"json"}, "param": {string(param)}}, &answer); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	switch answer.ReturnCode {
	case "200", "501":
		return nil
	case "600", "601":
		return delivery.ErrTrackingKey.Because(answer.cause("subscribe"))
	case "408", "700", "701", "702":
		return delivery.ErrTrackingNumber.Because(answer.cause("subscribe"))
	}
	return delivery.ErrTrackingBusy.Because(answer.cause("subscribe"))
}

const mostReason = 200

// cause is the service's own words, bounded. It never repeats a key there.
func (v verdict) cause(call string) error {
	words := []rune(v.Message)
	return fmt.Errorf("%s: %.8s %s", call, string(v.ReturnCode), string(words[:min(len(words), mostReason)]))
}

// Query implements delivery.Tracker.
func (c *Client) Query(ctx context.Context, key delivery.TrackerKey, n delivery.Number) ([]delivery.Event, error) {
	in := map[string]string{"com": n.Courier.Kuaidi100, "num": n.TrackingNo, "resultv2": newForm, "show": "0", "order": "desc"}
	if n.PhoneTail != "" {
		in["phone"] = n.PhoneTail
	}
	param, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	var answer struct {
		verdict
		result
	}
	form := url.Values{
		"customer": {key.Customer}, "param": {string(param)}, "sign": {sign(string(param), string(key.Key.Reveal()), key.Customer)},
	}
	if err := c.call(ctx, key.Base, "/poll/query.do", form, &answer); err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	// What went well has no returnCode, but status 200; a refusal has its code there, too, in
	// some of the service's answers.
	code := answer.ReturnCode
	if code == "" {
		code = answer.Status
	}
	switch code {
	case "200":
	case "503", "600", "601":
		return nil, delivery.ErrTrackingKey.Because(answer.cause("ask"))
	case "500":
		return nil, delivery.ErrTrackingNone.Because(answer.cause("ask"))
	case "400", "408":
		return nil, delivery.ErrTrackingNumber.Because(answer.cause("ask"))
	default:
		return nil, delivery.ErrTrackingBusy.Because(answer.cause("ask"))
	}
	if !strings.EqualFold(answer.Number, n.TrackingNo) {
		return nil, delivery.ErrTrackingBusy.Because(errors.New("ask: an answer about another number"))
	}
	events, err := answer.events()
	if err != nil {
		return nil, delivery.ErrTrackingBusy.Because(fmt.Errorf("ask: %w", err))
	}
	if len(events) == 0 {
		return nil, delivery.ErrTrackingNone
	}
	return events, nil
}

func (c *Client) call(ctx context.Context, base, path string, form url.Values, out any) error {
	if base == "" {
		base = origin
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(base, "/")+path, strings.NewReader(form.Encode()))
	if err != nil {
		return delivery.ErrTrackingBusy.Because(errors.New("the stored address is none"))
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.http.Do(req)
	if err != nil {
		return delivery.ErrTrackingBusy.Because(err) // bodies are not part of it
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return delivery.ErrTrackingBusy.Because(err)
	case resp.StatusCode != http.StatusOK:
		return delivery.ErrTrackingBusy.Because(fmt.Errorf("HTTP %d", resp.StatusCode))
	case len(raw) > maxAnswer:
		return delivery.ErrTrackingBusy.Because(fmt.Errorf("an answer over %d bytes", maxAnswer))
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return delivery.ErrTrackingBusy.Because(errors.New("the answer is not JSON of the documented form"))
	}
	return nil
}

// sign is the service's signature of parts written one after the other.
func sign(parts ...string) string {
	sum := md5.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // see doc.go
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

func signed(got string, parts ...string) bool {
	return subtle.ConstantTimeCompare([]byte(strings.ToUpper(got)), []byte(sign(parts...))) == 1
}
