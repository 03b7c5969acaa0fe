package payments_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/sandbox"
	"galleria/payments/sandbox/alipaygw"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// T063, T051 in the form of Alipay and UnionPay: what a stranger signs, or nobody, writes
// nothing and is counted.
func TestT063T051ForgedSignatures(t *testing.T) {
	t.Parallel()
	eachSeller(t, func(t *testing.T, s *seller) {
		t.Helper()
		no, buy := s.start("ORDER1")
		if err := buy(); err != nil {
			t.Fatal(err)
		}
		signatures := int64(0)
		for name, n := range s.forge(no) {
			ack, err := s.hand(n)
			s.wantNotTaken(name, ack, err)
			switch {
			case errors.Is(err, payments.ErrNoticeSignature):
				signatures++
			case !errors.Is(err, payments.ErrNoticeMalformed):
				t.Errorf("%s: %v, want SIGNATURE_INVALID or NOTIFICATION_MALFORMED", name, err)
			}
			if ack.Status >= http.StatusInternalServerError {
				t.Errorf("%s: %d, want a 4xx", name, ack.Status)
			}
		}
		s.wantUnpaid(no)
		if got := s.service.Stats(); got.BadSignatures != signatures || signatures < 4 || got.Anomalies != 0 {
			t.Errorf("stats %+v after %d bad signatures", got, signatures)
		}
		if n := count(s.kit, "SELECT count(*)::int FROM payment_event") + len(s.anomalies()); n != 0 {
			t.Errorf("%d rows were written by forged messages", n)
		}
		s.wantTaken(s.tell(no, nil))
		s.wantPaidOnce(no)
	})
}

// T063, T055: fifty copies at once, taken by two processes, are one effect and fifty oks.
func TestT063T055ParallelCopies(t *testing.T) {
	t.Parallel()
	eachSeller(t, func(t *testing.T, s *seller) {
		t.Helper()
		no, buy := s.start("ORDER1")
		if err := buy(); err != nil {
			t.Fatal(err)
		}
		n := s.tell(no, nil)
		processes := []*payments.Service{s.service, s.process()}
		var wait sync.WaitGroup
		for i := range 50 {
			wait.Go(func() {
				ack, err := s.handTo(processes[i%2], s.account.Key, n)
				if err != nil || ack.Status != http.StatusOK || string(ack.Body) != s.good {
					t.Errorf("copy %d: %d %q %v", i, ack.Status, ack.Body, err)
				}
			})
		}
		wait.Wait()
		s.wantPaidOnce(no)
		if n := count(s.kit, "SELECT count(*)::int FROM payment_event"); n != 1 {
			t.Errorf("%d event rows, want 1", n)
		}
	})
}

// T063, T056: a number that is not ours, one of another account, and money for a closed
// shop are anomalies and never ok.
func TestT063T056UnknownNumbers(t *testing.T) {
	t.Parallel()
	eachSeller(t, func(t *testing.T, s *seller) {
		t.Helper()
		no, buy := s.start("ORDER1")
		if err := buy(); err != nil {
			t.Fatal(err)
		}
		ack, err := s.hand(s.tell(no, func(m map[string]string) { m[s.number] = "20260101000000NOTOURS00001" }))
		s.wantNotTaken("unknown number", ack, err)

		// Another account of the shop, whose keys are the same: its true message names a
		// number of the first.
		other := s.account
		other.Key = strings.Repeat("z", 26)
		s.InTenant(t, func(tx tenantdb.Tx) error {
			return tx.QueryRow(t.Context(), `INSERT INTO payment_account (account_key, channel, mode, name, merchant_no, app_ids, config)
				SELECT $1, channel, mode, 'other', merchant_no || '9', '{}', config FROM payment_account WHERE id = $2 RETURNING id`, other.Key, s.account.ID).Scan(&other.ID)
		})
		ack, err = s.handTo(s.serviceOf(oneAccount{other}, s.channel), other.Key, s.tell(no, nil))
		s.wantNotTaken("another account's number", ack, err)
		s.wantUnpaid(no)

		closed := s.tell(no, nil)
		closed.ShopClosed = true
		ack, err = s.hand(closed)
		s.wantNotTaken("money for a closed shop", ack, err)
		s.wantUnpaid(no)
		reasons := map[string]bool{}
		for _, got := range s.anomalies() {
			reasons[got.Reason] = got.Blocking
		}
		if !reasons["unknown_number"] || !reasons["other_account"] || !reasons["state"] {
			t.Errorf("anomalies %v, want unknown_number, other_account and state", reasons)
		}
		s.wantTaken(s.tell(no, nil))
		s.wantTaken(closed) // what was paid before is acknowledged
		s.wantPaidOnce(no)
	})
}

