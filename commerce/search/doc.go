// Package search turns the words of products, and what people type to find them, into tokens
// that an index of Postgres compares: a product fits if it holds all tokens of a question.
//
// It is pure: no database, no clock, no tables. commerce/catalog keeps the tokens with the
// product and asks by them; the console's list asks the same way.
//
// Decisions
//   - Chinese is not written with spaces, most of what buyers type has two characters, and a
//     trigram index serves three. So tokens are the characters and the pairs of characters.
//   - Latin words and numbers are found by their beginning.
//   - Pinyin is found by initials (yn kf: pairs of them) and by its letters (kafei: runs of
//     three). Pairs are of neighbours only, so a question of many letters can hold by chance
//     what a product holds in another order; the rank of such a find is the lowest.
//   - A character with several readings has all of them in the initials, and its usual one in
//     the letters.
//   - Tokens of a kind begin with a mark of their own, so that initials never meet a word.
package search
