package miniprogram

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"galleria/tenant/upload"
)

// maxAnswer is far above any answer of the calls used here.
const maxAnswer = 64 << 10

type request struct {
	api, method, base, path string
	query                   url.Values
	body                    any
	secrets                 []string // must not appear in any error
	most                    int      // bytes of the answer; 0: maxAnswer
}

// call does one request and decodes the answer into out; into a *[]byte, a picture as it came. The
// provider's errcode comes back as *RefusalError.
func (s *Service) call(ctx context.Context, r request, out any) error {
	var body io.Reader
	if r.body != nil {
		raw, err := json.Marshal(r.body)
		if err != nil {
			return fmt.Errorf("%s: encode: %w", r.api, err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.base+r.path+"?"+r.query.Encode(), body)
	if err != nil {
		return fmt.Errorf("%s: the stored api_base is no address", r.api) // err would show the address
	}
	if body != nil {
		// Without the charset some endpoints misread the body and complain of the openid.
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return unreachable(r.api, err)
	}
	defer func() { _ = resp.Body.Close() }()
	most := cmp.Or(r.most, maxAnswer)
	raw, err := io.ReadAll(io.LimitReader(resp.Body, int64(most)+1))
	if err != nil {
		return unreachable(r.api, err)
	}
	switch {
	case resp.StatusCode >= http.StatusInternalServerError:
		return ErrProviderBusy.Because(fmt.Errorf("%s: HTTP %d", r.api, resp.StatusCode))
	case resp.StatusCode == http.StatusTooManyRequests:
		return ErrThrottled.Because(fmt.Errorf("%s: HTTP %d", r.api, resp.StatusCode))
	case resp.StatusCode != http.StatusOK:
		return ErrBadResponse.Because(fmt.Errorf("%s: HTTP %d", r.api, resp.StatusCode))
	case len(raw) > most:
		return ErrBadResponse.Because(fmt.Errorf("%s: answer over %d bytes", r.api, most))
	}
	if picture, wanted := out.(*[]byte); wanted && upload.Kind(raw) != "" {
		*picture = raw
		return nil
	}
	return decode(r, raw, out)
}

func decode(r request, raw []byte, out any) error {
	var status struct {
		ErrCode number `json:"errcode"`
		ErrMsg  string `json:"errmsg"`
	}
	if err := json.Unmarshal(raw, &status); err != nil {
		return ErrBadResponse.Because(fmt.Errorf("%s: the answer is not JSON of the documented form", r.api))
	}
	if status.ErrCode != 0 {
		return &RefusalError{API: r.api, Code: int(status.ErrCode), Reason: scrub(status.ErrMsg, r.secrets...)}
	}
	if out == nil {
		return nil
	}
	if _, picture := out.(*[]byte); picture {
		return ErrBadResponse.Because(fmt.Errorf("%s: no picture in the answer", r.api))
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return ErrBadResponse.Because(fmt.Errorf("%s: the answer is not JSON of the documented form", r.api))
	}
	return nil
}

// unreachable keeps the reason of a failed request and drops the address around it.
func unreachable(api string, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	var network net.Error
	if errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &network) && network.Timeout()) {
		return ErrProviderTimeout.Because(fmt.Errorf("%s: %w", api, err))
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return ErrProviderBusy.Because(fmt.Errorf("%s: %w: %w", api, errNotReached, err))
	}
	return ErrProviderBusy.Because(fmt.Errorf("%s: %w", api, err))
}

// errNotReached is a request that never left this machine.
var errNotReached = errors.New("not reached")

// number reads an errcode that some old answers give as a string.
type number int

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(b []byte) error {
	v, err := strconv.Atoi(strings.Trim(string(b), `"`))
	if err != nil {
		return errors.New("errcode is not a number")
	}
	*n = number(v)
	return nil
}

// text reads an id or a code that a provider gives as text or as a number.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		var s string
		err := json.Unmarshal(b, &s)
		*t = text(s)
		return err
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return errors.New("is neither text nor a number")
	}
	*t = text(n.String())
	return nil
}
