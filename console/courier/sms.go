package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	smsTimeout = 10 * time.Second
	// maxName bounds a name in a template, in characters: vendors bound what stands in a place.
	maxName = 20
)

// Texter is a vendor of text messages. Its errors hold neither the number nor a value.
type Texter interface {
	// SendTemplate fills a registered template and sends it to a number such as +8613800000000.
	SendTemplate(ctx context.Context, phone, template string, values map[string]string) error
}

// Templates are the vendor's codes by kind. A kind without one does not go by text message.
type Templates map[Kind]string

// ErrTemplates is a list of templates that cannot be used.
var ErrTemplates = errors.New("want kind=template, separated by commas")

// ParseTemplates reads "signup_code=SMS_1,signup_known=SMS_2".
func ParseTemplates(list string) (Templates, error) {
	t := Templates{}
	for part := range strings.SplitSeq(list, ",") {
		kind, template, ok := strings.Cut(strings.TrimSpace(part), "=")
		switch k := Kind(kind); {
		case !ok || template == "":
			return nil, ErrTemplates
		case !slices.Contains(Kinds(), k):
			return nil, fmt.Errorf("%q is no kind of message: %w", kind, ErrTemplates)
		case t[k] != "":
			return nil, fmt.Errorf("%s has two templates: %w", kind, ErrTemplates)
		default:
			t[k] = template
		}
	}
	for k, twin := range twins() {
		if (t[k] == "") != (t[twin] == "") {
			return nil, fmt.Errorf("%s and %s go together, or one would tell who has an account: %w", k, twin, ErrTemplates)
		}
	}
	return t, nil
}

// TemplateSMS is the courier of text messages. It sends nothing any other way.
type TemplateSMS struct {
	vendor    Texter
	templates Templates
	log       *slog.Logger
}

var _ Courier = (*TemplateSMS)(nil)

// NewTemplateSMS returns a courier that sends by a vendor's templates.
func NewTemplateSMS(vendor Texter, templates Templates, log *slog.Logger) *TemplateSMS {
	return &TemplateSMS{vendor: vendor, templates: templates, log: log}
}

// Send has the vendor fill the kind's template. Faults: MESSAGE_NOT_SENT.
func (s *TemplateSMS) Send(ctx context.Context, m Message) error {
	if !s.Goes(m.Way, m.Kind) {
		return ErrNoWay
	}
	ctx, cancel := context.WithTimeout(ctx, smsTimeout)
	defer cancel()
	values := make(map[string]string, len(m.Values))
	for name, value := range m.Values {
		if name == ValueShop || name == ValueName {
			value = shortened(value)
		}
		values[name] = value
	}
	if err := s.vendor.SendTemplate(ctx, m.To, s.templates[m.Kind], values); err != nil {
		s.log.ErrorContext(ctx, "text message not sent", "message", m, "error", err)
		return ErrNoWay.Because(err)
	}
	return nil
}

func shortened(name string) string {
	if utf8.RuneCountInString(name) <= maxName {
		return name
	}
	return string([]rune(name)[:maxName-1]) + "…"
}

// Goes reports that the kind has a template.
func (s *TemplateSMS) Goes(w Way, k Kind) bool { return w == SMS && s.templates[k] != "" }

// Ways is several couriers, of which the first that goes a message's way takes it.
type Ways []Courier

var _ Courier = Ways(nil)

// Send hands the message to whoever goes its way. Faults: MESSAGE_NOT_SENT.
func (all Ways) Send(ctx context.Context, m Message) error {
	for _, c := range all {
		if c.Goes(m.Way, m.Kind) {
			return c.Send(ctx, m)
		}
	}
	return ErrNoWay
}

// Goes reports that one of them goes.
func (all Ways) Goes(w Way, k Kind) bool {
	return slices.ContainsFunc(all, func(c Courier) bool { return c.Goes(w, k) })
}
