package notice

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/tenantdb"
)

// The bounds of a template, as the providers have them.
const (
	maxTemplateID = 64
	maxTemplateOf = 128
	maxKeywords   = 8
)

// keywordShape is what a keyword of a template looks like: thing1, character_string12;
// Alipay's are keyword1, keyword2.
var keywordShape = regexp.MustCompile(`^[a-z_]{1,20}[0-9]{1,2}$`)

// check refuses what the provider would.
func (t Template) check() error {
	kind, ok := KindOf(t.Event)
	if !ok || !slices.Contains(kind.Channels(Buyer), WeChatSubscribe) || !t.plainID() {
		return ErrTemplate.With(ErrTemplate.At("template_id"))
	}
	if len(t.Page) > maxTemplateOf || strings.HasPrefix(t.Page, "/") || (t.Page == "" && t.ofAlipay()) {
		return ErrTemplate.With(ErrTemplate.At("page"))
	}
	if !t.knownKind() {
		return ErrTemplate.With(ErrTemplate.At("kind"))
	}
	if len(t.Fields) == 0 || len(t.Fields) > maxKeywords {
		return ErrTemplate.With(ErrTemplate.At("fields"))
	}
	for keyword, name := range t.Fields {
		if !keywordShape.MatchString(keyword) || !slices.Contains(kind.values, name) {
			return ErrTemplate.With(ErrTemplate.At("fields"))
		}
	}
	return nil
}

func (t Template) plainID() bool {
	return len(t.TemplateID) > 0 && len(t.TemplateID) <= maxTemplateID && strings.TrimSpace(t.TemplateID) == t.TemplateID
}

// knownKind: only Alipay has others than those for subscriptions.
func (t Template) knownKind() bool {
	return t.kind() == BySubscription || (slices.Contains(TemplateKinds(), t.kind()) && t.ofAlipay())
}

// ofAlipay tells by its keywords whether a template is one of Alipay's, which wants a page.
func (t Template) ofAlipay() bool {
	for keyword := range t.Fields {
		if strings.TrimRight(keyword, "0123456789") == "keyword" {
			return true
		}
	}
	return false
}

// SaveTemplate stores which template of a Mini Program tells of an event. Consents that
// buyers gave for another template stay with that one. Faults: MESSAGE_TEMPLATE.
func (s *Service) SaveTemplate(ctx context.Context, id tenant.ID, t Template, actor string) error {
	if err := t.check(); err != nil {
		return err
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.putTemplate(ctx, tx, t); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "message.template", Object: "message:" + t.Event, Detail: map[string]any{
			"app_id": t.AppID, "template_id": t.TemplateID, "kind": string(t.kind()),
		}})
	})
	if err != nil {
		return fmt.Errorf("save message template: %w", err)
	}
	return nil
}

// DropTemplate ends the messages of an event in a Mini Program by a template of a kind;
// repeating it is no error.
func (s *Service) DropTemplate(ctx context.Context, id tenant.ID, t Template, actor string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.DropTemplate(ctx, tx, t.AppID, t.Event, string(t.kind()))
		if err != nil || n == 0 {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "message.template_drop", Object: "message:" + t.Event, Detail: map[string]any{"app_id": t.AppID, "kind": string(t.kind())}})
	})
	if err != nil {
		return fmt.Errorf("drop message template: %w", err)
	}
	return nil
}

// Preview is what a template would show, by keyword.
func (t Template) Preview(f Facts) map[string]string {
	kind, _ := KindOf(t.Event)
	out := make(map[string]string, len(t.Fields))
	for keyword, name := range t.Fields {
		out[keyword] = fitted(keyword, kind.value(name, f, ""))
	}
	return out
}
