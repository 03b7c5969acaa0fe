package miniprogram

import (
	"errors"
	"strings"
	"testing"
)

// What WeChat's documentation gives as an example.
const (
	docToken  = "AAAAA"
	docAppID  = "wxba5fad812f8e6fb9"
	docSealed = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)

// TestPushOfTheDocumentation opens and verifies the documented messages, and nothing that
// differs from them.
func TestPushOfTheDocumentation(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("A", aesKeySize)
	if !signedBy("f464b24fc39322e44b38aa78f5edd27bd1441696", docToken, "1714036504", "1514711492") {
		t.Error("the documented greeting is refused")
	}
	if !signedBy("046e02f8204d34f8ba5fa3b1db94908f3df2e9b3", docToken, "1714112445", "415670741", docSealed) {
		t.Error("the documented message is refused")
	}
	if signedBy("046e02f8204d34f8ba5fa3b1db94908f3df2e9b3", docToken, "1714112446", "415670741", docSealed) || signedBy("", docToken) {
		t.Error("another message is signed, too")
	}
	message, err := openPush(key, docAppID, docSealed)
	var said struct{ Event string }
	if err != nil || len(message) != 167 || unmarshalPush(message, &said) != nil || said.Event != "debug_demo" {
		t.Errorf("the documented message is %q, %v", message, err)
	}
	for name, tc := range map[string]struct{ key, app, sealed string }{
		"another app": {key, "wxba5fad812f8e6fb8", docSealed},
		"another key": {strings.Repeat("B", aesKeySize), docAppID, docSealed},
		"half of it":  {key, docAppID, docSealed[:len(docSealed)/2]},
		"one block":   {key, docAppID, "AAAAAAAAAAAAAAAAAAAAAA=="},
		"nothing":     {key, docAppID, ""},
		"no base64":   {key, docAppID, "***"},
		"a bad key":   {"*", docAppID, docSealed},
	} {
		if m, err := openPush(tc.key, tc.app, tc.sealed); !errors.Is(err, errPushSealed) {
			t.Errorf("%s: %q, %v", name, m, err)
		}
	}
}

// FuzzOpenPush: whatever comes, it is refused, not a panic.
func FuzzOpenPush(f *testing.F) {
	f.Add(docSealed)
	f.Add("AAAAAAAAAAAAAAAAAAAAAA==")
	f.Fuzz(func(_ *testing.T, sealed string) { _, _ = openPush(strings.Repeat("A", aesKeySize), docAppID, sealed) })
}
