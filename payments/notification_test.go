package payments_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/sandbox"
	"galleria/tenant/fault"
)

// T050: the genuine message and its repeats over the provider's whole schedule are all
// answered with ok and have one effect.
func TestT050GenuineRepeats(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, a := k.begin("ORDER1")
	for range 16 { // each attempt has a fresh timestamp, nonce and encryption, the same id
		ack, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo, EventID: "EV-1", Mutate: fixed}))
		if err != nil {
			t.Fatal(err)
		}
		wantAck(t, ack, http.StatusOK)
	}
	k.wantPaidOnce(a.OutTradeNo)
	if n := count(k, "SELECT count(*)::int FROM payment_event"); n != 1 {
		t.Errorf("%d event rows, want 1", n)
	}
	// The same fact under another id, as a query's or a second network path's.
	ack, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo, EventID: "EV-2", Mutate: fixed}))
	if err != nil {
		t.Fatal(err)
	}
	wantAck(t, ack, http.StatusOK)
	k.wantPaidOnce(a.OutTradeNo)
}

// fixed gives a message that was never really paid the same payment every time.
func fixed(m map[string]any) { m["transaction_id"] = "4200000000202601010000000001" }

// T051: a signature that is not the provider's is refused, and nothing happens.
func TestT051ForgedSignatures(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		in    sandbox.NotificationInput
		bend  func(n *payments.Notice)
		probe bool
	}{
		"no headers":            {bend: func(n *payments.Notice) { n.Header = http.Header{} }},
		"empty signature":       {bend: func(n *payments.Notice) { n.Header.Set("Wechatpay-Signature", "") }},
		"garbage signature":     {in: sandbox.NotificationInput{Signature: "!!!"}},
		"other key's signature": {in: sandbox.NotificationInput{SignWith: sandbox.SignStranger}},
		"other merchant's key":  {in: sandbox.NotificationInput{SignAs: otherMerchant}},
		"probe":                 {in: sandbox.NotificationInput{SignWith: sandbox.SignProbe}, probe: true},
		"serial swapped":        {in: sandbox.NotificationInput{Serial: "PUB_KEY_ID_0119000000010000000000000000"}},
		"other signature type":  {bend: func(n *payments.Notice) { n.Header.Set("Wechatpay-Signature-Type", "WECHATPAY2-SM2-WITH-SM3") }},
		"body changed by a byte": {bend: func(n *payments.Notice) {
			n.Body = []byte(strings.Replace(string(n.Body), "TRANSACTION", "TRANSACTIOM", 1))
		}},
		"nonce changed":           {bend: func(n *payments.Notice) { n.Header.Set("Wechatpay-Nonce", "another") }},
		"timestamp not a number":  {bend: func(n *payments.Notice) { n.Header.Set("Wechatpay-Timestamp", "now") }},
		"timestamp of the future": {in: sandbox.NotificationInput{TimestampOffset: 6 * time.Minute}},
	}
	k := newKit(t)
	_, a := k.begin("ORDER1")
	probes := 0
	for name, tc := range cases {
		tc.in.OutTradeNo = a.OutTradeNo
		n := k.notice(tc.in)
		if tc.bend != nil {
			tc.bend(&n)
		}
		ack, err := k.handle(n)
		if fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%s: %v, want an unauthenticated fault", name, err)
		}
		wantAck(t, ack, http.StatusUnauthorized)
		if tc.probe {
			probes++
		}
	}
	k.wantUnpaid(a.OutTradeNo)
	if got, want := k.service.Stats(), (payments.Stats{Probes: int64(probes), BadSignatures: int64(len(cases) - probes), Anomalies: 0}); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
	if n := count(k, "SELECT count(*)::int FROM payment_event") + len(k.anomalies()); n != 0 {
		t.Errorf("%d rows were written by forged messages", n)
	}
}

// T052: a captured message is stale after five minutes; a fresh repeat of the same event
// is still taken.
func TestT052ReplayedRequest(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, a := k.begin("ORDER1")
	for _, offset := range []time.Duration{-6 * time.Minute, -5 * time.Minute, 5*time.Minute + 2*time.Second} {
		ack, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo, EventID: "EV-1", TimestampOffset: offset}))
		if !errors.Is(err, payments.ErrNoticeSignature) {
			t.Errorf("signed %s off: %v, want SIGNATURE_INVALID", offset, err)
		}
		wantAck(t, ack, http.StatusUnauthorized)
	}
	k.wantUnpaid(a.OutTradeNo)
	ack, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo, EventID: "EV-1", TimestampOffset: -4 * time.Minute}))
	if err != nil {
		t.Fatal(err)
	}
	wantAck(t, ack, http.StatusOK)
	k.wantPaidOnce(a.OutTradeNo)
}

