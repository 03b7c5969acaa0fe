package app_test

import (
	"net/http"
	"strings"
	"testing"

	"galleria/payments/sandbox"
	"galleria/tenant/tenanttest"
)

// TestRealNameOfAReceiver: where 2,000 yuan or more arrive by WeChat a withdrawal needs the
// receiver's name, which lies sealed and is sent encrypted; a wrong one fails at the provider, the
// distributor and the staff read why, and the money may be drawn again under the right one.
func TestRealNameOfAReceiver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("named", 5)
	p := w.promotersOf(s)[0]
	w.owner("UPDATE "+s.ID.String()+".distributor SET available_fen = 1000000 WHERE code = $1", []any{p.code})
	m := &market{shop: s}
	if err := w.sandbox.NameBuyer(s.appID, p.name, "王小明"); err != nil {
		t.Fatal(err)
	}
	const fen = 210_000 // 2,037.42 yuan arrive
	for name, want := range map[string]string{"": "WITHDRAWAL_NAME", "王\n小明": "VALIDATION", "<b>": "VALIDATION", strings.Repeat("王", 51): "VALIDATION", "13800138000": "VALIDATION"} {
		status, body := p.call(http.MethodPost, "/distribution/withdrawals", map[string]any{"way": "wechat", "amount_fen": fen, "name": name}, header{"Idempotency-Key": tenanttest.RandomHex(8)})
		if status < 400 || status >= 500 || !strings.Contains(string(body), want) {
			t.Errorf("the name %q: %d %s", name, status, body)
		}
	}
	if n := w.count(s, "SELECT count(*) FROM withdrawal"); n != 0 {
		t.Fatalf("%d withdrawals of refused requests", n)
	}
	wrong := p.draw(map[string]any{"way": "wechat", "amount_fen": fen, "name": "李雷"})
	if n := w.count(s, "SELECT count(*) FROM withdrawal WHERE position('李雷'::bytea in receiver_sealed) > 0 OR receiver_hint LIKE '%李雷%'"); n != 0 {
		t.Error("the name lies open")
	}
	w.confirms(m, p.name, w.billOf(s, wrong), sandbox.ConfirmInput{})
	w.ends(s, wrong, "failed")
	var drawn struct {
		Items []struct {
			No     string `json:"withdrawal_no"`
			Reason string `json:"reason"`
		} `json:"items"`
	}
	p.must(http.StatusOK, http.MethodGet, "/distribution/withdrawals", nil, &drawn)
	if len(drawn.Items) != 1 || drawn.Items[0].Reason != "NAME_NOT_CORRECT" {
		t.Errorf("%+v", drawn.Items)
	}
	right := p.draw(map[string]any{"way": "wechat", "amount_fen": fen, "name": "王小明"})
	w.confirms(m, p.name, w.billOf(s, right), sandbox.ConfirmInput{})
	w.ends(s, right, "succeeded")
	small := p.draw(map[string]any{"way": "wechat", "amount_fen": 1000})
	w.confirms(m, p.name, w.billOf(s, small), sandbox.ConfirmInput{})
	w.ends(s, small, "succeeded")
	var names []string
	for _, sent := range w.sandbox.Transfers() {
		if sent.MchID == s.mchID {
			names = append(names, sent.Name)
		}
	}
	if got := strings.Join(names, ","); got != "李雷,王小明," {
		t.Errorf("the provider read the names %q", got)
	}
}
