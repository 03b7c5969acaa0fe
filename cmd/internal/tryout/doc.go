// Package tryout lets a shop try itself out at the provider sandbox: it connects the shop
// (a Mini Program, a merchant account) as its owner would with the provider's own, and buys
// something in it as a stranger would.
//
// It owns no table: commerce/trial keeps how far a purchase is. It stands here because it
// joins what the product keeps apart, and because the sandbox is unknown to the product.
//
// Decisions: a purchase takes no shortcut. It calls this installation's own API over HTTP,
// with nothing but an AppID and what a buyer's phone has, and the provider's word comes back
// over HTTP, signed: that is what the shop wants proved. The sandbox is spoken to by its
// controls over HTTP, too, because it may run anywhere; the demo shops, which are made before
// anything serves, give Connect the sandbox itself. AppID and merchant number of a shop's
// test setup come from its id, so that a repeat finds them again.
package tryout
