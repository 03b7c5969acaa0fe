package devserver

import (
	"context"
	"log/slog"
	"net/http"
)

// Terse passes on what a developer has to see: warnings, and the line of every request that was
// refused. What went well says nothing.
func Terse(to slog.Handler) slog.Handler { return terse{to} }

type terse struct{ slog.Handler }

func (t terse) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo && t.Handler.Enabled(ctx, level)
}

func (t terse) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn && !refused(r) {
		return nil
	}
	return t.Handler.Handle(ctx, r)
}

func (t terse) WithAttrs(attrs []slog.Attr) slog.Handler { return terse{t.Handler.WithAttrs(attrs)} }

func (t terse) WithGroup(name string) slog.Handler { return terse{t.Handler.WithGroup(name)} }

// refused tells the line of a request that had an answer of 400 or more.
func refused(r slog.Record) (yes bool) {
	if r.Message != "request" {
		return false
	}
	r.Attrs(func(a slog.Attr) bool {
		yes = a.Key == "status" && a.Value.Kind() == slog.KindInt64 && a.Value.Int64() >= http.StatusBadRequest
		return !yes
	})
	return yes
}
