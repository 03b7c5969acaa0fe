// Package listing puts goods up for sale: a product, its stock and the audit entry in one
// transaction.
//
// It owns no table. The catalogue says what a product is, inventory how much of it there
// is; they do not know each other, and a shopkeeper's form is about both.
//
// Invariants: a form that is sent twice makes one product (its key); an edit of a product
// that somebody else has changed since is refused whole; stock is corrected by the
// difference to what the editor saw, so that what was sold meanwhile stays sold; caches of
// encoded answers hear of it in the same commit, and the audit log tells it with it.
package listing
