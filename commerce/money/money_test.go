package money_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"galleria/commerce/money"
)

func TestParseYuan(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		want money.Fen
		err  error
	}{
		"0":                    {0, nil},
		"12":                   {1200, nil},
		"88.8":                 {8880, nil},
		"88.80":                {8880, nil},
		"-0.05":                {-5, nil},
		"88.801":               {0, money.ErrFormat},
		"8.88e1":               {0, money.ErrFormat},
		"+1":                   {0, money.ErrFormat},
		".5":                   {0, money.ErrFormat},
		"5.":                   {0, money.ErrFormat},
		"":                     {0, money.ErrFormat},
		" 1":                   {0, money.ErrFormat},
		"99999999999999999999": {0, money.ErrOverflow},
	}
	for in, c := range cases {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			got, err := money.ParseYuan(in)
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("ParseYuan(%q) = %d, %v; want %d, %v", in, got, err, c.want, c.err)
			}
		})
	}
}

func TestYuanRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := money.Fen(rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "fen"))
		got, err := money.ParseYuan(f.Yuan())
		if err != nil || got != f {
			t.Fatalf("ParseYuan(%q) = %d, %v; want %d", f.Yuan(), got, err, f)
		}
	})
}

func TestMulOverflow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f    money.Fen
		n    int64
		want money.Fen
		err  error
	}{
		{1990, 3, 5970, nil},
		{-5, 3, -15, nil},
		{1_000_000_000_000, 99_999, 99_999_000_000_000_000, nil},
		{math.MaxInt64, 2, 0, money.ErrOverflow},
		{math.MinInt64, 1, 0, money.ErrOverflow},
	} {
		got, err := c.f.Mul(c.n)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%d × %d = %d, %v; want %d, %v", c.f, c.n, got, err, c.want, c.err)
		}
	}
}

func TestSplitIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := money.Fen(rapid.Int64Range(0, 1<<50).Draw(t, "total"))
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1<<40), 1, 30).Draw(t, "weights")
		var sum int64
		for _, w := range weights {
			sum += w
		}
		parts, err := money.Split(total, weights)
		if sum == 0 {
			if !errors.Is(err, money.ErrWeights) {
				t.Fatalf("all-zero weights: got %v", err)
			}
			return
		}
		got, addErr := money.Sum(parts...)
		if err != nil || addErr != nil || got != total {
			t.Fatalf("parts %v add up to %d (%v, %v), want %d", parts, got, err, addErr, total)
		}
		for i, p := range parts {
			if p < 0 || (weights[i] == 0 && p != 0) {
				t.Fatalf("part %d of weight %d is %d", i, weights[i], p)
			}
		}
	})
}

func TestRateRoundsDown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		r    money.Rate
		f    money.Fen
		want money.Fen
	}{{1000, 999, 99}, {10_000, 999, 999}, {1, 9_999, 0}, {1000, -999, -100}} {
		if got, err := c.r.Of(c.f); err != nil || got != c.want {
			t.Errorf("%d bps of %d = %d, %v; want %d", c.r, c.f, got, err, c.want)
		}
	}
}
