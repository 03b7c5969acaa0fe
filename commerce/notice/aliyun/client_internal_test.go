package aliyun

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/commerce/notice"
	"galleria/tenant/vault"
)

// TestPublishedSignatures: the examples of Aliyun's documentation.
func TestPublishedSignatures(t *testing.T) {
	t.Parallel()
	regions := map[string]string{
		"AccessKeyId": "testid", "Action": "DescribeRegions", "Format": "XML", "SignatureMethod": "HMAC-SHA1",
		"SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf", "SignatureVersion": "1.0", "Timestamp": "2016-02-23T12:46:24Z", "Version": "2014-05-26",
	}
	if got := sign(http.MethodGet, regions, []byte("testsecret")); got != "OLeaidS1JvxuMvnyHOwuJ+uX5qY=" {
		t.Errorf("DescribeRegions: %s", got)
	}
	sms := map[string]string{
		"AccessKeyId": "testId", "Action": "SendSms", "Format": "XML", "OutId": "123", "PhoneNumbers": "15300000001", "RegionId": "cn-hangzhou",
		"SignName": "阿里云短信测试专用", "SignatureMethod": "HMAC-SHA1", "SignatureNonce": "45e25e9b-0a6f-4070-8c85-2956eda1b466", "SignatureVersion": "1.0",
		"TemplateCode": "SMS_71390007", "TemplateParam": `{"customer":"test"}`, "Timestamp": "2017-07-12T02:42:19Z", "Version": "2017-05-25",
	}
	if got := sign(http.MethodGet, sms, []byte("testSecret")); got != "zJDF+Lrzhj/ThnlvIToysFRq6t4=" {
		t.Errorf("SendSms: %s", got)
	}
	if got := escape("a b+c*~/é"); got != "a%20b%2Bc%2A~%2F%C3%A9" {
		t.Error(got)
	}
}

const (
	keyID  = "LTAI5tExample0001"
	secret = "s3cretS3cretS3cretS3cret000001"
)

// vendor plays the service: it verifies signatures by its own code, from the body as it came.
type vendor struct {
	*httptest.Server

	mu     sync.Mutex
	nonces map[string]bool
	say    string // a body instead of its own
	status int    // SendStatus of everything
	seen   []map[string]string
}

func newVendor(t *testing.T) *vendor {
	t.Helper()
	v := &vendor{nonces: map[string]bool{}, status: 1}
	v.Server = httptest.NewServer(http.HandlerFunc(v.serve))
	t.Cleanup(v.Close)
	return v
}

// encode is the documented rule, byte by byte.
func encode(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func (v *vendor) serve(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	refuse := func(code string) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"Code": code, "Message": "refused for 13800138000"})
	}
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost || r.URL.Path != "/" {
		refuse("InvalidParameter")
		return
	}
	var pairs []string
	got := map[string]string{}
	for name, values := range r.PostForm {
		if len(values) != 1 {
			refuse("InvalidParameter")
			return
		}
		got[name] = values[0]
		if name != "Signature" {
			pairs = append(pairs, encode(name)+"="+encode(values[0]))
		}
	}
	sort.Strings(pairs)
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	_, _ = io.WriteString(mac, "POST&%2F&"+encode(strings.Join(pairs, "&")))
	at, err := time.Parse(time.RFC3339, got["Timestamp"])
	switch {
	case got["AccessKeyId"] != keyID:
		refuse("InvalidAccessKeyId.NotFound")
		return
	case got["Signature"] != base64.StdEncoding.EncodeToString(mac.Sum(nil)):
		refuse("SignatureDoesNotMatch")
		return
	case err != nil || time.Since(at).Abs() > 15*time.Minute || v.nonces[got["SignatureNonce"]] || got["Version"] != "2017-05-25":
		refuse("SignatureNonceUsed")
		return
	}
	v.nonces[got["SignatureNonce"]] = true
	v.seen = append(v.seen, got)
	switch {
	case v.say != "":
		_, _ = io.WriteString(w, v.say)
	case got["Action"] == "SendSms":
		_, _ = io.WriteString(w, `{"Code":"OK","Message":"OK","BizId":"9006197469364984^0","RequestId":"F655A8D5"}`)
	case got["Action"] == "QuerySendDetails":
		_, _ = fmt.Fprintf(w, `{"Code":"OK","Message":"OK","TotalCount":"1","SmsSendDetailDTOs":{"SmsSendDetailDTO":[{"SendStatus":%d,"ErrCode":"DELIVERED","Content":"x"}]}}`, v.status)
	}
}

func (v *vendor) answers(body string, status int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.say, v.status = body, status
}

