package app_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"galleria/cmd/internal/app"
	"galleria/commerce/order"
	"galleria/commerce/review"
	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// pushes sets the messages of a shop's app up, as its merchant does in WeChat's console.
func (w *world) pushes(s *shop) sandbox.Push {
	w.t.Helper()
	id, _ := tenant.ParseAppID(s.appID)
	keys, err := w.MiniProgram.NewPush(w.t.Context(), s.ID, id)
	if err != nil {
		w.t.Fatal(err)
	}
	push := sandbox.Push{URL: w.base + "/notify/miniprogram/" + s.appID, Token: keys.Token, AESKey: keys.AESKey}
	if err := w.sandbox.SetPush(w.t.Context(), sandbox.PushInput{AppID: s.appID, Push: push}); err != nil {
		w.t.Fatal(err)
	}
	return push
}

// picture uploads a picture of its own, and returns its address.
func (b *buyer) picture(seed uint8) string {
	b.w.t.Helper()
	img := image.NewGray(image.Rect(0, 0, 128, 128))
	for i := range img.Pix {
		img.Pix[i] = uint8(i) * seed
	}
	var raw, form bytes.Buffer
	if err := png.Encode(&raw, img); err != nil {
		b.w.t.Fatal(err)
	}
	m := multipart.NewWriter(&form)
	part, _ := m.CreateFormFile("file", "x.png")
	_, _ = part.Write(raw.Bytes())
	_ = m.Close()
	req, _ := http.NewRequestWithContext(b.w.t.Context(), http.MethodPost, b.w.base+"/api/v1/pictures", &form)
	req.Header.Set("Content-Type", m.FormDataContentType())
	req.Header.Set("X-App-Id", b.shop.appID)
	req.Header.Set("Authorization", "Bearer "+b.token)
	res, err := b.w.client.Do(req)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	said, _ := io.ReadAll(res.Body)
	var got struct{ URL string }
	if err := json.Unmarshal(said, &got); err != nil || got.URL == "" {
		b.w.t.Fatalf("upload: %d %s", res.StatusCode, said)
	}
	return got.URL
}