// T063, T059: with Postgres away the answer is a 5xx in time, never ok, and the repeat pays.
func TestT063T059PostgresAway(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, s *seller) {
		t.Helper()
		no, buy := s.start("ORDER1")
		if err := buy(); err != nil {
			t.Fatal(err)
		}
		n := s.tell(no, nil)
		release := s.holdTheOnlyConnection()
		started := time.Now()
		ack, err := s.hand(n)
		if fault.KindOf(err) != fault.Unavailable || ack.Status < http.StatusInternalServerError || string(ack.Body) == s.good || time.Since(started) > 5*time.Second {
			t.Errorf("pool exhausted: %d %q %v after %s, want a 5xx within 5 s", ack.Status, ack.Body, err, time.Since(started))
		}
		release()
		s.wantUnpaid(no)
		s.wantTaken(n)
		s.wantPaidOnce(no)
	}
	eachSeller(t, run, oneConnection())
}

func oneConnection() tenanttest.Option {
	return tenanttest.WithConfig(func(c *tenantdb.Config) { c.LaneConns, c.AcquireTimeout = 1, 2*time.Second })
}

// holdTheOnlyConnection leaves a shop made with oneConnection without any, until release.
func (k *kit) holdTheOnlyConnection() (release func()) {
	held, done := make(chan struct{}), make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		_ = k.DB.InTenant(k.t.Context(), k.Tenant.ID, func(tenantdb.Tx) error {
			close(held)
			<-done
			return nil
		})
	})
	<-held
	return func() {
		close(done)
		wait.Wait()
	}
}

// T063, T061: a genuine message at another shop's address, or at none, has no effect, and
// the right address takes it afterwards.
func TestT063T061OtherPath(t *testing.T) {
	t.Parallel()
	eachSeller(t, func(t *testing.T, s *seller) {
		t.Helper()
		no, buy := s.start("ORDER1")
		if err := buy(); err != nil {
			t.Fatal(err)
		}
		n := s.tell(no, nil)
		b := sellers()[string(s.account.Channel)](t)
		ack, err := b.hand(n)
		b.wantNotTaken("at B's address", ack, err)
		if rows := b.attempts("ORDER1"); len(rows) != 0 {
			t.Errorf("B has %+v", rows)
		}
		for _, key := range []string{"", "nosuchaccountkey0000000000", strings.ToUpper(s.account.Key), s.account.Key + "/"} {
			ack, err := s.handTo(s.service, key, n)
			if !errors.Is(err, payments.ErrNoticeUnknownAccount) {
				t.Errorf("path %q: %v, want UNKNOWN_ACCOUNT", key, err)
			}
			s.wantNotTaken("path "+key, ack, err)
		}
		s.wantUnpaid(no)
		s.wantTaken(n)
		s.wantPaidOnce(no)
	})
}

