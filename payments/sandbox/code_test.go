package sandbox_test

import (
	"bytes"
	"image/png"
	"maps"
	"net/http"
	"strings"
	"testing"

	"galleria/payments/sandbox"
)

// TestUnlimitedCode: a code is a picture, what cannot be one is refused in JSON.
func TestUnlimitedCode(t *testing.T) {
	t.Parallel()
	e := setup(t)
	path := "/wxa/getwxacodeunlimit?access_token=" + e.token()
	body := func(changes map[string]any) map[string]any {
		m := map[string]any{"scene": "c=K7Q2M9XT&p=12", "page": "pages/product/show", "check_path": true, "env_version": "release", "width": 430}
		maps.Copy(m, changes)
		return m
	}
	for _, changes := range []map[string]any{nil, {"width": 280}, {"page": "pages/draft/show", "check_path": false, "env_version": "trial"}} {
		a := e.mini(http.MethodPost, path, body(changes))
		img, err := png.Decode(bytes.NewReader(a.body))
		if err != nil {
			t.Fatalf("%v: %v: %.200s", changes, err, a.body)
		}
		want := 430
		if changes["width"] != nil {
			want = 280
		}
		if img.Bounds().Dx() != want || img.Bounds().Dy() != want {
			t.Errorf("%v: %v", changes, img.Bounds())
		}
	}
	for _, c := range []struct {
		changes map[string]any
		want    int
	}{
		{map[string]any{"scene": ""}, 47001},
		{map[string]any{"scene": strings.Repeat("a", 33)}, 40169},
		{map[string]any{"scene": "a b"}, 40129},
		{map[string]any{"scene": "100%"}, 40129},
		{map[string]any{"scene": "店"}, 40129},
		{map[string]any{"env_version": "beta"}, 40129},
		{map[string]any{"page": "/pages/index"}, 41030},
		{map[string]any{"page": "pages/index?a=1"}, 41030},
		{map[string]any{"page": "pages/draft/show"}, 41030},
		{map[string]any{"width": 279}, 40097},
		{map[string]any{"width": 1281}, 40097},
		{map[string]any{"width": "430"}, 47001},
		{map[string]any{"query": "a=1"}, 47001},
	} {
		wantCode(t, e.mini(http.MethodPost, path, body(c.changes)), c.want)
	}
	wantCode(t, e.mini(http.MethodPost, "/wxa/getwxacodeunlimit", body(nil)), 41001)
	wantCode(t, e.mini(http.MethodGet, path, nil), 43002)
	if err := e.server.Arm(sandbox.Fault{Target: sandbox.TargetCode, Mode: sandbox.ModeError, Value: "45009"}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, e.mini(http.MethodPost, path, body(nil)), 45009)
}