// T053: a true signature on something that is not ours to believe.
func TestT053ValidlySignedMismatch(t *testing.T) {
	t.Parallel()
	amount := func(field string, v any) func(map[string]any) {
		return func(m map[string]any) { m["amount"].(map[string]any)[field] = v }
	}
	set := func(field string, v any) func(map[string]any) { return func(m map[string]any) { m[field] = v } }
	cases := map[string]struct {
		mutate func(map[string]any)
		reason string
	}{
		"one fen less":     {amount("total", 1233), "amount"},
		"one fen more":     {amount("total", 1235), "amount"},
		"zero":             {amount("total", 0), "amount"},
		"negative":         {amount("total", -1234), "amount"},
		"a string":         {amount("total", "1234"), "amount"},
		"a fraction":       {amount("total", 1234.5), "amount"},
		"beyond int64":     {amount("total", 1e30), "amount"},
		"other app":        {set("appid", "wx0000000000000001"), "app_id"},
		"other merchant":   {set("mchid", otherMerchant), "merchant"},
		"US dollars":       {amount("currency", "USD"), "currency"},
		"no currency":      {amount("currency", ""), "currency"},
		"other trade type": {set("trade_type", "NATIVE"), "trade_type"},
		"not paid":         {set("trade_state", "NOTPAY"), "state"},
		"closed":           {set("trade_state", "CLOSED"), "state"},
		"unheard-of state": {set("trade_state", "MAYBE"), "state"},
		"no transaction":   {set("transaction_id", ""), "state"},
		"no time":          {set("success_time", "yesterday"), "state"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			_, a := k.begin("ORDER1")
			for range 3 { // the provider repeats what was not taken; it adds no row
				ack, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo, EventID: "EV-1", Mutate: tc.mutate}))
				if !errors.Is(err, payments.ErrAnomaly) {
					t.Fatalf("%v, want PAYMENT_ANOMALY", err)
				}
				wantAck(t, ack, http.StatusConflict)
			}
			k.wantUnpaid(a.OutTradeNo)
			if got := k.anomalies(); len(got) != 1 || got[0] != (anomalyRow{tc.reason, true, 3}) {
				t.Errorf("anomalies %+v, want one of %s, seen 3 times", got, tc.reason)
			}
			// The truth, when it comes, still pays.
			if _, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo, EventID: "EV-2"})); err != nil {
				t.Fatal(err)
			}
			k.wantPaidOnce(a.OutTradeNo)
		})
	}
	t.Run("payer of another member", func(t *testing.T) {
		t.Parallel()
		k := newKit(t)
		_, a := k.begin("ORDER1")
		ack, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo, Mutate: set("payer", map[string]any{"openid": "oSomebodyElse"})}))
		if err != nil {
			t.Fatal(err)
		}
		wantAck(t, ack, http.StatusOK)
		k.wantPaidOnce(a.OutTradeNo)
		if got := k.anomalies(); len(got) != 1 || got[0] != (anomalyRow{"payer", false, 1}) {
			t.Errorf("anomalies %+v, want one of payer that does not block", got)
		}
	})
}

// T055: fifty copies at once, taken by two processes, are one effect and fifty oks.
func TestT055ParallelCopies(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, a := k.begin("ORDER1")
	processes := []*payments.Service{k.service, k.newService()}
	copies := make([]payments.Notice, 50)
	for i := range copies {
		copies[i] = k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo, EventID: "EV-1", Mutate: fixed})
	}
	var wait sync.WaitGroup
	for i, n := range copies {
		wait.Go(func() {
			ack, err := processes[i%2].HandleNotification(t.Context(), k.Tenant.ID, k.account.Key, n)
			if err != nil || ack.Status != http.StatusOK {
				t.Errorf("copy %d: %d %v", i, ack.Status, err)
			}
		})
	}
	wait.Wait()
	k.wantPaidOnce(a.OutTradeNo)
	if n := count(k, "SELECT count(*)::int FROM payment_event"); n != 1 {
		t.Errorf("%d event rows, want 1", n)
	}
}

