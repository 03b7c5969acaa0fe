// Package timer keeps due-times that outlive every process: order expiry, the query
// ladder of a payment, retries that wait for a provider.
//
// A timer is a row of platform.timer, set in the business transaction and unique by
// (tenant, topic, key). When the database's clock says it is due, it leaves the table
// and becomes an outbox event of the same topic and key in one transaction; from
// there it travels like any other event. Its handler looks at the state again and
// decides; a timer that was cleared too late does no harm.
//
// It owns platform.timer, and no queue and no meaning.
package timer
