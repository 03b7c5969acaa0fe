// Package money holds amounts and rates, and every place where rounding happens.
//
// An amount is Fen, an integer number of fen (1 yuan = 100 fen); a rate is Rate,
// basis points (1 bps = 0.01 %). Floats appear nowhere. Splitting uses the
// largest remainder, so parts always add up to the whole. Yuan as text exists
// only for forms, pages and bill files.
package money