// T056: a number that is not ours, or not this account's, is an anomaly and never ok.
func TestT056UnknownNumber(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	other := k.addAccount(otherMerchant, payments.KeyModeBoth, "wxother0000000001")
	_, a := k.begin("ORDER1")
	ack, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: "NOSUCHNUMBER0001", EventID: "EV-1"}))
	if !errors.Is(err, payments.ErrAnomaly) {
		t.Errorf("unknown number: %v, want PAYMENT_ANOMALY", err)
	}
	wantAck(t, ack, http.StatusConflict)
	// The other merchant's true message names a number of the first merchant.
	n := k.notice(sandbox.NotificationInput{MchID: otherMerchant, OutTradeNo: a.OutTradeNo, EventID: "EV-2"})
	ack, err = k.service.HandleNotification(t.Context(), k.Tenant.ID, other.Key, n)
	if !errors.Is(err, payments.ErrAnomaly) {
		t.Errorf("number of another account: %v, want PAYMENT_ANOMALY", err)
	}
	wantAck(t, ack, http.StatusConflict)
	k.wantUnpaid(a.OutTradeNo)
	reasons := map[string]bool{}
	for _, got := range k.anomalies() {
		reasons[got.Reason] = got.Blocking
	}
	if !reasons["unknown_number"] || !reasons["other_account"] {
		t.Errorf("anomalies %v, want unknown_number and other_account", reasons)
	}
}

// T059: with Postgres away the answer is a 5xx in time, and the repeat pays.
func TestT059PostgresAway(t *testing.T) {
	t.Parallel()
	k := newKit(t, oneConnection())
	_, a := k.begin("ORDER1")
	n := k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo, EventID: "EV-1"})
	release := k.holdTheOnlyConnection()
	started := time.Now()
	ack, err := k.handle(n)
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("pool exhausted: %v, want BUSY", err)
	}
	if ack.Status < 500 || time.Since(started) > 5*time.Second {
		t.Errorf("answer %d after %s, want a 5xx within 5 s", ack.Status, time.Since(started))
	}
	release()
	k.wantUnpaid(a.OutTradeNo)
	if _, err := k.handle(n); err != nil {
		t.Fatalf("the repeat: %v", err)
	}
	k.wantPaidOnce(a.OutTradeNo)
}

// T060: XML on the JSON route is refused unread, whatever it would load.
func TestT060XMLOnJSONRoute(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	hits := make(chan string, 8)
	listener := loopback(t, hits)
	for name, body := range map[string]string{
		"v2 message":      `<xml><return_code>SUCCESS</return_code></xml>`,
		"external entity": `<!DOCTYPE x [<!ENTITY a SYSTEM "` + listener + `">]><x>&a;</x>`,
		"billion laughs":  `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>`,
	} {
		for _, contentType := range []string{"text/xml", "application/json"} {
			h := http.Header{}
			h.Set("Content-Type", contentType)
			soonest := time.Hour
			for range 5 { // a busy machine may hold one of them up
				started := time.Now()
				ack, err := k.handle(payments.Notice{Header: h, Body: []byte(body)})
				soonest = min(soonest, time.Since(started))
				if !errors.Is(err, payments.ErrNoticeMalformed) {
					t.Errorf("%s as %s: %v, want NOTIFICATION_MALFORMED", name, contentType, err)
				}
				wantAck(t, ack, http.StatusBadRequest)
			}
			if soonest > 200*time.Millisecond {
				t.Errorf("%s: took %s, want under 200 ms", name, soonest)
			}
		}
	}
	if len(hits) != 0 {
		t.Errorf("the listener was called: %s", <-hits)
	}
}

// T056: money for a closed shop is an anomaly; what was paid before is acknowledged.
func TestT056ClosedShop(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	closed := func(in sandbox.NotificationInput) payments.Notice {
		n := k.notice(in)
		n.ShopClosed = true
		return n
	}
	_, late := k.begin("ORDER1")
	for range 2 {
		ack, err := k.handle(closed(sandbox.NotificationInput{OutTradeNo: late.OutTradeNo, EventID: "EV-1"}))
		if !errors.Is(err, payments.ErrAnomaly) {
			t.Errorf("money for a closed shop: %v, want PAYMENT_ANOMALY", err)
		}
		wantAck(t, ack, http.StatusConflict)
	}
	k.wantUnpaid(late.OutTradeNo)
	if got := k.anomalies(); len(got) != 1 || got[0] != (anomalyRow{"state", true, 2}) {
		t.Errorf("anomalies %+v, want one of state, seen twice", got)
	}

	_, before := k.begin("ORDER2")
	paid := sandbox.NotificationInput{OutTradeNo: before.OutTradeNo, EventID: "EV-2", Mutate: fixed}
	if _, err := k.handle(k.notice(paid)); err != nil {
		t.Fatal(err)
	}
	ack, err := k.handle(closed(paid))
	if err != nil {
		t.Errorf("repeat of what was paid: %v", err)
	}
	wantAck(t, ack, http.StatusOK)
	k.wantPaidOnce(before.OutTradeNo)
}

