package money

import (
	"errors"
	"math/bits"
	"sort"
)

// ErrWeights is a split that has no positive weight, or a negative one.
var ErrWeights = errors.New("money: weights must be non-negative and not all zero")

// Split divides total over weights by the largest remainder: the parts add up to
// total exactly, no part differs from its exact share by a fen or more, and of
// equal remainders the earlier part gets the fen. total must not be negative.
func Split(total Fen, weights []int64) ([]Fen, error) {
	var sum uint64
	for _, w := range weights {
		if w < 0 {
			return nil, ErrWeights
		}
		sum += uint64(w)
	}
	if sum == 0 || total < 0 {
		return nil, ErrWeights
	}
	parts := make([]Fen, len(weights))
	rest := make([]uint64, len(weights))
	left := total
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(total), uint64(w))
		q, r := bits.Div64(hi, lo, sum)
		parts[i], rest[i] = Fen(q), r
		left -= Fen(q)
	}
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return rest[order[a]] > rest[order[b]] })
	for i := range int(left) {
		parts[order[i]]++
	}
	return parts, nil
}

// Rate is a share in basis points: 10,000 bps = 100 %.
type Rate int64

// Of returns the rate of amount, rounded down to whole fen: what is given away is
// never rounded in favour of the receiver. ErrOverflow if it cannot be held.
func (r Rate) Of(amount Fen) (Fen, error) {
	product, err := amount.Mul(int64(r))
	if err != nil {
		return 0, err
	}
	q := product / 10_000
	if product%10_000 < 0 {
		q-- // floor, also below zero
	}
	return q, nil
}
