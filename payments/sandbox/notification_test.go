package sandbox_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"galleria/payments/sandbox"
)

func TestNotificationBuilder(t *testing.T) {
	t.Parallel()
	e := setup(t)
	e.prepay("NOTICE0001", nil)
	cases := map[string]struct {
		in       sandbox.NotificationInput
		verifies bool
		serial   string
	}{
		"true":            {sandbox.NotificationInput{}, true, e.merchant.PublicKeyID},
		"wrong amount":    {sandbox.NotificationInput{Mutate: func(tx map[string]any) { tx["amount"] = map[string]any{"total": 1, "currency": "CNY"} }}, true, e.merchant.PublicKeyID},
		"stranger's key":  {sandbox.NotificationInput{SignWith: sandbox.SignStranger}, false, e.merchant.PublicKeyID},
		"other merchant":  {sandbox.NotificationInput{SignAs: bothMchid}, false, e.keysOf(bothMchid).PublicKeyID},
		"probe":           {sandbox.NotificationInput{SignWith: sandbox.SignProbe}, false, e.merchant.PublicKeyID},
		"old":             {sandbox.NotificationInput{TimestampOffset: -10 * time.Minute}, true, e.merchant.PublicKeyID},
		"forged":          {sandbox.NotificationInput{Signature: "c2ln"}, false, e.merchant.PublicKeyID},
		"unknown serial":  {sandbox.NotificationInput{Serial: "PUB_KEY_ID_0"}, true, "PUB_KEY_ID_0"},
		"changed outside": {sandbox.NotificationInput{MutateEnvelope: func(m map[string]any) { m["id"] = "EV-1" }}, true, e.merchant.PublicKeyID},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.in.MchID = mchid
			h, body, err := e.server.Notification(c.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := verifies(t, e.merchant.PublicKeyPEM, h, body); got != c.verifies {
				t.Errorf("verifies: got %v, want %v", got, c.verifies)
			}
			if got := h.Get("Wechatpay-Serial"); got != c.serial {
				t.Errorf("serial: got %s, want %s", got, c.serial)
			}
			tx := resource(t, e.merchant.APIv3Key, body)
			wantTotal := 8880.0
			if name == "wrong amount" {
				wantTotal = 1
			}
			if tx["out_trade_no"] != "NOTICE0001" || total(tx) != wantTotal {
				t.Errorf("content: %v", tx)
			}
			if name == "probe" && !strings.HasPrefix(h.Get("Wechatpay-Signature"), "WECHATPAY/SIGNTEST/") {
				t.Errorf("signature %q has no probe prefix", h.Get("Wechatpay-Signature"))
			}
			wantStamp := strconv.FormatInt(e.clock.Now().Add(c.in.TimestampOffset).Unix(), 10)
			if got := h.Get("Wechatpay-Timestamp"); got != wantStamp {
				t.Errorf("timestamp: got %s, want %s", got, wantStamp)
			}
		})
	}
}
