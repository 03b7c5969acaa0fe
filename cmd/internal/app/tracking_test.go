package app_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/cmd/internal/app"
	"galleria/commerce/delivery"
	"galleria/commerce/order"
	"galleria/payments/sandbox/expressgw"
	"galleria/tenant/fault"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// follow gives the shop a key at the sandbox's tracking service.
func (w *world) follow(s *shop) {
	w.t.Helper()
	a := expressgw.Account{Customer: tenanttest.RandomHex(16), Key: tenanttest.RandomHex(6)}
	if err := w.sandbox.Express().AddAccount(a); err != nil {
		w.t.Fatal(err)
	}
	err := w.Delivery.SetTracking(w.t.Context(), s.ID, delivery.TrackingInput{Customer: a.Customer, Key: vault.NewSecret([]byte(a.Key)), Base: w.play, Actor: "staff:1"})
	if err != nil {
		w.t.Fatal(err)
	}
}

// inBox is a paid order of one piece in one parcel.
func (b *buyer) inBox(number string) string {
	b.w.t.Helper()
	placed := b.order(1)
	b.pay(placed.OrderNo)
	b.waitFor(placed.OrderNo, "paid", 15*time.Second)
	if _, err := b.w.Orders.Ship(b.w.t.Context(), b.shop.ID, order.ShipInput{OrderNo: placed.OrderNo, Courier: "yto", TrackingNo: number, Actor: "staff:1"}); err != nil {
		b.w.t.Fatal(err)
	}
	return placed.OrderNo
}

type trackedParcel struct {
	Status     string `json:"status"`
	TrackState string `json:"track_state"`
	Track      []struct {
		State string
		Text  string
	}
}

func (b *buyer) tracked(orderNo string) trackedParcel {
	b.w.t.Helper()
	var got struct{ Items []trackedParcel }
	b.must(http.StatusOK, http.MethodGet, "/orders/"+orderNo+"/parcels", nil, &got)
	if len(got.Items) != 1 {
		b.w.t.Fatalf("parcels %+v", got)
	}
	return got.Items[0]
}

func (w *world) scanned(number, code, text string, at time.Time) {
	w.t.Helper()
	if err := w.sandbox.Express().Scan(expressgw.Scan{Company: "yuantong", Number: number, Code: code, Text: text, At: at}); err != nil {
		w.t.Fatal(err)
	}
}

// heard posts what may or may not be news to a shop's tracking address.
func (w *world) heard(address, body string) (status int, answer string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, address, bytes.NewReader([]byte(body)))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(raw)
}

