package aliyun

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Aliyun's RPC signature
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/tenant/vault"
)

const (
	origin      = "https://dysmsapi.aliyuncs.com"
	callTimeout = 5 * time.Second
	maxAnswer   = 64 << 10
	mostReason  = 200
)

// Client is the vendor's client for all shops. Safe for concurrent use.
type Client struct {
	http *http.Client
	base string
	now  func() time.Time
}

// New returns the client of the vendor itself.
func New(now func() time.Time) *Client { return at(origin, now) }

func at(base string, now func() time.Time) *Client {
	return &Client{base: base, now: now, http: &http.Client{
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute},
	}}
}

// escape encodes as RFC 3986 wants it: a blank is %20, and of signs only -_.~ stay.
func escape(s string) string {
	return strings.NewReplacer("+", "%20", "%7E", "~").Replace(url.QueryEscape(s))
}

// query is the parameters, sorted and encoded.
func query(params map[string]string) string {
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names)
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = escape(name) + "=" + escape(params[name])
	}
	return strings.Join(parts, "&")
}

// sign is the signature of parameters under a method.
func sign(method string, params map[string]string, secret []byte) string {
	mac := hmac.New(sha1.New, slices.Concat(secret, []byte("&")))
	mac.Write([]byte(method + "&" + escape("/") + "&" + escape(query(params))))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// SendText implements notice.Texter.
func (c *Client) SendText(ctx context.Context, key notice.SMSKey, m notice.Text) (string, error) {
	values, err := json.Marshal(m.Values)
	if err != nil {
		return "", err
	}
	var answer struct {
		BizID string `json:"BizId"`
	}
	err = c.call(ctx, key, map[string]string{
		"Action": "SendSms", "PhoneNumbers": phone(m.Phone), "SignName": key.SignName, "TemplateCode": m.Template, "TemplateParam": string(values), "OutId": m.OutID,
	}, &answer)
	return answer.BizID, err
}

// What the vendor's SendStatus says of a message; 1 is on its way.
const (
	statusFailed    = 2
	statusDelivered = 3
)

// AskText implements notice.Texter.
func (c *Client) AskText(ctx context.Context, key notice.SMSKey, to vault.Secret, providerID string, sentAt time.Time) (notice.Receipt, bool, error) {
	var answer struct {
		Details struct {
			List []struct {
				Status  int    `json:"SendStatus"`
				ErrCode string `json:"ErrCode"`
			} `json:"SmsSendDetailDTO"`
		} `json:"SmsSendDetailDTOs"`
	}
	err := c.call(ctx, key, map[string]string{
		"Action": "QuerySendDetails", "PhoneNumber": phone(to), "BizId": providerID, "CurrentPage": "1", "PageSize": "1",
		"SendDate": sentAt.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format("20060102"),
	}, &answer)
	if err != nil || len(answer.Details.List) == 0 {
		return notice.Receipt{}, false, err
	}
	switch d := answer.Details.List[0]; d.Status {
	case statusDelivered:
		return notice.Receipt{ProviderID: providerID, Delivered: true}, true, nil
	case statusFailed:
		return notice.Receipt{ProviderID: providerID, Code: d.ErrCode, Reason: "not delivered by the carrier"}, true, nil
	}
	return notice.Receipt{}, false, nil
}

func phone(number vault.Secret) string {
	return strings.TrimPrefix(strings.TrimPrefix(string(number.Reveal()), "+86"), "+")
}

var errNoAnswer = errors.New("aliyun: no answer that can be read")

// call does one signed request. What the vendor refuses is a *notice.SMSError; any other error
// says nothing about whether it was done.
func (c *Client) call(ctx context.Context, key notice.SMSKey, params map[string]string, out any) error {
	maps.Copy(params, map[string]string{
		"AccessKeyId": key.KeyID, "Format": "JSON", "RegionId": "cn-hangzhou", "SignatureMethod": "HMAC-SHA1", "SignatureNonce": uuid.NewString(),
		"SignatureVersion": "1.0", "Timestamp": c.now().UTC().Format("2006-01-02T15:04:05Z"), "Version": "2017-05-25",
	})
	params["Signature"] = sign(http.MethodPost, params, key.Secret.Reveal())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/", strings.NewReader(query(params)))
	if err != nil {
		return errNoAnswer
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.http.Do(req)
	if err != nil {
		var dial *net.OpError
		if errors.As(err, &dial) && dial.Op == "dial" {
			return &notice.SMSError{Code: "unreachable", Reason: "the vendor was not reached", Later: true}
		}
		return errNoAnswer // the error would show the address
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil || len(raw) > maxAnswer {
		return errNoAnswer
	}
	var status struct{ Code, Message string }
	if json.Unmarshal(raw, &status) != nil || status.Code == "" {
		return fmt.Errorf("%w: HTTP %d", errNoAnswer, resp.StatusCode)
	}
	if status.Code != "OK" {
		return refusal(status.Code, status.Message, params)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return errNoAnswer
	}
	return nil
}

// refusal sorts the vendor's codes by what can be done about them.
func refusal(code, words string, sent map[string]string) error {
	for _, name := range []string{"PhoneNumbers", "PhoneNumber", "TemplateParam"} {
		if sent[name] != "" {
			words = strings.ReplaceAll(words, sent[name], "***")
		}
	}
	r := []rune(words)
	e := &notice.SMSError{Code: code, Reason: string(r[:min(len(r), mostReason)])}
	switch code {
	case "Throttling.User", "Throttling", "ServiceUnavailable":
		e.Later = true
	case "isv.SMS_TEMPLATE_ILLEGAL", "isv.TEMPLATE_MISSING_PARAMETERS", "isv.TEMPLATE_PARAMS_ILLEGAL", "isv.INVALID_JSON_PARAM", "isv.SMS_SIGNATURE_ILLEGAL",
		"isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE", "isv.PRODUCT_UN_SUBSCRIPT", "isv.PRODUCT_UNSUBSCRIBE", "isv.ACCOUNT_NOT_EXISTS", "isv.ACCOUNT_ABNORMAL",
		"InvalidAccessKeyId.NotFound", "InvalidAccessKeyId.Inactive", "SignatureDoesNotMatch", "isp.RAM_PERMISSION_DENY":
		e.Broken = true
	}
	return e
}
