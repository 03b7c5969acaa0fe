package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"galleria/payments"
	"galleria/payments/wechat"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// till takes the payments of the past: the payment service with bills of its own, and a
// listener with two doors, the desk for calls to the provider and one for the provider's
// callbacks, because the platform's own is not open yet.
type till struct {
	payments *payments.Service
	server   *http.Server
	calls    chan error

	mu    sync.Mutex
	bills map[string]payments.Bill
}

const (
	signers      = 2
	callTimeout  = 3 * time.Second
	messageLimit = 64 << 10
	headerLimit  = 2 * time.Second
	callsWaiting = 16
)

func openTill(ctx context.Context, s *seeding) (*till, error) {
	provider, err := newDesk(s)
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for callbacks: %w", err)
	}
	url := "http://" + listener.Addr().String()
	t := &till{calls: make(chan error, callsWaiting), bills: map[string]payments.Bill{}}
	channel := wechat.New(wechat.Deps{Keys: s.Accounts, Now: s.Clock.Now, Log: s.Log, Signers: signers})
	t.payments = payments.New(payments.Deps{
		DB: s.DB, Accounts: atDesk{s.Accounts, url}, Bills: t, Channels: []payments.Channel{channel}, Books: s.Books, Payouts: nil, Audit: nil, Outbox: s.Outbox, Timers: s.Timers, // nobody of the staff acts here
		Vault: s.Vault, Now: s.Clock.Now, Rand: rand.Reader, Log: s.Log, PublicURL: url,
	})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /notify/"+string(payments.WeChat)+"/"+s.accountKey, t.notified(s))
	mux.Handle("/v3/", provider)
	t.server = &http.Server{Handler: mux, ReadHeaderTimeout: headerLimit}
	go func() { _ = t.server.Serve(listener) }() // ends with close
	return t, nil
}

func (t *till) close() error { return t.server.Close() }

// BillTx implements payments.BillSource.
func (t *till) BillTx(_ context.Context, _ tenantdb.Tx, businessNo string) (payments.Bill, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	bill, ok := t.bills[businessNo]
	if !ok {
		return payments.Bill{}, fault.ErrNotFound
	}
	return bill, nil
}

// begin opens a payment for a bill.
func (t *till) begin(ctx context.Context, s *seeding, who buyer, bill payments.Bill) (payments.ClientParams, error) {
	t.mu.Lock()
	t.bills[bill.BusinessNo] = bill
	t.mu.Unlock()
	return t.payments.Pay(ctx, s.shop.ID, payments.PayInput{BusinessNo: bill.BusinessNo, AppID: s.plan.appID, Payer: who.openID, MemberID: who.memberID})
}

// notified is the callback endpoint of the past.
func (t *till) notified(s *seeding) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, messageLimit))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		ack, err := t.payments.HandleNotification(r.Context(), s.shop.ID, s.accountKey, payments.Notice{Header: r.Header, Body: body})
		w.Header().Set("Content-Type", ack.ContentType)
		w.WriteHeader(ack.Status)
		_, _ = w.Write(ack.Body)
		select {
		case t.calls <- err:
		default: // nobody waits for a repeat
		}
	}
}

// called waits for the provider's callback. If none comes it asks the provider, as the
// query ladder would.
func (t *till) called(ctx context.Context, s *seeding, outTradeNo string) error {
	patience := time.NewTimer(callTimeout)
	defer patience.Stop()
	select {
	case err := <-t.calls:
		if err == nil {
			return nil
		}
		return errors.Join(err, t.payments.Query(ctx, s.shop.ID, outTradeNo))
	case <-patience.C:
		return t.payments.Query(ctx, s.shop.ID, outTradeNo)
	case <-ctx.Done():
		return ctx.Err()
	}
}
