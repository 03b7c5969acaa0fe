// Package signup takes applications for shops and opens the shops, without anybody's help.
//
// It owns platform.signup: one row an application, from the handle somebody wishes for to
// the shop that stands. It does not know who the person is (console/staff, to whom it is a
// number) or how a schema comes into being (tenant/provision), and shows no page.
//
// Invariants: an application is one shop, however often its job runs, because every step is
// safe to repeat and the shop is claimed under the application's own request key; a person
// has one application under way; the handle is held from the draft on, and free again when
// a draft is abandoned; the terms that were accepted are kept with their version and time;
// every decision is audited in its own transaction.
//
// Decisions: the job is an event of the outbox, so a worker that dies is followed by another
// within the lease (jobs.Lease), which goes on at the step that was reached. An
// application's id has the form of a tenant's, because events travel by tenant: it belongs
// to no schema. A rejected application leaves nothing behind but its row: schemas are
// claimed after approval only.
package signup