// TestParcelIsFollowed ships a parcel and lets its courier speak: what it says reaches the
// buyer once, in its order, however it came, and the signature lets the order count as
// received earlier. Nobody else's word does.
func TestParcelIsFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, other := w.openShop("tracking", 10), w.openShop("nosy", 10)
	b := w.login(s, "小明")
	const number = "YT1234567890123"
	no := b.inBox(number) // before the shop had a key: followed when it has one
	w.follow(s)
	w.follow(other)
	express := w.sandbox.Express()
	eventually(t, 15*time.Second, "the number to be subscribed", func() bool { return len(express.Books().Subscriptions) == 1 })

	began := time.Now().Add(-5 * time.Hour)
	if err := express.Arm(expressgw.Fault{Target: expressgw.TargetNotify, Mode: expressgw.ModeCorruptSignature}); err != nil {
		t.Fatal(err)
	}
	w.scanned(number, "103", "已揽收", began) // forged once, then repeated with a true signature
	eventually(t, 15*time.Second, "the first word", func() bool { return b.tracked(no).TrackState == "accepted" })
	if err := express.Arm(expressgw.Fault{Target: expressgw.TargetNotify, Mode: expressgw.ModeDuplicate, Count: 8}); err != nil {
		t.Fatal(err)
	}
	w.scanned(number, "5", "正在派件", began.Add(2*time.Hour))
	w.scanned(number, "0", "到达杭州", began.Add(time.Hour)) // told late: it is older
	eventually(t, 15*time.Second, "three words", func() bool { return len(b.tracked(no).Track) == 3 })
	if got := b.tracked(no); got.TrackState != "out_for_delivery" || got.Track[1].Text != "到达杭州" {
		t.Errorf("a late word moved the parcel back: %+v", got)
	}

	mine, err := w.Delivery.Tracking(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := w.Delivery.Tracking(t.Context(), other.ID)
	if err != nil {
		t.Fatal(err)
	}
	salt, err := express.SaltOf("yuantong", number)
	if err != nil {
		t.Fatal(err)
	}
	const signed = `{"status":"shutdown","message":"","autoCheck":"0","lastResult":{"nu":"` + number + `","com":"yuantong","status":"200","state":"3","data":[{"time":"2026-11-20 08:00:00","context":"forged","statusCode":"3"}]}}`
	for name, c := range map[string]struct {
		address, body string
		want          int
	}{
		"without a signature":       {mine.CallbackURL, "param=" + signed, http.StatusUnprocessableEntity},
		"a stranger's signature":    {mine.CallbackURL, expressgw.Signed(signed, "0123"), http.StatusForbidden},
		"at another shop's address": {theirs.CallbackURL, expressgw.Signed(signed, salt), http.StatusForbidden},
		"at nobody's address":       {w.base + "/notify/kuaidi100/00000000000000000000000000", expressgw.Signed(signed, salt), http.StatusNotFound},
		"at a payment's address":    {w.base + "/notify/kuaidi100/" + s.account, expressgw.Signed(signed, salt), http.StatusNotFound},
		"as a payment":              {strings.Replace(mine.CallbackURL, "kuaidi100", "wechat", 1), expressgw.Signed(signed, salt), http.StatusNotFound},
	} {
		if status, answer := w.heard(c.address, c.body); status != c.want || strings.Contains(answer, `"result":true`) {
			t.Errorf("%s: %d %s, want %d", name, status, answer, c.want)
		}
	}
	if got := b.tracked(no); len(got.Track) != 3 || got.Status != "shipped" {
		t.Errorf("somebody else was believed: %+v", got)
	}

	w.scanned(number, "301", "已签收", began.Add(4*time.Hour))
	eventually(t, 15*time.Second, "the parcel to be delivered", func() bool { return b.tracked(no).Status == "delivered" })
	var days int
	eventually(t, 5*time.Second, "the clock to be set", func() bool {
		w.scan(s, "SELECT round(extract(epoch FROM receive_by - now()) / 86400)::integer FROM orders WHERE order_no = $1", []any{no}, &days)
		return days == 7
	})
	var words, moves int
	w.scan(s, "SELECT (SELECT count(*) FROM parcel_track_event), (SELECT count(*) FROM order_event WHERE event = 'deliver')", nil, &words, &moves)
	if words != 4 || moves != 1 {
		t.Errorf("%d words and %d moves are stored, want 4 and 1", words, moves)
	}
}

// TestReturnIsFollowed sends goods back and lets their courier speak: the buyer reads it in the
// case, the staff on its page, and they are told once that there is something to inspect.
func TestReturnIsFollowed(t *testing.T) {
	t.Parallel()
	media := t.TempDir()
	w := newWorld(t, func(c *app.Config) { c.MediaDir = media })
	s := w.openShop("returned", 20)
	w.follow(s)
	b, staff := w.login(s, "小明"), w.signIn(s)
	pages := "/console/" + s.Handle
	staff.submit(pages+"/aftersale-settings", pages+"/aftersale-settings/addresses", url.Values{"name": {"仓库"}, "phone": {"13800000000"}, "address": {"昆明市五华区"}})
	orderNo, line := b.paid(1)
	b.sent(orderNo, line, 1)
	no := b.apply(orderNo, "return", line, 1, b.upload())
	staff.submit(pages+"/aftersales/"+no, pages+"/aftersales/"+no+"/act", url.Values{"event": {"approve"}, "sure": {"1"}, "address_id": {"1"}})
	const number = "YT3234567890123"
	b.must(http.StatusOK, http.MethodPost, "/aftersales/"+no+"/send-back", map[string]any{"courier": "yto", "tracking_no": number}, nil)
	subscribed := func() bool {
		return slices.ContainsFunc(w.sandbox.Express().Books().Subscriptions, func(x expressgw.Subscription) bool { return x.Number == number })
	}
	eventually(t, 15*time.Second, "the number to be subscribed", subscribed)
	began := time.Now().Add(-5 * time.Hour)
	w.scanned(number, "0", "到达昆明", began)
	w.scanned(number, "301", "仓库已签收", began.Add(time.Hour))
	var got struct {
		State string                  `json:"back_track_state"`
		Track []struct{ Text string } `json:"back_track"`
	}
	eventually(t, 15*time.Second, "the goods to arrive", func() bool {
		b.must(http.StatusOK, http.MethodGet, "/aftersales/"+no, nil, &got)
		return got.State == "delivered" && len(got.Track) == 2 && got.Track[0].Text == "仓库已签收"
	})
	if page := staff.get(pages + "/aftersales/" + no); !strings.Contains(page, "仓库已签收") || !strings.Contains(page, "到达昆明") {
		t.Error("the desk does not show where the parcel is")
	}
	eventually(t, 15*time.Second, "the staff to hear of it", func() bool { return strings.Contains(staff.get(pages+"/notices"), "退货已签收") })
}