// T061: a genuine message on another shop's path, or on no path at all.
func TestT061OtherPath(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, a := k.begin("ORDER1")
	b := newKit(t)
	n := k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo, EventID: "EV-1"})
	// Both shops use the same merchant here, so the signature is even right there.
	ack, err := b.handle(n)
	if !errors.Is(err, payments.ErrAnomaly) || ack.Status == http.StatusOK {
		t.Errorf("on B's path: %d %v, want an anomaly and not ok", ack.Status, err)
	}
	for _, key := range []string{"", "nosuchaccountkey0000000000", strings.ToUpper(k.account.Key), k.account.Key + "/"} {
		ack, err := k.service.HandleNotification(t.Context(), k.Tenant.ID, key, n)
		if !errors.Is(err, payments.ErrNoticeUnknownAccount) {
			t.Errorf("path %q: %v, want UNKNOWN_ACCOUNT", key, err)
		}
		wantAck(t, ack, http.StatusNotFound)
	}
	k.wantUnpaid(a.OutTradeNo)
	if _, err := k.handle(n); err != nil {
		t.Errorf("on its own path: %v", err)
	}
	k.wantPaidOnce(a.OutTradeNo)
}

// A message that is signed and still nonsense must not crash anything.
func TestSignedNonsense(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, a := k.begin("ORDER1")
	resource := func(field string, v any) func(map[string]any) {
		return func(m map[string]any) { m["resource"].(map[string]any)[field] = v }
	}
	cases := map[string]sandbox.NotificationInput{
		"no resource":      {MutateEnvelope: func(m map[string]any) { delete(m, "resource") }},
		"no id":            {MutateEnvelope: func(m map[string]any) { m["id"] = "" }},
		"short nonce":      {MutateEnvelope: resource("nonce", "short")},
		"other algorithm":  {MutateEnvelope: resource("algorithm", "AEAD_SM4_GCM")},
		"bent ciphertext":  {MutateEnvelope: resource("ciphertext", "AAAA")},
		"other APIv3 key":  {EncryptAs: otherMerchant},
		"amount is a list": {Mutate: func(m map[string]any) { m["amount"] = []int{1} }},
	}
	for name, in := range cases {
		in.OutTradeNo = a.OutTradeNo
		ack, err := k.handle(k.notice(in))
		if !errors.Is(err, payments.ErrNoticeMalformed) {
			t.Errorf("%s: %v, want NOTIFICATION_MALFORMED", name, err)
		}
		wantAck(t, ack, http.StatusBadRequest)
		if err != nil && strings.Contains(err.Error(), k.openID) {
			t.Errorf("%s: the error quotes the message: %v", name, err)
		}
	}
	k.wantUnpaid(a.OutTradeNo)
}

// A verified message of a kind that is none of ours is kept and acknowledged.
func TestOtherKindsAreIgnored(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, a := k.begin("ORDER1")
	ack, err := k.handle(k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo, EventType: "COUPON.USE", OriginalType: "coupon"}))
	if err != nil {
		t.Fatal(err)
	}
	wantAck(t, ack, http.StatusOK)
	k.wantUnpaid(a.OutTradeNo)
	if n := count(k, "SELECT count(*)::int FROM payment_event WHERE outcome = 'ignored'"); n != 1 {
		t.Errorf("%d ignored events, want 1", n)
	}
}

// The raw message is kept sealed: nobody reads the payer in the table.
func TestRawMessageIsSealed(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	_, a := k.begin("ORDER1")
	n := k.notice(sandbox.NotificationInput{OutTradeNo: a.OutTradeNo})
	if _, err := k.handle(n); err != nil {
		t.Fatal(err)
	}
	type kept struct{ Body []byte }
	body := query[kept](k, "SELECT body_sealed FROM payment_event")[0].Body
	if len(body) < len(n.Body) || strings.Contains(string(body), "ciphertext") {
		t.Error("the raw message is missing or lies in clear")
	}
}
