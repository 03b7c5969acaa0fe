// Package card keeps the virtual cards that a shop sells: numbers and secrets that a buyer is
// shown once the order is paid.
//
// It owns virtual_card and virtual_card_key. It does not own stock (inventory does) and knows an
// order only by its number.
//
// Invariants: a virtual SKU has as many free cards as pieces on hand, because cards alone change
// its stock, in the same transaction; a card is sold to one order line, once; no card is taken in
// twice (its digest, keyed per shop, is unique), so that none is sold twice under two rows.
//
// Decisions: number and secret are sealed together with the shop's data key and are never in a
// log, an event or the audit trail; people recognise a card by its last four characters. Cards
// are claimed when the money is there, not when the order is placed: until then the reservation
// of stock stands for them. The oldest go first. Staff may look at what an order got; that they
// did is written down before they see it. A free card that is taken out stays as a row: what
// went wrong with a batch has to be told to its issuer.
package card
