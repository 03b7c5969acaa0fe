package tenantdb_test

import (
	"errors"
	"testing"

	"galleria/tenant/fault"
	"galleria/tenant/tenanttest"
)

// A connection that breaks while the answer is on its way is BUSY, whichever way it was
// asked, and not a fault of ours.
func TestPlatformStatementOnABrokenConnectionIsBusy(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	// The statement ends its own connection, before and after rows have been sent.
	const at, after = "SELECT pg_terminate_backend(pg_backend_pid())::int", "SELECT CASE WHEN n = 20000 THEN pg_terminate_backend(pg_backend_pid())::int ELSE n END FROM generate_series(1, 40000) n"
	db := env.DB.Platform()
	var n int
	if err := db.QueryRow(t.Context(), at).Scan(&n); !errors.Is(err, fault.ErrBusy) {
		t.Errorf("QueryRow: %v, want BUSY", err)
	}
	if _, err := db.Exec(t.Context(), at); !errors.Is(err, fault.ErrBusy) {
		t.Errorf("Exec: %v, want BUSY", err)
	}
	rows, err := db.Query(t.Context(), after)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		n++
	}
	if err := rows.Err(); !errors.Is(err, fault.ErrBusy) || n == 0 {
		t.Errorf("Query: %v after %d rows, want BUSY after some", err, n)
	}
	if err := db.QueryRow(t.Context(), "SELECT 1").Scan(&n); err != nil || n != 1 {
		t.Errorf("afterwards: %d %v", n, err)
	}
}
