// Package outbox carries what has happened to where its effect is done, and loses
// nothing on the way.
//
// Append writes an event in the business transaction: it exists if and only if the
// business fact does. After its commit the process that wrote it hands it to the queue
// (HandOver); whatever was not handed over is claimed by a relay when it is due. The row
// knows by next_at when it must be sent again if nobody reported it done. The queue
// may therefore lose, repeat or reorder everything; it only makes things fast.
// Receive writes a receipt in the effect's own transaction and marks the row done:
// one effect per event, however often it is delivered.
//
// It owns platform.outbox and the tenant table inbox. It does not know the queue
// (jobs) nor what any event means.
//
// Life of a row: owed (next_at in the future while leased or backing off) → done, or
// → dead after its topic's last failure, kept with its error and replayable. Nothing
// asks Redis what it still holds.
package outbox
