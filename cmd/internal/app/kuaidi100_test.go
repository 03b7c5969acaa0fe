package app_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"galleria/commerce/delivery"
	"galleria/commerce/delivery/kuaidi100"
	"galleria/payments/sandbox/expressgw"
	"galleria/tenant/fault"
	"galleria/tenant/vault"
)

const (
	trackCustomer = "A1B2C3D4E5F60718293A4B5C6D7E8F90"
	trackKey      = "tRackKey1234"
	trackSalt     = "0123456789abcdef0123456789abcdef"
)

// trackService is the sandbox's service with one account, our client's key there, and what came to
// the callback address.
type trackService struct {
	gate   *expressgw.Gateway
	key    delivery.TrackerKey
	client *kuaidi100.Client
	inbox  chan []byte
	url    string
}

func newTrackService(t *testing.T, answer func() (int, string)) *trackService {
	t.Helper()
	gate, err := expressgw.Open(expressgw.Config{Now: time.Now, RetrySchedule: []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	gate.Routes(mux)
	server := httptest.NewServer(mux)
	s := &trackService{
		gate: gate, client: kuaidi100.New(), inbox: make(chan []byte, 32),
		key: delivery.TrackerKey{Base: server.URL, Customer: trackCustomer, Key: vault.NewSecret([]byte(trackKey)), Salt: vault.NewSecret([]byte(trackSalt))},
	}
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.inbox <- body
		status, text := answer()
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	s.url = shop.URL + "/notify"
	t.Cleanup(func() { _ = gate.Close(); server.Close(); shop.Close() })
	if err := gate.AddAccount(expressgw.Account{Customer: trackCustomer, Key: trackKey}); err != nil {
		t.Fatal(err)
	}
	return s
}

func pushTaken() (int, string) {
	_, body := kuaidi100.New().Answer(nil)
	return http.StatusOK, string(body)
}

func trackNumber(t *testing.T, courier, no, tail string) delivery.Number {
	t.Helper()
	c, ok := delivery.CourierOf(courier)
	if !ok {
		t.Fatalf("no courier %s", courier)
	}
	return delivery.Number{Courier: c, TrackingNo: no, PhoneTail: tail}
}

// TestNumberIsFollowed subscribes, is told of every step with a true signature, and asks.
func TestNumberIsFollowed(t *testing.T) {
	t.Parallel()
	s := newTrackService(t, pushTaken)
	n := trackNumber(t, "sf", "SF1234567890123", "1234")
	for range 2 { // the second time it is subscribed already
		if err := s.client.Subscribe(t.Context(), s.key, n, s.url); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.client.Query(t.Context(), s.key, n); !errors.Is(err, delivery.ErrTrackingNone) {
		t.Errorf("nothing known: %v", err)
	}
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for i, step := range []struct {
		code  string
		state delivery.State
		ended bool
	}{
		{"103", delivery.Accepted, false},
		{"1002", delivery.Transit, false},
		{"0", delivery.Transit, false},
		{"204", delivery.Exception, false},
		{"5", delivery.OutForDelivery, false},
		{"301", delivery.Delivered, true},
	} {
		if err := s.gate.Scan(expressgw.Scan{Company: "shunfeng", Number: n.TrackingNo, Code: step.code, Text: "第" + step.code + "步", Place: "浙江,杭州市", At: at.Add(time.Duration(i) * time.Hour)}); err != nil {
			t.Fatal(err)
		}
		news, err := s.client.Read(s.key.Salt, <-s.inbox)
		if err != nil {
			t.Fatal(err)
		}
		last := news.Events[len(news.Events)-1]
		if news.Courier != "sf" || news.TrackingNo != n.TrackingNo || len(news.Events) != i+1 || last.State != step.state || news.Ended != step.ended ||
			!last.At.Equal(at.Add(time.Duration(i)*time.Hour)) || last.Place != "浙江,杭州市" {
			t.Errorf("step %s: %+v", step.code, news)
		}
	}
	events, err := s.client.Query(t.Context(), s.key, n)
	if err != nil || len(events) != 6 || events[0].State != delivery.Accepted || events[5].State != delivery.Delivered {
		t.Errorf("asked: %+v, %v", events, err)
	}
}

// TestServiceRefuses sorts what the service refuses by who can mend it.
func TestServiceRefuses(t *testing.T) {
	t.Parallel()
	s := newTrackService(t, pushTaken)
	good := trackNumber(t, "yto", "YT1234567890123", "")
	wrong := s.key
	wrong.Key = vault.NewSecret([]byte("anotherKey"))
	stranger := s.key
	stranger.Customer = "00000000"
	for name, c := range map[string]struct {
		key   delivery.TrackerKey
		n     delivery.Number
		fault *expressgw.Fault
		want  [2]error // of subscribing, of asking
	}{
		"a wrong key":       {wrong, good, nil, [2]error{delivery.ErrTrackingKey, delivery.ErrTrackingKey}},
		"a wrong customer":  {stranger, good, nil, [2]error{nil, delivery.ErrTrackingKey}},
		"SF without phone":  {s.key, trackNumber(t, "sf", "SF1234567890123", ""), nil, [2]error{delivery.ErrTrackingNumber, delivery.ErrTrackingNumber}},
		"a number too long": {s.key, trackNumber(t, "jd", "JD00000000000000000000000000000000000", ""), nil, [2]error{delivery.ErrTrackingNumber, delivery.ErrTrackingNumber}},
		"busy":              {s.key, good, &expressgw.Fault{Mode: expressgw.ModeCode, Value: "502"}, [2]error{delivery.ErrTrackingBusy, delivery.ErrTrackingBusy}},
		"used up":           {s.key, good, &expressgw.Fault{Mode: expressgw.ModeCode, Value: "601"}, [2]error{delivery.ErrTrackingKey, delivery.ErrTrackingKey}},
		"a proxy's page":    {s.key, good, &expressgw.Fault{Mode: expressgw.ModeGarbage}, [2]error{delivery.ErrTrackingBusy, delivery.ErrTrackingBusy}},
		"http 500":          {s.key, good, &expressgw.Fault{Mode: expressgw.ModeHTTP500}, [2]error{delivery.ErrTrackingBusy, delivery.ErrTrackingBusy}},
		"cut":               {s.key, good, &expressgw.Fault{Mode: expressgw.ModeDrop}, [2]error{delivery.ErrTrackingBusy, delivery.ErrTrackingBusy}},
	} {
		arm := func(target string) {
			if c.fault == nil {
				return
			}
			f := *c.fault
			f.Target = target
			if err := s.gate.Arm(f); err != nil {
				t.Fatal(err)
			}
		}
		arm(expressgw.TargetSubscribe)
		if err := s.client.Subscribe(t.Context(), c.key, c.n, s.url); !errors.Is(err, c.want[0]) {
			t.Errorf("%s: subscribing: %v, want %v", name, err, c.want[0])
		}
		arm(expressgw.TargetQuery)
		if _, err := s.client.Query(t.Context(), c.key, c.n); !errors.Is(err, c.want[1]) {
			t.Errorf("%s: asking: %v, want %v", name, err, c.want[1])
		}
		s.gate.Disarm()
	}
}

// TestNewsIsBelievedOnlySigned refuses what others could have sent.
func TestNewsIsBelievedOnlySigned(t *testing.T) {
	t.Parallel()
	client := kuaidi100.New()
	param := func(change func(m, last map[string]any)) string {
		last := map[string]any{
			"message": "ok", "nu": "YT1234567890123", "com": "yuantong", "status": "200", "state": "0", "ischeck": "0",
			"data": []map[string]string{{"time": "2026-11-20 08:00:00", "ftime": "2026-11-20 08:00:00", "context": "已收件", "statusCode": "1", "status": "揽收"}},
		}
		m := map[string]any{"status": "polling", "message": "", "autoCheck": "0", "comOld": "", "comNew": "", "lastResult": last}
		if change != nil {
			change(m, last)
		}
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	signed := func(change func(m, last map[string]any)) string { return expressgw.Signed(param(change), trackSalt) }
	secret := vault.NewSecret([]byte(trackSalt))
	for name, c := range map[string]struct {
		salt vault.Secret
		body string
		want string
	}{
		"true":                  {secret, signed(nil), ""},
		"without signature":     {secret, "param=" + param(nil), "TRACKING_NEWS"},
		"another's signature":   {secret, expressgw.Signed(param(nil), trackSalt+"x"), "TRACKING_SIGNATURE"},
		"signed with nothing":   {secret, expressgw.Signed(param(nil), ""), "TRACKING_SIGNATURE"},
		"no salt of ours":       {vault.Secret{}, expressgw.Signed(param(nil), ""), "TRACKING_SIGNATURE"},
		"two params":            {secret, signed(nil) + "&param=x", "TRACKING_NEWS"},
		"no form":               {secret, "%zz", "TRACKING_NEWS"},
		"no JSON":               {secret, expressgw.Signed("x", trackSalt), "TRACKING_NEWS"},
		"an unknown courier":    {secret, signed(func(_, last map[string]any) { last["com"] = "rocket" }), "TRACKING_NEWS"},
		"no number":             {secret, signed(func(_, last map[string]any) { last["nu"] = "" }), "TRACKING_NEWS"},
		"an unknown status":     {secret, signed(func(m, _ map[string]any) { m["status"] = "maybe" }), "TRACKING_NEWS"},
		"no time":               {secret, signed(func(_, last map[string]any) { last["data"] = []map[string]string{{"time": "gestern"}} }), "TRACKING_NEWS"},
		"the courier was found": {secret, signed(func(m, last map[string]any) { m["autoCheck"], m["comOld"], last["com"] = "1", "yuantong", "rocket" }), ""},
		"numbers for texts":     {secret, signed(func(_, last map[string]any) { last["state"], last["status"] = 0, 200 }), ""},
	} {
		news, err := client.Read(c.salt, []byte(c.body))
		if fault.CodeOf(err) != c.want && (err != nil || c.want != "") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if c.want == "" && (news.Courier != "yto" || news.TrackingNo != "YT1234567890123" || len(news.Events) != 1) {
			t.Errorf("%s: %+v", name, news)
		}
	}
	given, err := client.Read(secret, []byte(signed(func(m, last map[string]any) {
		m["status"], m["message"], last["data"] = "abort", "3天查询无记录", nil
	})))
	if err != nil || !given.Ended || given.Problem != "3天查询无记录" || len(given.Events) != 0 {
		t.Errorf("given up: %+v, %v", given, err)
	}
}

// TestPushComesAgain: a push that was not taken comes again, a taken one does not.
func TestPushComesAgain(t *testing.T) {
	t.Parallel()
	answers := make(chan string, 4)
	answers <- "<html>502</html>"
	_, no := kuaidi100.New().Answer(delivery.ErrTrackingNews)
	answers <- string(no)
	_, yes := kuaidi100.New().Answer(nil)
	answers <- string(yes)
	s := newTrackService(t, func() (int, string) { return http.StatusOK, <-answers })
	n := trackNumber(t, "yto", "YT1234567890123", "")
	if err := s.gate.Scan(expressgw.Scan{Company: "yuantong", Number: n.TrackingNo, Code: "1", Text: "已收件"}); err != nil {
		t.Fatal(err)
	}
	if err := s.client.Subscribe(t.Context(), s.key, n, s.url); err != nil { // what is known is told at once
		t.Fatal(err)
	}
	for range 3 {
		<-s.inbox
	}
	for deadline := time.Now().Add(5 * time.Second); !s.gate.Books().Pushes[0].Accepted; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("pushes %+v", s.gate.Books().Pushes)
		}
	}
	if got := s.gate.Books().Pushes; len(got) != 1 || len(got[0].Statuses) != 3 || !got[0].NextAt.IsZero() {
		t.Errorf("pushes %+v", got)
	}
}
