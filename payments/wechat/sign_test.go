package wechat_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"galleria/payments"
	"galleria/tenant/fault"
)

// G8: signatures wait for a slot and give up with their caller; they do not pile up on
// the CPUs.
func TestSigningIsBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t, payments.KeyModePublicKey)
	release := b.channel.HoldSigners()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.channel.ClientParams(ctx, b.account, payments.PrepayRequest{Scene: payments.MiniProgram, AppID: b.appID}, "wx1"); !errors.Is(err, fault.ErrBusy) {
		t.Errorf("with every slot taken: %v, want BUSY", err)
	}
	for range 20 { // our own lack of CPU must not look like the provider's silence
		if _, err := b.channel.Query(ctx, b.account, "SOMENUMBER"); !errors.Is(err, fault.ErrBusy) {
			t.Errorf("a call with every slot taken: %v, want BUSY", err)
		}
	}
	release()
	if _, err := b.channel.Query(t.Context(), b.account, "SOMENUMBER"); !errors.Is(err, payments.ErrNoSuchNumber) {
		t.Errorf("with a slot free: %v, want the provider's answer", err)
	}
	if _, err := b.channel.ClientParams(t.Context(), b.account, payments.PrepayRequest{Scene: payments.MiniProgram, AppID: b.appID}, "wx1"); err != nil {
		t.Errorf("with a slot free: %v", err)
	}
}