func key(secret string) notice.SMSKey {
	return notice.SMSKey{Provider: notice.SMSVendor, KeyID: keyID, Secret: vault.NewSecret([]byte(secret)), SignName: "山野茶铺"}
}

// TestTextIsSent: what is signed is taken, what is not is refused, and every refusal says what
// can be done, without the phone.
func TestTextIsSent(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	c := at(v.URL, time.Now)
	text := notice.Text{Phone: vault.NewSecret([]byte("+8613800138000")), Template: "SMS_154950909", Values: map[string]string{"title": "高山 云雾+绿茶*~&=", "no": "2026"}, OutID: "e1"}
	id, err := c.SendText(t.Context(), key(secret), text)
	if err != nil || id != "9006197469364984^0" {
		t.Fatalf("%q %v", id, err)
	}
	if got := v.seen[0]; got["PhoneNumbers"] != "13800138000" || got["SignName"] != "山野茶铺" || got["TemplateCode"] != "SMS_154950909" || got["OutId"] != "e1" ||
		!strings.Contains(got["TemplateParam"], `高山 云雾+绿茶*~`) {
		t.Errorf("%+v", got)
	}
	for name, tc := range map[string]struct {
		secret, says  string
		code          string
		later, broken bool
	}{
		"another secret": {secret + "x", "", "SignatureDoesNotMatch", false, true},
		"throttled":      {secret, `{"Code":"Throttling.User","Message":"x"}`, "Throttling.User", true, false},
		"no template":    {secret, `{"Code":"isv.SMS_TEMPLATE_ILLEGAL","Message":"x"}`, "isv.SMS_TEMPLATE_ILLEGAL", false, true},
		"no money":       {secret, `{"Code":"isv.AMOUNT_NOT_ENOUGH","Message":"x"}`, "isv.AMOUNT_NOT_ENOUGH", false, true},
		"too many":       {secret, `{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"13800138000"}`, "isv.BUSINESS_LIMIT_CONTROL", false, false},
		"wrong number":   {secret, `{"Code":"isv.MOBILE_NUMBER_ILLEGAL","Message":"x"}`, "isv.MOBILE_NUMBER_ILLEGAL", false, false},
	} {
		v.answers(tc.says, 1)
		_, err := c.SendText(t.Context(), key(tc.secret), text)
		refused, ok := errors.AsType[*notice.SMSError](err)
		if !ok || refused.Code != tc.code || refused.Later != tc.later || refused.Broken != tc.broken || strings.Contains(err.Error(), "13800138000") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, body := range []string{"<html>", `{}`, strings.Repeat("x", maxAnswer+1), `{"Code":"OK","BizId":7}`} {
		v.answers(body, 1)
		_, err := c.SendText(t.Context(), key(secret), text)
		if _, refused := errors.AsType[*notice.SMSError](err); err == nil || refused {
			t.Errorf("%.20s: %v; it may have been sent", body, err)
		}
	}
	_, err = at("http://127.0.0.1:1", time.Now).SendText(t.Context(), key(secret), text)
	if refused, ok := errors.AsType[*notice.SMSError](err); !ok || !refused.Later {
		t.Errorf("nobody listens: %v", err)
	}
}

// TestTextIsAskedAbout: on its way, delivered, not delivered, unknown.
func TestTextIsAskedAbout(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	c := at(v.URL, time.Now)
	ask := func() (notice.Receipt, bool) {
		r, known, err := c.AskText(t.Context(), key(secret), vault.NewSecret([]byte("13800138000")), "b^0", time.Date(2026, 7, 1, 17, 0, 0, 0, time.UTC))
		if err != nil {
			t.Error(err)
		}
		return r, known
	}
	if r, known := ask(); known {
		t.Errorf("on its way: %+v", r)
	}
	if got := v.seen[0]; got["SendDate"] != "20260702" || got["BizId"] != "b^0" || got["PhoneNumber"] != "13800138000" {
		t.Errorf("%+v", got)
	}
	v.answers("", statusDelivered)
	if r, known := ask(); !known || !r.Delivered || r.ProviderID != "b^0" {
		t.Errorf("delivered: %+v %v", r, known)
	}
	v.answers("", statusFailed)
	if r, known := ask(); !known || r.Delivered || r.Code != "DELIVERED" {
		t.Errorf("failed: %+v %v", r, known)
	}
	v.answers(`{"Code":"OK","SmsSendDetailDTOs":{"SmsSendDetailDTO":[]}}`, 0)
	if _, known := ask(); known {
		t.Error("of an unknown one something is known")
	}
}