// T073 in every channel: the answer to a refund is lost before or after it was done, or is
// none, and the process that asked is gone. The next one asks about the same number, and the
// money goes back once.
func TestT073RefundsOfEveryChannel(t *testing.T) {
	t.Parallel()
	eachSeller(t, func(t *testing.T, s *seller) {
		t.Helper()
		for _, mode := range []string{"cut_after_doing", "drop", "http_500", "garbage", "truncated"} {
			business := "ORDER-" + mode
			no, buy := s.start(business)
			if err := buy(); err != nil {
				t.Fatal(err)
			}
			s.wantTaken(s.tell(no, nil))
			refund, err := s.requestRefund(no, payments.OrderCancelled)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.spoil(mode); err != nil {
				t.Fatal(err)
			}
			if err := s.execute(refund); err == nil {
				t.Errorf("%s: the provider's answer was believed", mode)
			}
			if got := s.refundStatus(refund); got != "requested" || s.attempt(no).Reserved != 1234 { // the provider may or may not know it
				t.Errorf("%s: the refund is %s, and %d reserved", mode, got, s.attempt(no).Reserved)
			}
			s.service = s.process()
			s.untilRefund(refund, "succeeded")
			made := slices.DeleteFunc(s.refunds(), func(n string) bool { return n != refund })
			if len(made) != 1 {
				t.Errorf("%s: the provider made %d refunds under %s", mode, len(made), refund)
			}
			if n := count(s.kit, "SELECT count(*)::int FROM refund WHERE business_no = $1", business); n != 1 {
				t.Errorf("%s: %d refunds of one payment", mode, n)
			}
			if got := s.attempt(no); got.Refunded != 1234 || got.Reserved != 0 {
				t.Errorf("%s: %+v", mode, got)
			}
		}
	})
}

// T077 in every channel: buyers pay in the moment in which their bills are closed, by two
// processes. What was paid counts, what was not is closed, at the provider and here.
func TestT077EveryChannelPaidOrClosed(t *testing.T) {
	t.Parallel()
	eachSeller(t, func(t *testing.T, s *seller) {
		t.Helper()
		const bills = 12
		processes := []*payments.Service{s.service, s.process()}
		numbers, buys, paid := make([]string, bills), make([]func() error, bills), make([]bool, bills)
		for i := range bills {
			numbers[i], buys[i] = s.start(fmt.Sprintf("ORDER%d", i))
		}
		var wait sync.WaitGroup
		for i := range bills {
			wait.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				paid[i] = buys[i]() == nil
			})
			wait.Go(func() {
				if _, err := processes[i%2].CloseAll(t.Context(), s.Tenant.ID, fmt.Sprintf("ORDER%d", i)); err != nil && fault.KindOf(err) != fault.Unavailable {
					t.Errorf("close: %v", err)
				}
			})
		}
		wait.Wait()
		counted := 0
		for i, no := range numbers {
			if _, err := s.service.CloseAll(t.Context(), s.Tenant.ID, fmt.Sprintf("ORDER%d", i)); err != nil {
				t.Errorf("close again: %v", err)
			}
			if err := s.service.Query(t.Context(), s.Tenant.ID, no); err != nil { // as the watch over closed numbers does
				t.Errorf("query: %v", err)
			}
			want := "closed"
			if paid[i] {
				want = "succeeded"
				counted++
			}
			if got := s.attempt(no); got.Status != want || got.Surplus {
				t.Errorf("%s, paid %v: %+v", no, paid[i], got)
			}
		}
		if n := s.succeeded(); n != counted {
			t.Errorf("%d success events for %d payments", n, counted)
		}
	})
}

// bothWays are the accounts of a shop with one at Alipay beside its WeChat Pay's.
type bothWays struct {
	payments.Accounts
	alipay payments.Account
}

func (b bothWays) ByKey(ctx context.Context, id tenant.ID, key string) (payments.Account, error) {
	if key == b.alipay.Key {
		return b.alipay, nil
	}
	return b.Accounts.ByKey(ctx, id, key)
}

func (b bothWays) Recent(ctx context.Context, id tenant.ID, key string) (payments.Account, error) {
	return b.ByKey(ctx, id, key)
}

