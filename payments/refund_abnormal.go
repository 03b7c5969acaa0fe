package payments

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// RedirectTo says where the money of an abnormal refund is to go.
type RedirectTo string

// The targets.
const (
	ToBuyerBank    RedirectTo = "buyer_bank"    // a bank card of the buyer's
	ToMerchantBank RedirectTo = "merchant_bank" // the merchant's own account, which then owes it
)

// Redirect is where the money of an abnormal refund is to go. The card and its holder are
// sealed for the provider and kept nowhere.
type Redirect struct {
	OutRefundNo string
	RefundID    string // the provider's number
	To          RedirectTo
	Bank        string // of ToBuyerBank: one of Banks
	Card        string
	Holder      string
}

// Redirector is a channel that brings abnormal refunds elsewhere. Faults as of Refund.
type Redirector interface {
	// Banks lists the words for the banks whose cards are taken.
	Banks() []string
	// RedirectRefund asks for an abnormal refund to be brought elsewhere. What is not
	// abnormal any more is refused.
	RedirectRefund(ctx context.Context, acc Account, in Redirect) (RefundResult, error)
}

// RedirectInput sends the money of an abnormal refund elsewhere.
type RedirectInput struct {
	Redirect
	Actor string // "staff:3"
}

// Banks lists the banks whose cards a channel brings abnormal refunds to; none where it brings
// them nowhere.
func (s *Service) Banks(channel Code) []string {
	ch, err := s.channel(channel)
	if err != nil {
		return nil
	}
	if to, ok := ch.(Redirector); ok {
		return to.Banks()
	}
	return nil
}

var cardForm = regexp.MustCompile(`^[0-9]{12,21}$`)

const mostHolder = 60 // bytes: what is sealed is short

func (in *RedirectInput) check(banks []string) error {
	var fields []fault.Field
	bad := func(path, why string) { fields = append(fields, fault.Field{Path: path, Message: why}) }
	in.Card = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, in.Card)
	in.Holder = strings.TrimSpace(in.Holder)
	switch in.To {
	case ToMerchantBank:
		in.Bank, in.Card, in.Holder = "", "", ""
	case ToBuyerBank:
		if !slices.Contains(banks, in.Bank) {
			bad("bank", "is not a bank whose cards are taken")
		}
		if !cardForm.MatchString(in.Card) {
			bad("card", "must be 12 to 21 digits")
		}
		if in.Holder == "" || len(in.Holder) > mostHolder {
			bad("holder", "must have 1 to 60 bytes")
		}
	default:
		bad("to", "must be buyer_bank or merchant_bank")
	}
	if fields != nil {
		return fault.ErrValidation.With(fields...)
	}
	return nil
}

// RedirectRefund sends the money of an abnormal refund elsewhere. The provider is asked first
// what it knows: a repeat finds the refund under way and changes nothing. Opens
// transactions; the provider is called outside of them. Faults: VALIDATION, NOT_FOUND,
// REFUND_STATE, REFUND_NO_REDIRECT, REFUND_UNDER_WAY, PROVIDER_….
func (s *Service) RedirectRefund(ctx context.Context, id tenant.ID, in RedirectInput) error {
	if err := s.redirectRefund(ctx, id, in); err != nil {
		return fmt.Errorf("redirect refund %s: %w", in.OutRefundNo, err)
	}
	return nil
}

func (s *Service) redirectRefund(ctx context.Context, id tenant.ID, in RedirectInput) error {
	task, err := s.refundTask(ctx, id, in.OutRefundNo)
	if err != nil {
		return err
	}
	if side, err := s.channel(task.channel); err == nil { // what was typed is judged before keys are opened
		if to, ok := side.(Redirector); ok {
			if err := in.check(to.Banks()); err != nil {
				return err
			}
		}
	}
	ch, acc, err := s.refundSide(ctx, id, task)
	if err != nil {
		return err
	}
	to, ok := ch.(Redirector)
	if !ok {
		return ErrNoRedirect
	}
	if task.status != RefundOdd || task.hold != HoldAbnormal || task.refundID == "" {
		return ErrRefundState
	}
	if err := s.notUnderWay(ctx, id, in.OutRefundNo); err != nil {
		return err
	}
	// Recorded before it is asked for: nothing happens that nobody answers for.
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.tellRefund(ctx, tx, in.OutRefundNo, "redirected", task.status, in.Actor, string(in.To)); err != nil {
			return err
		}
		return s.recordRefund(ctx, tx, task, in.Actor, "refund.redirected", map[string]any{"to": string(in.To), "bank": in.Bank})
	})
	if err != nil {
		return err
	}
	in.RefundID = task.refundID
	heard, said := listening(ctx)
	result, err := to.RedirectRefund(heard, acc, in.Redirect)
	s.keepExchanges(ctx, id, about{acc.ID, task.outTradeNo, in.OutRefundNo, stepAbnormal}, said, err)
	if err != nil {
		return err
	}
	result.OutRefundNo = in.OutRefundNo
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.applyRefund(ctx, tx, result) })
}
