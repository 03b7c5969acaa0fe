// Package freight says what sending goods costs, and where they are not sent.
//
// It owns freight_template. It does not own products (each names a template, or takes the
// shop's default one) nor divisions (division does), and knows no orders: Charge is pure and
// gets all it needs.
//
// The rules, and how they are rounded. All numbers are integers: fen, pieces, grams, cubic
// centimetres.
//
//   - A template measures all goods under it in one order together: pieces, grams or cubic
//     centimetres, as its unit says. Goods without a known weight weigh nothing, but the
//     first step is charged all the same.
//   - Of a template's zones the narrowest that holds the address counts: its district, else
//     its city, else its province, else Elsewhere. A place that Refused names, or that no zone
//     holds, gets no delivery; a narrower zone is an exception from a wider refusal.
//   - The first step costs FirstFen whether it is used up or not; every further step that is
//     begun costs NextFen: first + ⌈(measure − first step) / next step⌉ × next.
//   - Goods under a template go free if one of its free rules fits: the place is in its
//     regions (none: everywhere) and both of its bounds that are not 0 are reached, by these
//     goods alone. Amounts are what is paid for the goods, after discounts.
//   - Templates add up: each is charged by itself, for all of its goods, and the freight of an
//     order is the sum. The order of lines does not matter.
//   - Goods without a template, in a shop without a default one, go free everywhere.
//
// Decisions: the rules are one jsonb document, because an order reads them whole; catalog and
// cart give them out together with their lines, with the first line of each template, so that
// an order needs no statement more for them. An address that cannot be located gets delivery
// only from templates that are the same everywhere: nobody escapes a refusal by a slip of the
// pen. The unit of a template never changes, because its numbers would mean something else.
package freight
