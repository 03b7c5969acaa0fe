package courier

import (
	"context"
	"log/slog"
)

// Way is how a message travels.
type Way string

// The ways.
const (
	Mail Way = "mail"
	SMS  Way = "sms"
)

// Message is one message for one person, in that person's language.
type Message struct {
	Way     Way
	To      string // a mail address, or a phone number as +8613800000000
	Kind    Kind   // what it is about
	Subject string // of a mail
	Text    string // plain text; may hold a code or a link that nobody else may see
	// Values are for the places in a text message's template, by their names: as secret as Text.
	Values map[string]string
}

// The names of values.
const (
	ValueCode    = "code"
	ValueToken   = "token"
	ValueShop    = "shop"
	ValueName    = "name"
	ValueHandle  = "handle"
	ValueAddress = "address"
)

// LogValue implements slog.LogValuer: a log never sees the address or the text.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(slog.String("way", string(m.Way)), slog.String("kind", string(m.Kind)))
}

// Courier sends messages. Implementations are safe for concurrent use.
type Courier interface {
	// Send hands the message over. It may take seconds: never call it inside a
	// transaction. Faults: MESSAGE_NOT_SENT.
	Send(ctx context.Context, m Message) error
	// Goes reports whether messages of a kind can be sent this way at all, so that pages
	// offer only what works.
	Goes(w Way, k Kind) bool
}
