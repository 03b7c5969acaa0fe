package alipay

import (
	"fmt"
	"strings"
	"time"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/internal/wire"
)

const timeFormat = "2006-01-02 15:04:05"

// yuan writes an amount as the provider takes it: text with two decimals.
func yuan(fen money.Fen) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

// amount reads yuan in text: digits, and at most two decimals behind a point. Anything
// else, also what a number parser would take ("1e2", "+1", "12.345"), is no amount.
func amount(text string) payments.Amount {
	none := payments.Amount{Fen: 0, Valid: false, Text: wire.Cut(text, 40)}
	whole, decimals, point := strings.Cut(text, ".")
	if whole == "" || len(whole) > 12 || (point && (decimals == "" || len(decimals) > 2)) {
		return none
	}
	fen := money.Fen(0)
	for _, digit := range whole + (decimals + "00")[:2] {
		if digit < '0' || digit > '9' {
			return none
		}
		fen = fen*10 + money.Fen(digit-'0')
	}
	return payments.Amount{Fen: fen, Valid: true, Text: text}
}

// moment reads the provider's clock, with or without milliseconds; zero for anything else.
func moment(text string) time.Time {
	at, err := time.ParseInLocation(timeFormat, text, wire.Beijing()) // takes a fraction behind the seconds
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// clock writes a time as the provider takes it.
func clock(at time.Time) string { return at.In(wire.Beijing()).Format(timeFormat) }
