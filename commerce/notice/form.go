package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// TemplateKind is what lets a template be sent to a buyer. WeChat has subscriptions alone.
type TemplateKind string

// The kinds. A template of trades carries the trade_no of a payment of its buyer, one of forms
// the number of a form that the buyer submitted.
const (
	BySubscription TemplateKind = "subscription"
	ByTrade        TemplateKind = "trade"
	ByForm         TemplateKind = "form"
)

// TemplateKinds lists them in the order of the console.
func TemplateKinds() []TemplateKind { return []TemplateKind{BySubscription, ByTrade, ByForm} }

// formLife is how long a number lets messages through: a trade from its payment, a form from its
// submission. Each lets through three (the schema says so too). Source: AlipayDocs/open-docs,
// the pages of FORM_ID_OVER_TIME and of the form component, which says three; for trades no
// source gives another number.
const formLife = 7 * 24 * time.Hour

// maxForms is how many numbers of one buyer wait to be used at the most.
const maxForms = 20

// Trade is a payment through Alipay, whose number lets messages through.
type Trade struct {
	No     string // trade_no
	PaidAt time.Time
}

// HandInForm keeps the number of a form that a buyer submitted in an Alipay Mini Program. A
// number that is known, and one too many, changes nothing. Opens a transaction. Faults:
// MESSAGE_FORM in a Mini Program without forms.
func (s *Service) HandInForm(ctx context.Context, id tenant.ID, appID, openID, formID string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		alipay, err := s.q.HandInForm(ctx, tx, appID, openID, formID, tx.Now(), tx.Now().Add(formLife), maxForms)
		if err == nil && !alipay {
			return ErrForm
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("hand in a form: %w", err)
	}
	return nil
}

// paidTx keeps the number of a payment of a buyer; repeating it changes nothing.
func (s *Service) paidTx(ctx context.Context, tx tenantdb.Tx, appID, openID string, t *Trade) error {
	if t == nil || openID == "" {
		return nil
	}
	if err := s.q.PutTrade(ctx, tx, appID, openID, t.No, t.PaidAt, t.PaidAt.Add(formLife)); err != nil {
		return fmt.Errorf("keep the number of a trade: %w", err)
	}
	return nil
}

// bound is a template as the database gives it.
type bound struct {
	Kind       TemplateKind    `json:"kind"`
	TemplateID string          `json:"template_id"`
	Page       string          `json:"page"`
	Fields     json.RawMessage `json:"fields"`
}

// permit spends what lets one of the templates through: of the buyer's numbers the one that ends
// first, or else a subscription, which does not end. why says what is missing.
func (s *Service) permit(ctx context.Context, tx tenantdb.Tx, in BeginInput, list []bound) (by bound, formID, why string, err error) {
	of, kinds := map[TemplateKind]bound{}, []string{}
	for _, t := range list {
		of[t.Kind] = t
		if t.Kind != BySubscription {
			kinds = append(kinds, string(t.Kind))
		}
	}
	if len(kinds) > 0 {
		kind, formID, err := s.spendForm(ctx, tx, in, kinds)
		if err != nil || formID != "" {
			return of[kind], formID, "", err
		}
		why = "no form"
		if len(kinds) == 1 {
			why = "no " + kinds[0]
		}
	}
	if t, ok := of[BySubscription]; ok {
		why = "not subscribed"
		spent, err := s.q.SpendConsent(ctx, tx, in.AppID, in.OpenID, t.TemplateID)
		if err != nil || spent > 0 {
			return t, "", "", err
		}
	}
	return bound{}, "", why, nil
}

// spendForm uses the number of a buyer that ends first; formID is empty where there is none.
func (s *Service) spendForm(ctx context.Context, tx tenantdb.Tx, in BeginInput, kinds []string) (kind TemplateKind, formID string, err error) {
	if _, err := s.q.LockForms(ctx, tx, in.AppID, in.OpenID, tx.Now()); err != nil {
		return "", "", err
	}
	row, err := s.q.SpendForm(ctx, tx, in.AppID, in.OpenID, kinds, tx.Now(), in.EventID)
	if tenantdb.NoRows(err) {
		return "", "", nil
	}
	return TemplateKind(row.Kind), row.FormID, err
}

// NextFormTx is for a message whose number the provider refused, and which was not sent: the
// number lets nothing more through, and the message gets the buyer's next. ok is false where
// there is none: FinishTx says so then.
func (s *Service) NextFormTx(ctx context.Context, tx tenantdb.Tx, m Message) (next Message, ok bool, err error) {
	if err := s.q.VoidForm(ctx, tx, tx.Now(), m.EventID); err != nil {
		return m, false, fmt.Errorf("next form: %w", err)
	}
	_, m.FormID, err = s.spendForm(ctx, tx, BeginInput{EventID: m.EventID, AppID: m.AppID, OpenID: m.OpenID}, []string{string(m.Kind)})
	if err != nil {
		return m, false, fmt.Errorf("next form: %w", err)
	}
	return m, m.FormID != "", nil
}

// giveBack returns what a message had spent that is not sent after all.
func (s *Service) giveBack(ctx context.Context, tx tenantdb.Tx, m Message) error {
	if m.FormID != "" {
		return s.q.ReturnForm(ctx, tx, m.EventID)
	}
	return s.q.ReturnConsent(ctx, tx, m.AppID, m.OpenID, m.TemplateID)
}
