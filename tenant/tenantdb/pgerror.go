package tenantdb

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"galleria/tenant/fault"
)

// retry hint of every BUSY answer.
const busyRetry = time.Second

// translate gives database trouble its fault: what is nobody's mistake and may be
// repeated becomes BUSY, everything else stays as it is. A fault passes unchanged.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var f *fault.Error
	if errors.As(err, &f) || errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if busy(err) {
		return fault.ErrBusy.After(busyRetry).Because(err)
	}
	return err
}

func busy(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		// Not an answer of the server: the connection could not be made or broke.
		var connect *pgconn.ConnectError
		return errors.As(err, &connect) || pgconn.Timeout(err) || errors.Is(err, context.DeadlineExceeded) || brokenConn(err)
	}
	switch pg.Code[:2] {
	case "08", // connection exception
		"53", // out of memory, disk or connections
		"57", // cancelled, shut down, crashed, starting up
		"58": // I/O error
		return true
	}
	switch pg.Code {
	case "40001", "40P01", // serialization failure, deadlock: already repeated by InTenant
		"55P03", // lock not available within lock_timeout
		"25P03", // idle in transaction timeout
		"25006": // read-only: the server is recovering or a standby
		return true
	}
	return false
}

func brokenConn(err error) bool {
	var network net.Error
	return errors.As(err, &network) || pgconn.SafeToRetry(err) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// repeatable says that the whole transaction may simply run again.
func repeatable(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	switch pg.Code {
	case "0A000": // cached plan must not change result type: a migration passed by
		return pg.Routine == "RevalidateCachedQuery"
	case "40001", "40P01":
		return true
	}
	return false
}

// translateCommit: a COMMIT that the server refused was rolled back; one that got no
// answer usually was done (27 of 27 in a fault run).
func translateCommit(err error) error {
	if refused(err) {
		return translate(err)
	}
	if errors.Is(err, pgx.ErrTxCommitRollback) {
		return err
	}
	return fault.ErrUnknownOutcome.After(busyRetry).Because(err)
}

// refused says that the server answered, and that it did nothing.
func refused(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code[:2] != "08" && pg.Code[:2] != "57"
}

// named says that somebody has given the error its meaning.
func named(err error) bool {
	var f *fault.Error
	return errors.As(err, &f)
}

// Violates reports whether err is a violation of the named constraint or unique
// index. A sharded Postgres appends the shard's number to names, so the comparison
// allows a numeric suffix.
func Violates(err error, constraint string) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code[:2] != "23" || len(pg.ConstraintName) < len(constraint) || pg.ConstraintName[:len(constraint)] != constraint {
		return false
	}
	for i, c := range pg.ConstraintName[len(constraint):] {
		if (i == 0 && c != '_') || (i > 0 && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

// NoRows reports whether err says that a query gave no row.
func NoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// LockTimeout reports whether err says that another transaction held a row or key for
// longer than the lock timeout.
func LockTimeout(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "55P03"
}
