// Package catalog owns what a shop offers: categories, products (SPU) and their
// sellable variants (SKU), the shelf and the prices.
//
// It does not own stock (commerce/inventory does), what a buyer pays (commerce/pricing)
// or pages. Nothing outside may write category, spu or sku.
//
// Invariants: money and stock exist only on SKUs; a product's price range is a
// projection of its enabled SKUs, written under the product's row lock; a product comes
// on the shelf only with an enabled SKU; every SKU has a stock level from the
// transaction that made it; exact stock never leaves through List and Get, only the
// coarse state. And:
//   - What buyers see of a product is cleaned (commerce/richtext) on the way in and out; what
//     it costs the merchant never leaves through List and Get.
//   - A product as it was sold is a row of product_snapshot, named by a hash of its content
//     and made with the change itself, so that an order copies a name and writes nothing.
//   - A product's sheet (Param) is the merchant's words in the merchant's order; a category asks for
//     lines of it, those above it too, and nobody is refused for not answering.
//   - In a shop that asks for it (shop.product_approval), a product that somebody without the right
//     to approve has changed since it was last approved (not spu.approved) does not come on the
//     shelf, by hand or by the clock, and a product on the shelf changes only by who may approve.
//     What waits stands in product_approval, one for a product, until it is decided as it was seen
//     (rev) or withdrawn; coming on the shelf and going into the bin end it.
//   - What was purged keeps its spu row, emptied: its SKUs are never deleted.
//
// Decisions:
//   - What a product is found by is computed in Go when it is saved (commerce/search). A row
//     whose tokens are not of today's text says so and is found by its title until the
//     upkeep has been there; so a brand is renamed at once, however many products it has.
//   - A search collects all that fits and ranks it by one number; a shelf in the merchant's
//     order walks its index and never collects.
//   - A limit for a lifetime is counted by commerce/order, in purchase_count, from when it is set.
//   - Rooms of this level do not import each other, so catalog joins stock_level in its
//     own SQL to show the coarse state and to answer Sellables. It inserts the empty row
//     when it makes a SKU; every later write is inventory's.
//   - What a list shows of the SKUs is kept a second time, in columns of arrays of their product: a
//     page reads twenty rows and twenty short ranges of stock. Triggers write it (migrations
//     sku_columns), not this package, so that an older binary beside a newer one keeps it too.
//     Prices that are charged are read from sku.
//   - One statement per page (list.sql). A position in a list is the sort key and id of
//     the last row seen, not an offset: rows that come and go do not shift pages.
//     There is no total; a page says whether another follows.
//   - A cursor is not secret, but belongs to one shop, sort and filter; a checksum makes
//     a cursor of another list VALIDATION instead of a wrong page.
//   - A hidden category hides its branch of the tree, and filtering by it finds nothing.
//     Its products stay on the shelf: taking them down is SetShelf.
//   - The default order walks an index per category. The other orders filter the order's
//     index by category, which for a small category of a large shop reads more rows than
//     it shows; at the sizes of a shop that beats four more indexes in every tenant.
//   - Every commit that changes what buyers see sends NOTIFY on NotifyChannel with the
//     tenant's id, for caches of encoded answers. Sales counts do not: they change with
//     every paid order and may lag.
package catalog