func (b bothWays) ByID(ctx context.Context, id tenant.ID, row int64) (payments.Account, error) {
	if row == b.alipay.ID {
		return b.alipay, nil
	}
	return b.Accounts.ByID(ctx, id, row)
}

func (b bothWays) ForApp(ctx context.Context, id tenant.ID, channel payments.Code, appID string) (payments.Account, error) {
	if channel == payments.Alipay {
		return b.alipay, nil
	}
	return b.Accounts.ForApp(ctx, id, channel, appID)
}

// T081: a buyer has a code of WeChat Pay, changes to Alipay, and pays both at once. Changing
// closes the first at its provider; where that provider takes the money all the same, one
// counts and the other goes back.
func TestT081WeChatPayAndAlipayAtOnce(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	wechatApp, wechatKey := k.appID, k.account.Key
	k.toAlipay()
	alipayKey := k.account.Key
	k.appID = wechatApp
	k.service = k.serviceOf(bothWays{k.accounts, k.opened}, k.wechat(), alipayChannel())
	code := func(business string, channel payments.Code) (payments.ClientParams, string) {
		params, err := k.service.Pay(t.Context(), k.Tenant.ID, payments.PayInput{BusinessNo: business, AppID: wechatApp, Channel: channel, Scene: payments.QR})
		if err != nil {
			t.Fatalf("%s: %v", channel, err)
		}
		rows := k.attempts(business)
		return params, rows[len(rows)-1].OutTradeNo
	}

	k.bill("CHANGED")
	_, first := code("CHANGED", payments.WeChat)
	_, second := code("CHANGED", payments.Alipay)
	if got := k.attempt(first).Status; got != "closed" || second == first {
		t.Errorf("after the change the code of WeChat Pay is %s", got)
	}
	if open := count(k, "SELECT count(*)::int FROM payment_attempt WHERE business_no = 'CHANGED' AND status = 'prepaid'"); open != 1 {
		t.Errorf("%d open attempts, want 1", open)
	}
	_, third := code("CHANGED", payments.WeChat)
	if got := k.attempt(second).Status; got != "closed" || third == first {
		t.Errorf("after the change back Alipay's code is %s", got)
	}

	k.bill("TWICE")
	_, wechatNo := code("TWICE", payments.WeChat)
	// Closed here, and WeChat Pay takes the money all the same.
	k.Owner(t, "UPDATE "+k.Tenant.ID.String()+".payment_attempt SET status = 'closed' WHERE out_trade_no = $1", wechatNo)
	shown, alipayNo := code("TWICE", payments.Alipay)
	if _, err := k.provider.Alipay().Pay(alipaygw.PayInput{QRCode: shown.CodeURL, Buyer: "li"}); err != nil {
		t.Fatal(err)
	}
	told := map[string]payments.Notice{
		wechatKey: k.notice(sandbox.NotificationInput{OutTradeNo: wechatNo, Mutate: func(m map[string]any) { m["trade_type"] = "NATIVE" }}),
		alipayKey: k.alipayNotice(alipaygw.NotificationInput{OutTradeNo: alipayNo}),
	}
	var wait sync.WaitGroup
	for key, n := range told {
		wait.Go(func() {
			if ack, err := k.service.HandleNotification(t.Context(), k.Tenant.ID, key, n); err != nil {
				t.Errorf("%d %s %v", ack.Status, ack.Body, err)
			}
		})
	}
	wait.Wait()
	surplus := 0
	for _, r := range k.attempts("TWICE") {
		if r.Status != "succeeded" {
			t.Errorf("%s is %s, want succeeded", r.OutTradeNo, r.Status)
		}
		if r.Surplus {
			surplus++
		}
	}
	if surplus != 1 || k.succeeded() != 1 || len(k.Events(t, payments.TopicRefundRequested)) != 1 {
		t.Errorf("%d surplus, %d success events, %d refunds asked for, want one each", surplus, k.succeeded(), len(k.Events(t, payments.TopicRefundRequested)))
	}
}
