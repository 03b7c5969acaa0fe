package notice

import (
	"context"
	"fmt"
	"strings"

	"galleria/commerce/notice/internal/noticedb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// Outcome is what became of a message that was begun.
type Outcome struct {
	State State
	// ProviderID is the provider's number of a message that it took, under which its receipt
	// comes; empty where it gives none.
	ProviderID string
	Code       string // the provider's, of a refusal: "43101"
	Reason     string // in its words or in ours
	// Withdrawn: the buyer wants no more of these, says the provider; no consents are left.
	Withdrawn bool
	// Broken: the provider will take no such message until the merchant has set its template
	// or the app anew.
	Broken bool
	// Untaken: the vendor of text messages did not take it, and takes no money for it.
	Untaken bool
}

// The bounds of what a provider says.
const (
	maxCode   = 64
	maxReason = 300
)

// FinishTx records the outcome of a message that was begun.
func (s *Service) FinishTx(ctx context.Context, tx tenantdb.Tx, m Message, o Outcome) error {
	if o.Withdrawn {
		if _, err := s.q.Refuse(ctx, tx, m.AppID, m.OpenID, m.TemplateID); err != nil {
			return fmt.Errorf("finish message: %w", err)
		}
	}
	if o.Untaken {
		if err := s.unspendSMS(ctx, tx, m); err != nil {
			return err
		}
	}
	return s.finish(ctx, tx, m, o)
}

func (s *Service) finish(ctx context.Context, tx tenantdb.Tx, m Message, o Outcome) error {
	if len(o.ProviderID) > maxCode {
		o.ProviderID = "" // no id of a provider's is so long: no receipt will name it
	}
	err := s.q.Finish(ctx, tx, noticedb.FinishParams{
		Channel: string(m.Channel), Account: m.AppID, ProviderID: o.ProviderID, EventID: m.EventID, Now: tx.Now(),
		State: string(o.State), Code: bounded(o.Code, maxCode), Reason: bounded(o.Reason, maxReason),
	})
	if err != nil {
		return fmt.Errorf("finish message: %w", err)
	}
	return nil
}

// bounded cuts what a provider said to what is kept of it.
func bounded(text string, most int) string {
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
}

// RetryTx undoes BeginTx: the provider said that it has not sent the message and may be
// asked again.
func (s *Service) RetryTx(ctx context.Context, tx tenantdb.Tx, m Message) error {
	if m.FormID != "" {
		if err := s.giveBack(ctx, tx, m); err != nil {
			return fmt.Errorf("retry message: %w", err)
		}
	}
	reopen := s.q.Reopen
	if m.Test {
		reopen = s.q.ReopenTest
	}
	if err := reopen(ctx, tx, m.EventID, string(m.Channel)); err != nil {
		return fmt.Errorf("retry message: %w", err)
	}
	switch m.Channel {
	case SMS:
		return s.uncountSMS(ctx, tx, m)
	case Email:
		return nil
	case Inbox, WeChatSubscribe, AlipayTemplate:
	}
	if m.FormID != "" {
		return nil
	}
	return s.giveBack(ctx, tx, m)
}

// Receipt is what a provider says became of a message that it took.
type Receipt struct {
	ProviderID string
	Delivered  bool
	Code       string // the provider's, of one that did not arrive
	Reason     string // in its words
}

// HearReceipts stores a provider's receipts for messages of an account (an AppID, or the
// shop's account at the provider). One that comes twice counts once, and one that comes
// before the message is known to be sent waits for it. Opens a transaction.
func (s *Service) HearReceipts(ctx context.Context, id tenant.ID, channel Channel, account string, list []Receipt) error {
	if len(list) == 0 {
		return nil
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		for _, r := range list { // a provider's message has one, rarely a few
			if r.ProviderID == "" || len(r.ProviderID) > maxCode {
				continue
			}
			_, err := s.q.Receipt(ctx, tx, noticedb.ReceiptParams{
				Channel: string(channel), Account: account, ProviderID: r.ProviderID, Delivered: r.Delivered,
				Code: bounded(r.Code, maxCode), Reason: bounded(r.Reason, maxReason), Now: tx.Now(),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("hear receipts: %w", err)
	}
	return nil
}

// Answer is what a buyer answered to one template, as the provider tells it.
type Answer struct {
	TemplateID string
	Accepted   bool
}

// HearAnswers stores what the provider says a buyer answered when asked to subscribe. The
// Mini Program reports the same: an acceptance heard here makes sure of one message and adds
// none, and a refusal changes nothing that was allowed before. Opens a transaction.
func (s *Service) HearAnswers(ctx context.Context, id tenant.ID, appID, openID string, list []Answer) error {
	return s.answers(ctx, id, list, func(tx tenantdb.Tx, a Answer) error {
		if !a.Accepted {
			return nil
		}
		return s.q.Allow(ctx, tx, appID, openID, a.TemplateID)
	})
}

// HearChanges stores what a buyer changed in the provider's own settings: a template that is
// refused there may send nothing more. Opens a transaction.
func (s *Service) HearChanges(ctx context.Context, id tenant.ID, appID, openID string, list []Answer) error {
	return s.answers(ctx, id, list, func(tx tenantdb.Tx, a Answer) error {
		if a.Accepted {
			return nil // allows nothing by itself: the next question does
		}
		_, err := s.q.Refuse(ctx, tx, appID, openID, a.TemplateID)
		return err
	})
}

func (s *Service) answers(ctx context.Context, id tenant.ID, list []Answer, each func(tx tenantdb.Tx, a Answer) error) error {
	if len(list) == 0 {
		return nil
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		for _, a := range list { // WeChat asks about five templates at most
			if err := each(tx, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("hear what a buyer allows: %w", err)
	}
	return nil
}
