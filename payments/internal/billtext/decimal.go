package billtext

import (
	"fmt"
	"strings"

	"galleria/commerce/money"
)

// MostDecimals is how many decimals behind the yuan are read: thousandths of a fen.
const MostDecimals = 5

// Milli reads yuan in text as thousandths of a fen, exactly: digits with at most five
// decimals behind a point, and perhaps a sign. decimals is how many there were. Anything
// else, also what a number parser would take ("1e2", "1,000", ".5"), is an error.
func Milli(text string) (milli int64, decimals int, err error) {
	digits, negative := strings.CutPrefix(text, "-")
	if !negative {
		digits = strings.TrimPrefix(digits, "+")
	}
	whole, behind, point := strings.Cut(digits, ".")
	if whole == "" || len(whole) > 12 || (point && behind == "") || len(behind) > MostDecimals {
		return 0, 0, fmt.Errorf("%.40q is no amount", text)
	}
	for _, digit := range whole + (behind + "00000")[:MostDecimals] {
		if digit < '0' || digit > '9' {
			return 0, 0, fmt.Errorf("%.40q is no amount", text)
		}
		milli = milli*10 + int64(digit-'0')
	}
	if negative {
		milli = -milli
	}
	return milli, len(behind), nil
}

// Fen reads yuan in text as whole fen.
func Fen(text string) (money.Fen, error) {
	milli, _, err := Milli(text)
	if err == nil && milli%1000 != 0 {
		err = fmt.Errorf("%.40q has parts of a fen", text)
	}
	return money.Fen(milli / 1000), err
}

// Round rounds thousandths of a fen half up, away from zero, to so many decimals of a
// yuan, as a provider prints a sum.
func Round(milli int64, decimals int) int64 {
	unit := int64(1)
	for range MostDecimals - decimals {
		unit *= 10
	}
	if milli < 0 {
		return -Round(-milli, decimals)
	}
	return (milli + unit/2) / unit * unit
}
