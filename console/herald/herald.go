package herald

import (
	"context"
	"fmt"
	"log/slog"

	"galleria/console/courier"
	"galleria/console/i18n"
	"galleria/console/staff"
	"galleria/tenant"
	"galleria/tenant/registry"
	"galleria/tenant/signup"
)

// Deps are what the herald works with.
type Deps struct {
	Signups  *signup.Service
	Registry *registry.Service
	Staff    *staff.Service
	Courier  courier.Courier
	// BaseURL is the address browsers reach the console under.
	BaseURL string
	Log     *slog.Logger
}

// Herald writes letters. Safe for concurrent use.
type Herald struct {
	Deps
	texts *i18n.Catalog
}

// New returns the herald.
func New(d Deps) (*Herald, error) {
	texts, err := i18n.Load()
	if err != nil {
		return nil, fmt.Errorf("herald: %w", err)
	}
	return &Herald{Deps: d, texts: texts}, nil
}

// Applicant tells an applicant the news about an application. It speaks to the network:
// never inside a transaction. Faults: NOT_FOUND, MESSAGE_NOT_SENT.
func (h *Herald) Applicant(ctx context.Context, id tenant.ID, news signup.News) error {
	a, err := h.Signups.ByID(ctx, id)
	if err != nil {
		return fmt.Errorf("tell applicant: %w", err)
	}
	person, err := h.Staff.ByID(ctx, a.StaffID)
	if err != nil {
		return fmt.Errorf("tell applicant: %w", err)
	}
	kind := courier.Kind("signup_" + string(news))
	m, ok := h.way(person, kind)
	if !ok {
		h.Log.WarnContext(ctx, "applicant not told: no way to the address", "signup", id.String(), "news", string(news))
		return nil
	}
	lang, _ := i18n.ParseLang(a.Locale)
	text := h.texts.Printer(lang)
	switch news {
	case signup.NewsApproved:
		m.Values = map[string]string{courier.ValueShop: a.Name}
		m.Subject, m.Text = text.T("mail.signup_approved.subject", a.Name), text.T("mail.signup_approved.text", a.Name, h.BaseURL+"/console/signup/progress")
	case signup.NewsRejected:
		m.Values = map[string]string{courier.ValueShop: a.Name}
		m.Subject, m.Text = text.T("mail.signup_rejected.subject", a.Name), text.T("mail.signup_rejected.text", a.Name, a.Reason, h.BaseURL+"/console/signup/shop")
	case signup.NewsReady:
		shop, err := h.Registry.ByID(ctx, a.TenantID)
		if err != nil {
			return fmt.Errorf("tell applicant: %w", err)
		}
		m.Values = map[string]string{courier.ValueShop: shop.Name, courier.ValueHandle: shop.Handle}
		m.Subject, m.Text = text.T("mail.signup_ready.subject", shop.Name), text.T("mail.signup_ready.text", shop.Name, h.BaseURL+"/console/"+shop.Handle+"/onboarding")
	default:
		return fmt.Errorf("tell applicant: no letter says %q", news) //nolint:err113 // a newer release wrote the event
	}
	m.Kind = kind
	if err := h.Courier.Send(ctx, m); err != nil {
		return fmt.Errorf("tell applicant: %w", err)
	}
	return nil
}

// way addresses a letter of a kind to the address that the person has proven, mail before phone.
func (h *Herald) way(person staff.Member, kind courier.Kind) (courier.Message, bool) {
	for _, to := range []courier.Message{{Way: courier.Mail, To: person.Mail}, {Way: courier.SMS, To: person.Phone}} {
		if to.To != "" && h.Courier.Goes(to.Way, kind) {
			return to, true
		}
	}
	return courier.Message{}, false
}
