// Package port brings a shop's data in and out as files: products, stock and tracking numbers
// in, products, stock and orders out.
//
// It owns port_job and port_row, the files of both ways, and what a column is called. What a
// row does is done by the rooms that own the thing: listing, inventory, order.
//
// An import: the file is kept and read into rows by a job; every row is tried, in a transaction
// that is undone, so that what people see before they agree is what will happen; somebody
// agrees; a job does it in portions. Rows that belong together (the variants of a product) are a
// bunch and are done together or not at all; a bunch that cannot be done stops no other.
// An export: a job reads portions and keeps each as a part; a download strings the parts together
// in the format that is asked for. What each row became of is read from the rows.
//
// Invariants
//   - A check writes nothing outside of the two tables.
//   - A portion's effects and the step of the cursor are one transaction under the lock of the
//     job's row: a worker that dies repeats nothing and skips nothing, and two workers wait for
//     each other. An agreement given twice counts once, by compare-and-set on the state.
//   - What somebody else has changed since the check is refused, not overwritten: products by
//     their version, stock by its version and as a difference, so that what was sold stays sold.
//   - Memory is bounded by a portion and by MaxBytes of a file, whatever a file says of itself.
//   - Files and rows go at expires_at, by a timer of their own.
//   - A product's file that comes back as it went out changes nothing; a column that is not in a
//     file, and an empty cell, leave what is there.
//   - An export's personal data is masked unless it was asked for by somebody who may see it.
//
// Decisions: the events of a job carry nothing; whatever comes twice looks at the job again. A
// rehearsal takes the locks of what it tries for the time of a portion (at most 100 bunches).
// Parts are named by their content, because a part that was written before a crash may differ
// from the one that is written after it. New columns come behind the others: a part holds cells
// by their place, and one from before an upgrade stays readable.
package port
