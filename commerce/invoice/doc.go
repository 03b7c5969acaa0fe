// Package invoice takes buyers' requests for invoices (fapiao) and keeps what the shop made out.
//
// It owns invoice_title and invoice. It writes no other table; it reads orders as a read model
// does, locked while it decides. It makes no invoices itself: staff make them out where the tax
// office lets them, and say here with which number, and by which file or link.
//
// Invariants. An order has at most one live request, asked or issued (invoice_live). What is
// issued is what was kept of the order then: paid less what went back, to the fen; staff confirm
// the sum that they saw, and it is refused if it has changed. When money goes back afterwards,
// the invoice has to be voided by a red-letter one (red_due_at), and the buyer may ask for
// another over the rest. Who it is for lies sealed. A file is what its bytes say, and goes to its
// buyer and the shop's people only.
//
// Decisions. Buyers may ask with the order, or from its payment until AskDays after its money
// became final. A request of an order that is not paid waits unseen, and is withdrawn when the
// order closes. A request is asked for once: asking again in the same words gives it, in others
// says so; who wants others withdraws it first. Titles of companies have a tax number whose check
// digit is right (GB 32100), or of the old forms of 15 and 20 characters, which have none that
// all offices compute alike. Of a member who leaves, titles and what was not issued are
// forgotten; issued invoices have to be kept for as long as the books.
package invoice
