package console

import (
	"errors"
	"strings"
	"time"

	"galleria/commerce/money"
	"galleria/tenant/fault"
)

// typedReader reads the fields of a form as they were typed and remembers which are wrong.
type typedReader struct {
	typed map[string]string
	bad   map[string]bool
}

func typedForm(typed map[string]string) typedReader {
	return typedReader{typed: typed, bad: map[string]bool{}}
}

// faults are the words for the fields that the reader or the room's refusal found wrong; nil if none.
func (r typedReader) faults(err error, word func(field string) string) map[string]string {
	if refused, ok := errors.AsType[*fault.Error](err); ok && refused.Kind() == fault.Invalid {
		for _, field := range refused.Fields() {
			r.bad[field.Path] = true
		}
	}
	if len(r.bad) == 0 {
		return nil
	}
	words := map[string]string{}
	for name := range r.bad {
		words[name] = word(name)
	}
	return words
}

// badWords finds the words for a wrong field under a prefix of the texts, which ends in a dot.
func badWords(v *visit, prefix string) func(field string) string {
	return func(field string) string { return v.text.Code(strings.TrimSuffix(prefix, "."), field) }
}

func (r typedReader) moment(name string) *time.Time {
	at, ok := moment(r.typed[name])
	if !ok {
		r.bad[name] = true
	}
	return at
}

func (r typedReader) optionalFen(name string) *money.Fen {
	if r.typed[name] == "" {
		return nil
	}
	fen, err := yuan(r.typed[name])
	if err != nil || fen < 0 {
		r.bad[name] = true
	}
	return &fen
}

func (r typedReader) fen(name string) money.Fen {
	if fen := r.optionalFen(name); fen != nil {
		return *fen
	}
	return 0
}

const mostOf = 100_000_000

func (r typedReader) optionalNumber(name string) *int64 {
	if r.typed[name] == "" {
		return nil
	}
	n, ok := whole(r.typed[name], mostOf)
	if !ok {
		r.bad[name] = true
	}
	return &n
}

func (r typedReader) number(name string) int64 {
	if n := r.optionalNumber(name); n != nil {
		return *n
	}
	return 0
}

// share reads what is still to be paid in tenths, as 折 does: 8.5 is 15 % off.
func (r typedReader) share(name string) money.Rate {
	const perTenth = 10 // hundredths of a tenth, in basis points
	tenths, err := yuan(r.typed[name])
	off := money.Rate(10_000 - perTenth*int64(tenths))
	if err != nil || tenths < 0 || off <= 0 {
		r.bad[name] = true
	}
	return off
}
