package sandbox_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"galleria/payments/sandbox"
)

// TestCheckText: what the check suggests, what it refuses, and that it knows only people who
// used the app lately.
func TestCheckText(t *testing.T) {
	t.Parallel()
	e := setup(t)
	wantCode(t, e.session(map[string]string{"js_code": e.login()}), 0)
	path := "/wxa/msg_sec_check?access_token=" + e.token()
	body := func(changes map[string]any) map[string]any {
		m := map[string]any{"version": 2, "scene": 2, "openid": e.openid, "content": "豆子很香"}
		maps.Copy(m, changes)
		return m
	}
	for text, want := range map[string]string{"豆子很香": "pass", "加微信领红包": "risky", "老板是骗子": "review"} {
		a := e.mini(http.MethodPost, path, body(map[string]any{"content": text}))
		if result, _ := a.field(t, "result").(map[string]any); result["suggest"] != want {
			t.Errorf("%s: %s", text, a.body)
		}
	}
	for _, c := range []struct {
		changes map[string]any
		want    int
	}{
		{map[string]any{"version": 1}, 47001},
		{map[string]any{"content": ""}, 47001},
		{map[string]any{"content": strings.Repeat("长", 2501)}, 47001},
		{map[string]any{"scene": 5}, 40129},
		{map[string]any{"openid": "oNobody"}, 40003},
		{map[string]any{"unknown": 1}, 47001},
	} {
		wantCode(t, e.mini(http.MethodPost, path, body(c.changes)), c.want)
	}
	wantCode(t, e.mini(http.MethodPost, "/wxa/msg_sec_check", body(nil)), 41001)
	if err := e.server.Arm(sandbox.Fault{Target: sandbox.TargetContent, Mode: sandbox.ModeError, Value: "45009"}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, e.mini(http.MethodPost, path, body(nil)), 45009)
	e.clock.Advance(2*time.Hour + time.Minute)
	wantCode(t, e.mini(http.MethodPost, "/wxa/msg_sec_check?access_token="+e.token(), body(nil)), 61010)
}