// TestWordsAtOnce: whatever order the courier's words are stored in, and by however many at
// once, the parcel stands where its newest word says.
func TestWordsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("words", 10)
	b := w.login(s, "小红")
	w.follow(s)
	const number = "YT2234567890123"
	no := b.inBox(number)
	eventually(t, 15*time.Second, "the number to be subscribed", func() bool { return len(w.sandbox.Express().Books().Subscriptions) == 1 })
	mine, err := w.Delivery.Tracking(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	salt, err := w.sandbox.Express().SaltOf("yuantong", number)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 12 {
		code := "0"
		if i == 11 {
			code = "3"
		}
		at := time.Date(2026, 11, 20, 8, i, 0, 0, time.UTC).Format("2006-01-02 15:04:05")
		param := `{"status":"polling","message":"","autoCheck":"0","lastResult":{"nu":"` + number + `","com":"yuantong","status":"200","state":"` + code +
			`","data":[{"time":"` + at + `","context":"word","statusCode":"` + code + `"}]}}`
		group.Go(func() {
			if status, answer := w.heard(mine.CallbackURL, expressgw.Signed(param, salt)); status != http.StatusOK {
				t.Errorf("word %d: %d %s", i, status, answer)
			}
		})
	}
	group.Wait()
	if got := b.tracked(no); got.TrackState != "delivered" || len(got.Track) != 12 {
		t.Errorf("%s after %d words", got.TrackState, len(got.Track))
	}
}

// TestLostPushIsAskedFor: a parcel of which nothing came for a day is asked about; nobody asks
// twice in half an hour; a key that is refused is said, and used no more until it is replaced.
func TestLostPushIsAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("asking", 10)
	b := w.login(s, "小刚")
	w.follow(s)
	express := w.sandbox.Express()
	const number = "YT3234567890123"
	no := b.inBox(number)
	eventually(t, 15*time.Second, "the number to be subscribed", func() bool { return len(express.Books().Subscriptions) == 1 })
	if err := express.Arm(expressgw.Fault{Target: expressgw.TargetNotify, Mode: expressgw.ModeDrop, Count: 100}); err != nil {
		t.Fatal(err)
	}
	w.scanned(number, "1", "已揽收", time.Now().Add(-time.Hour))
	var parcel string
	w.scan(s, "SELECT parcel_no FROM parcel_track", nil, &parcel)
	if err := w.Delivery.AskDue(t.Context(), s.ID, parcel); err != nil {
		t.Fatal(err)
	}
	if got := b.tracked(no); got.TrackState != "accepted" {
		t.Errorf("asked: %+v", got)
	}
	if err := w.Delivery.Ask(t.Context(), s.ID, parcel); !errors.Is(err, delivery.ErrTrackedLately) {
		t.Errorf("asked again at once: %v", err)
	}
	if err := w.Delivery.Ask(t.Context(), s.ID, "P0"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("nobody's parcel: %v", err)
	}
	if err := express.Arm(expressgw.Fault{Target: expressgw.TargetSubscribe, Mode: expressgw.ModeCode, Value: "601"}); err != nil {
		t.Fatal(err)
	}
	second := b.inBox("YT4234567890123")
	eventually(t, 15*time.Second, "the refused key to be noted", func() bool {
		a, err := w.Delivery.Tracking(t.Context(), s.ID)
		return err == nil && a.Error == "TRACKING_KEY"
	})
	if got := b.tracked(second); got.TrackState != "none" || len(express.Books().Subscriptions) != 1 {
		t.Errorf("with a refused key: %+v", got)
	}
	w.follow(s) // the key is replaced: what waits is followed
	eventually(t, 15*time.Second, "what waited to be subscribed", func() bool { return len(express.Books().Subscriptions) == 2 })
	if err := w.Delivery.SwitchTracking(t.Context(), s.ID, false, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if err := w.Delivery.Ask(t.Context(), s.ID, parcel); !errors.Is(err, delivery.ErrTrackingOff) {
		t.Errorf("switched off: %v", err)
	}
}