// TestPicturesOfReviews: WeChat judges each picture of a review by a message. Until the last of
// them nobody else sees the review; a message that is forged changes nothing; where none comes
// a person decides.
func TestPicturesOfReviews(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	w := newWorld(t, func(c *app.Config) { c.MediaDir = folder })
	s := w.openShop("pictures", 20)
	push := w.pushes(s)
	b := w.login(s, "小明")
	var lines []int64
	for i := range 4 {
		no := b.order(1).OrderNo
		b.pay(no)
		b.waitFor(no, "paid", 20*time.Second)
		if _, err := w.Orders.Ship(t.Context(), s.ID, order.ShipInput{OrderNo: no, Courier: "sf", TrackingNo: "SF1234567890" + itoa(int64(100+i)), Actor: "staff:1"}); err != nil {
			t.Fatal(err)
		}
		b.must(http.StatusOK, http.MethodPost, "/orders/"+no+"/receive", nil, nil)
	}
	eventually(t, 20*time.Second, "four lines to review", func() bool {
		var todo struct {
			Items []struct {
				LineID int64 `json:"line_id"`
			}
		}
		b.must(http.StatusOK, http.MethodGet, "/reviews/pending", nil, &todo)
		lines = lines[:0]
		for _, l := range todo.Items {
			lines = append(lines, l.LineID)
		}
		return len(lines) == 4
	})
	write := func(line int64, body string, pictures ...string) (id int64) {
		var out struct{ ID int64 }
		b.must(http.StatusCreated, http.MethodPost, "/reviews", map[string]any{"line_id": line, "score": 5, "body": body, "pictures": pictures}, &out)
		return out.ID
	}
	status := func(id int64) (status string) {
		w.scan(s, "SELECT status || ' ' || doubt FROM review WHERE id = $1", []any{id}, &status)
		return status
	}
	arm := func(f sandbox.Fault) {
		if err := w.sandbox.Arm(f); err != nil {
			t.Fatal(err)
		}
	}

	// The first copy is forged and refused, what follows is true; the other picture's verdict is
	// lost at WeChat for good, so the review waits.
	arm(sandbox.Fault{Target: sandbox.TargetPush, Mode: sandbox.ModeCorruptSignature})
	arm(sandbox.Fault{Target: sandbox.TargetPush, Mode: sandbox.ModeDrop})
	half := write(lines[0], "两张图", b.picture(3), b.picture(5))
	count := func() (n int64) {
		w.scan(s, "SELECT count(*) FROM review_picture WHERE review_id = $1 AND verdict = 'pass'", []any{half}, &n)
		return n
	}
	eventually(t, 30*time.Second, "one of two verdicts", func() bool { return count() == 1 })
	if got := status(half); got != "waiting " {
		t.Errorf("with one verdict of two the review is %q", got)
	}
	var asked int64
	w.scan(s, "SELECT count(*) FROM platform.timer WHERE topic = 'review.pictures'", nil, &asked)
	if asked != 1 {
		t.Errorf("%d timers for the silent one", asked)
	}
	if err := w.DB.InTenant(t.Context(), s.ID, func(tx tenantdb.Tx) error { return w.Reviews.SilentTx(t.Context(), tx, half, review.First) }); err != nil {
		t.Fatal(err)
	}
	if got := status(half); got != "flagged silent" {
		t.Errorf("without a verdict the review is %q", got)
	}

	good := write(lines[1], "很好看", b.picture(7))
	eventually(t, 30*time.Second, "a good picture", func() bool { return status(good) == "published " })
	arm(sandbox.Fault{Target: sandbox.TargetPush, Mode: sandbox.ModeRisky, Value: "20002"})
	bad := write(lines[2], "看图", b.picture(11))
	eventually(t, 30*time.Second, "a bad picture", func() bool { return status(bad) == "flagged 20002" })
	arm(sandbox.Fault{Target: sandbox.TargetPush, Mode: sandbox.ModeDuplicate})
	twice := write(lines[3], "重复通知", b.picture(13))
	eventually(t, 30*time.Second, "a verdict told twice", func() bool { return status(twice) == "published " })

	// What is not signed with the app's keys, or sealed for another app, is nobody's word.
	sealed, err := sandbox.SealPush(push.AESKey, s.appID, "0123456789abcdef", []byte(`{"Event":"wxa_media_check","trace_id":"x","result":{"suggest":"pass"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		app, body string
		want      int
	}{
		"unsigned": {s.appID, `{"Encrypt":"` + sealed + `"}`, http.StatusForbidden},
		"plain":    {s.appID, `{"Event":"wxa_media_check","trace_id":"x"}`, http.StatusForbidden},
		"no JSON":  {s.appID, "\x00", http.StatusForbidden},
		"XML":      {s.appID, "<xml><Encrypt>" + sealed + "</Encrypt></xml>", http.StatusForbidden},
		"nobody's": {"wx0000000000000000", `{"Encrypt":"x"}`, http.StatusNotFound},
		"no app":   {"x", `{}`, http.StatusNotFound},
	} {
		q := url.Values{"msg_signature": {strings.Repeat("0", 40)}, "signature": {"x"}, "timestamp": {"1"}, "nonce": {"2"}}
		if got, answer := w.heard(w.base+"/notify/miniprogram/"+tc.app+"?"+q.Encode(), tc.body); got != tc.want {
			t.Errorf("%s: %d %s, want %d", name, got, answer, tc.want)
		}
	}
	// Other keys void the old ones.
	w.pushes(s)
	if err := w.sandbox.SetPush(t.Context(), sandbox.PushInput{AppID: s.appID, Push: push}); err == nil {
		t.Error("the old keys still greet")
	}
}
