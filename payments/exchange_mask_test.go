package payments_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"galleria/payments"
	"galleria/payments/sandbox/alipaygw"
)

// kept is an exchange as it stands in the table.
type kept struct{ Step, Asked, Answered string }

// wantKept fails unless every step is kept and nothing of what must be hidden is, neither by
// its value nor, where the provider sent something, by its name.
func (k *kit) wantKept(steps []string, hidden []string, names ...string) {
	k.t.Helper()
	rows := query[kept](k, "SELECT step, asked, answered FROM payment_exchange ORDER BY id")
	var seen []string
	found := map[string]bool{}
	for _, x := range rows {
		seen = append(seen, x.Step)
		for _, secret := range hidden {
			if secret != "" && strings.Contains(x.Asked+x.Answered, secret) {
				k.t.Errorf("%s: %.40q is kept in clear:\n%s\n%s", x.Step, secret, x.Asked, x.Answered)
			}
		}
		for _, text := range []string{x.Asked, x.Answered} {
			_, body, apart := strings.Cut(text, "\n\n")
			if !apart {
				body = text
			}
			var v any
			if json.Unmarshal([]byte(body), &v) == nil {
				k.wantMasked(x.Step, v, names, found)
			}
		}
	}
	for _, step := range steps {
		if !slices.Contains(seen, step) {
			k.t.Errorf("no exchange of %s among %v", step, seen)
		}
	}
	for _, name := range names {
		if !found[name] {
			k.t.Errorf("the provider and we never said %q: the test shows nothing of it", name)
		}
	}
}

func (k *kit) wantMasked(step string, v any, names []string, found map[string]bool) {
	k.t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if text, plain := inner.(string); plain && slices.Contains(names, name) {
				if found[name] = true; text != "***" {
					k.t.Errorf("%s: %s is kept as %.60q", step, name, text)
				}
			}
			k.wantMasked(step, inner, names, found)
		}
	case []any:
		for _, inner := range v {
			k.wantMasked(step, inner, names, found)
		}
	}
}

// What is said with Alipay is kept without signatures, certificates and who the buyer is.
func TestAlipayExchangesAreKeptMasked(t *testing.T) {
	t.Parallel()
	k := newAlipayKit(t)
	pay := func(businessNo string) string {
		brings, no := k.beginAlipay(businessNo, payments.MiniProgram)
		if _, err := k.provider.Alipay().Pay(brings); err != nil {
			t.Fatal(err)
		}
		return no
	}
	no := pay("EXCHANGEALI1")
	if err := k.service.Query(t.Context(), k.Tenant.ID, no); err != nil {
		t.Fatal(err)
	}
	if err := k.execute(k.mustAsk("EXCHANGEALI1", "D1", 100)); err != nil {
		t.Fatal(err)
	}
	if err := k.provider.Alipay().Arm(alipaygw.Fault{Target: alipaygw.TargetRefund, Mode: alipaygw.ModeCutAfterDoing, Match: no}); err != nil {
		t.Fatal(err)
	}
	k.exec("UPDATE refund SET sent_at = sent_at - interval '61 seconds'")
	lost := k.mustAsk("EXCHANGEALI1", "D2", 100)
	_ = k.execute(lost) // the answer is lost, so it is asked about
	k.untilRefund(lost, "succeeded")
	k.beginAlipay("EXCHANGEALI2", payments.MiniProgram)
	if _, err := k.service.CloseAll(t.Context(), k.Tenant.ID, "EXCHANGEALI2"); err != nil {
		t.Fatal(err)
	}
	k.wantKept([]string{"prepay", "query", "close", "refund", "refund_query"}, []string{k.openID, "li***", alipaygw.UserID("li")}, "sign", "buyer_open_id", "buyer_logon_id")
}

// What is said with UnionPay is kept without signatures, certificates and card numbers.
func TestUnionPayExchangesAreKeptMasked(t *testing.T) {
	t.Parallel()
	k := newUnionKit(t)
	params, a := k.begin("EXCHANGEUNI1", payments.App)
	k.buy(params, "")
	k.query(a.OutTradeNo)
	no := k.mustAsk("EXCHANGEUNI1", "D1", 100)
	if err := k.execute(no); err != nil {
		t.Fatal(err)
	}
	k.untilRefund(no, "succeeded")
	k.wantKept([]string{"prepay", "query", "refund", "refund_query"}, []string{"6216", "BEGIN CERTIFICATE", "MII"}, "signature", "signPubKeyCert", "certId", "accNo")
}
