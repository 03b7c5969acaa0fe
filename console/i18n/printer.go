package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/money"
)

// Printer prints texts and values in one language. The zero Printer shows keys.
type Printer struct {
	lang     Lang
	texts    map[string]string
	shanghai *time.Location
}

// Lang returns the language, fit for an HTML lang attribute.
func (p Printer) Lang() Lang { return p.lang }

// T returns the text of key with args in its placeholders. An unknown key is shown
// as itself: a visible fault that the tests of this package keep out.
func (p Printer) T(key string, args ...any) string {
	text, ok := p.texts[key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// Has tells whether key has a text, for codes that newer releases may add.
func (p Printer) Has(key string) bool {
	_, ok := p.texts[key]
	return ok
}

// Code returns the text of prefix+"."+code, or the code itself when it has none.
func (p Printer) Code(prefix, code string) string {
	if p.Has(prefix + "." + code) {
		return p.T(prefix + "." + code)
	}
	return code
}

// N returns the text for n things: key.one for exactly one, key.other otherwise,
// with n in its placeholder.
func (p Printer) N(key string, n int64) string {
	if n == 1 {
		return p.T(key+".one", p.Count(n))
	}
	return p.T(key+".other", p.Count(n))
}

// Money prints an amount such as "¥1,234.50"; a negative one as "-¥1,234.50".
func (p Printer) Money(f money.Fen) string {
	text, negative := strings.CutPrefix(f.Yuan(), "-")
	whole, cents, _ := strings.Cut(text, ".")
	text = "¥" + grouped(whole) + "." + cents
	if negative {
		return "-" + text
	}
	return text
}

// Count prints a whole number with thousands marks.
func (p Printer) Count(n int64) string {
	digits, negative := strings.CutPrefix(strconv.FormatInt(n, 10), "-")
	if negative {
		return "-" + grouped(digits)
	}
	return grouped(digits)
}

// Date prints the Shanghai day of t with its year.
func (p Printer) Date(t time.Time) string {
	if p.lang == En {
		return p.local(t).Format("Jan 2, 2006")
	}
	return p.local(t).Format("2006-01-02")
}

// DayMonth prints the Shanghai day of t without its year, for axes.
func (p Printer) DayMonth(t time.Time) string {
	if p.lang == En {
		return p.local(t).Format("Jan 2")
	}
	return p.local(t).Format("1-2")
}

// DateTime prints t in Shanghai time to the minute.
func (p Printer) DateTime(t time.Time) string {
	if p.lang == En {
		return p.local(t).Format("Jan 2, 2006, 15:04")
	}
	return p.local(t).Format("2006-01-02 15:04")
}

// Clock prints the time of day of t in Shanghai, to the minute.
func (p Printer) Clock(t time.Time) string { return p.local(t).Format("15:04") }

// DateTimeSeconds prints t in Shanghai time to the second, for timelines.
func (p Printer) DateTimeSeconds(t time.Time) string {
	if p.lang == En {
		return p.local(t).Format("Jan 2, 2006, 15:04:05")
	}
	return p.local(t).Format("2006-01-02 15:04:05")
}

// Machine prints t for a datetime attribute (RFC 3339 with the Shanghai offset).
func (p Printer) Machine(t time.Time) string { return p.local(t).Format(time.RFC3339) }

func (p Printer) local(t time.Time) time.Time {
	if p.shanghai == nil {
		return t
	}
	return t.In(p.shanghai)
}

func grouped(digits string) string {
	if len(digits) <= 3 {
		return digits
	}
	return grouped(digits[:len(digits)-3]) + "," + digits[len(digits)-3:]
}
