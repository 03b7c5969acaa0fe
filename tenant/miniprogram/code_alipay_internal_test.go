package miniprogram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"galleria/tenant/egress"
)

// TestPictureOfALiveApp: an address in Alipay's answer is asked over https, without anything that
// is ours, and only if it is public; what comes back has its meaning.
func TestPictureOfALiveApp(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	guarded := &Service{outside: egress.New().Do}
	for _, address := range []string{
		"", "/img?id=1", "%zz", "https://127.0.0.1/x", "http://127.0.0.1:7001/x", "http://localhost/x", "https://[::1]/x", "https://10.0.0.1/x", "https://169.254.169.254/latest/meta-data/",
		"https://2130706433/x", "https://db.internal/x", "https://a@codes.alipay.com/x", "https://codes.alipay.com:8443/x", "ftp://codes.alipay.com/x", "file:///etc/passwd",
	} {
		if body, err := guarded.alipayPicture(ctx, credential{}, address); !errors.Is(err, ErrBadResponse) || body != nil {
			t.Errorf("%q: %v, want PROVIDER_BAD_RESPONSE", address, err)
		}
	}
	for _, c := range []struct {
		given, asked string
		answer       egress.Response
		err, want    error
	}{
		{"http://codes.alipay.com/show?id=A*1&zoom=original", "https://codes.alipay.com/show?id=A*1&zoom=original", egress.Response{Status: http.StatusOK, Body: []byte("picture")}, nil, nil},
		{"https://codes.alipay.com/x", "https://codes.alipay.com/x", egress.Response{Status: http.StatusFound}, nil, ErrBadResponse},
		{"https://codes.alipay.com/x", "https://codes.alipay.com/x", egress.Response{Status: http.StatusNotFound}, nil, ErrBadResponse},
		{"https://codes.alipay.com/x", "https://codes.alipay.com/x", egress.Response{Status: http.StatusBadGateway}, nil, ErrProviderBusy},
		{"https://codes.alipay.com/x", "https://codes.alipay.com/x", egress.Response{}, egress.ErrUnreachable.Because(errors.New("refused")), ErrProviderBusy},
		{"https://codes.alipay.com/x", "https://codes.alipay.com/x", egress.Response{}, egress.ErrUnreachable.Because(fmt.Errorf("slow: %w", context.DeadlineExceeded)), ErrProviderTimeout},
		{"https://codes.alipay.com/x", "https://codes.alipay.com/x", egress.Response{}, egress.ErrForbidden, ErrBadResponse},
		{"https://codes.alipay.com/x", "https://codes.alipay.com/x", egress.Response{}, egress.ErrAnswerTooLarge, ErrBadResponse},
	} {
		s := &Service{outside: func(ctx context.Context, r egress.Request) (egress.Response, error) {
			if _, bounded := ctx.Deadline(); !bounded || r.Method != http.MethodGet || r.URL != c.asked || r.Header != nil || r.Body != nil || r.Most != mostPicture {
				t.Errorf("%s is asked for as %+v", c.given, r)
			}
			return c.answer, c.err
		}}
		body, err := s.alipayPicture(ctx, credential{}, c.given)
		if !errors.Is(err, c.want) || (c.want == nil && !bytes.Equal(body, c.answer.Body)) {
			t.Errorf("%s, %d, %v: %v, want %v", c.given, c.answer.Status, c.err, err, c.want)
		}
	}
}
