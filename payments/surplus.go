package payments

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"galleria/commerce/money"
	"galleria/payments/internal/paymentsdb"
	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Events and timers of surplus money.
const (
	// TopicSurplus says that money came that its bill cannot use, and goes back. Payload SurplusV1.
	TopicSurplus outbox.Topic = "payments.surplus"
	// TimerSurplus says that CheckSurplus is to be called. Payload QueryV1.
	TimerSurplus outbox.Topic = "payments.surplus_due"

	// surplusLimit is how soon surplus money must be on its way back.
	surplusLimit = 5 * time.Minute
	// surplusAgain is how often it is said again that it is not.
	surplusAgain = time.Hour
)

// SurplusV1 says that late or double money goes back to the buyer.
type SurplusV1 struct {
	OutTradeNo string       `json:"out_trade_no"`
	BusinessNo string       `json:"business_no"`
	Channel    Code         `json:"channel"`
	AmountFen  money.Fen    `json:"amount_fen"`
	Reason     RefundReason `json:"reason"`
}

// surplusTx raises the alarm about surplus money in the transaction that finds it out: a
// finding that people see until the money has gone back, an event, and a timer that looks
// whether it is on its way.
func (s *Service) surplusTx(ctx context.Context, tx tenantdb.Tx, a Attempt, reason RefundReason) error {
	word, expected := reasonLate, "a bill that waits for money"
	if reason == DoublePayment {
		word, expected = reasonDouble, "one payment"
	}
	detail, err := json.Marshal(map[string]string{"expected": expected, "got": strconv.FormatInt(int64(a.AmountFen), 10) + " fen"})
	if err != nil {
		return fmt.Errorf("surplus alarm: %w", err)
	}
	hash := sha256.Sum256([]byte(surplusEvent(a.OutTradeNo)))
	err = s.q.UpsertAnomaly(ctx, tx, paymentsdb.UpsertAnomalyParams{
		AccountID: a.AccountID, EventID: surplusEvent(a.OutTradeNo), Reason: word, Blocking: false, OutTradeNo: a.OutTradeNo,
		Detail: detail, BodyHash: hash[:], Now: tx.Now(),
	})
	if err != nil {
		return fmt.Errorf("surplus alarm: %w", err)
	}
	if err := s.d.Timers.Set(ctx, tx, TimerSurplus, a.OutTradeNo, tx.Now().Add(surplusLimit), QueryV1{OutTradeNo: a.OutTradeNo}); err != nil {
		return fmt.Errorf("surplus alarm: %w", err)
	}
	s.stats.surplus.Add(1)
	s.d.Log.WarnContext(ctx, "money that its bill cannot use goes back", "tenant_id", tx.TenantID().String(), "channel", string(a.Channel),
		"out_trade_no", a.OutTradeNo, "reason", string(reason))
	return s.d.Outbox.Append(ctx, tx, TopicSurplus, a.OutTradeNo, SurplusV1{
		OutTradeNo: a.OutTradeNo, BusinessNo: a.BusinessNo, Channel: a.Channel, AmountFen: a.AmountFen, Reason: reason,
	})
}

// surplusEvent stands for the message in the finding's key: one finding per payment.
func surplusEvent(outTradeNo string) string { return "surplus:" + outTradeNo }

// CheckSurplus looks whether surplus money is on its way back: the provider has accepted a
// refund of it. Otherwise it raises the alarm, and again every hour until it is. Safe to
// repeat. Opens a transaction. Faults: NOT_FOUND.
func (s *Service) CheckSurplus(ctx context.Context, id tenant.ID, outTradeNo string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		a, err := s.attempt(ctx, tx, outTradeNo)
		if err != nil {
			return err
		}
		refunds, err := s.q.RefundsOf(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		last := ""
		for _, r := range refunds {
			last = r.Status
			if status := RefundStatus(r.Status); status == RefundProcessing || status == RefundSucceeded {
				return nil
			}
		}
		s.stats.overdue.Add(1)
		s.d.Log.ErrorContext(ctx, "surplus money is not on its way back", "tenant_id", id.String(), "channel", string(a.Channel),
			"out_trade_no", outTradeNo, "refund", last)
		return s.d.Timers.Set(ctx, tx, TimerSurplus, outTradeNo, tx.Now().Add(surplusAgain), QueryV1{OutTradeNo: outTradeNo})
	})
	if err != nil {
		return fmt.Errorf("check surplus of %s: %w", outTradeNo, err)
	}
	return nil
}
