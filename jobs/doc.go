// Package jobs does in the background what events ask for. It is the home of asynq.
//
// The way of an event: relay takes it after its commit, or claims its outbox row when that
// is due, and enqueues a task that carries nothing but ids; Worker takes the task, reads
// the event from Postgres again (done ones are dropped), opens no transaction itself and
// calls the topic's handler.
// Success: the handler has written its receipt (outbox.Receive), or Worker marks the
// event done. Failure: Worker counts it in the row and the row comes up again after the
// topic's delay, or is a dead letter after its last try. The queue keeps no truth:
// losing or flushing Redis, or killing a worker, delays an effect by at most Lease.
//
//	relay     outbox → queue, under the lease
//	schedule  due timers → outbox; the platform's own recurring work (tenant/routine)
//	handle    what each topic does; the only room that knows both order and payments
//
// What recurs, and what is done at promised moments, is noted for the platform's staff
// (tenant/routine). What recurs they may have at once. A promised moment they may have looked at early:
// an event of its timer is made, the timer stays, and the handler does only what is due by its own row, by
// the database's clock: an order's window, a group's deadline, the end of a coupon or of points, the hour at
// which members hear of it. A reminder of a flash sale may come up to twice as early as it would. The
// time to pay is not on that page at all.
//
// A suspended shop's events wait, and none is dropped; those of money and stock (Critical)
// do not wait, because the buyer has paid already.
//
// One shop cannot hold up another: a worker gives one tenant at most a part of its
// places and postpones the rest.
package jobs
