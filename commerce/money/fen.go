package money

import (
	"errors"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Fen is an amount of renminbi in fen; 1 yuan = 100 fen. Negative amounts are
// corrections and balances owed.
type Fen int64

// ErrOverflow is an amount beyond what int64 fen can hold.
var ErrOverflow = errors.New("money: amount out of range")

// ErrFormat is a text that is not an amount of yuan with at most two decimals.
var ErrFormat = errors.New("money: not an amount of yuan")

// Add returns f + g, or ErrOverflow.
func (f Fen) Add(g Fen) (Fen, error) {
	s := f + g
	if (g > 0 && s < f) || (g < 0 && s > f) {
		return 0, ErrOverflow
	}
	return s, nil
}

// Mul returns f × n, or ErrOverflow. It is the only way a price meets a quantity.
func (f Fen) Mul(n int64) (Fen, error) {
	hi, lo := bits.Mul64(abs(int64(f)), abs(n))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, ErrOverflow
	}
	if (f < 0) != (n < 0) {
		return Fen(-int64(lo)), nil
	}
	return Fen(lo), nil
}

// Sum adds amounts, or ErrOverflow.
func Sum(amounts ...Fen) (Fen, error) {
	var total Fen
	for _, a := range amounts {
		var err error
		if total, err = total.Add(a); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// Yuan formats f as yuan with two decimals, such as "12.30" or "-0.05".
func (f Fen) Yuan() string {
	u := abs(int64(f))
	s := strconv.FormatUint(u/100, 10) + "." + string([]byte{'0' + byte(u/10%10), '0' + byte(u%10)})
	if f < 0 {
		return "-" + s
	}
	return s
}

// ParseYuan reads yuan with at most two decimals ("12", "12.3", "12.30"). Signs
// other than a leading minus, exponents, spaces and thousands marks are ErrFormat.
func ParseYuan(s string) (Fen, error) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, frac, dotted := strings.Cut(digits, ".")
	if whole == "" || (dotted && (frac == "" || len(frac) > 2)) || !allDigits(whole) || !allDigits(frac) {
		return 0, ErrFormat
	}
	frac += strings.Repeat("0", 2-len(frac))
	n, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil {
		return 0, ErrOverflow
	}
	if negative {
		n = -n
	}
	return Fen(n), nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// abs is the magnitude of n; it holds for the smallest int64 too.
func abs(n int64) uint64 {
	if n < 0 {
		return uint64(-(n + 1)) + 1
	}
	return uint64(n)
}

// Part is bps ten-thousandths of f, which is not negative, rounded half up. The error is
// ErrOverflow.
func (f Fen) Part(bps int64) (Fen, error) {
	const whole = 10_000
	product, err := f.Mul(bps)
	if err != nil {
		return 0, err
	}
	return product/whole + (product%whole+whole/2)/whole, nil
}
