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
//
// Approval. Where the shop asks for it, what an editor who cannot approve does to a product on the
// shelf (form, prices, category, file) is tried, undone and kept as a change, a SaveInput, beside
// the hash of the product that it was made of; who approves it makes it, if the product is still
// that one. A second change while one waits is refused (CHANGE_WAITS): it would be made of
// something that nobody sees. A product off the shelf is changed at once and waits to come on the
// shelf. Stock by its own page, taking down and the bin wait for nobody; campaigns have their own
// permission. An editor who approves is asked for nothing, and nothing more is read for him.
package listing
