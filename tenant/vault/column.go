package vault

import (
	"context"

	"galleria/tenant/tenantdb"
)

// Column is one column of the tenants' schemas that holds sealed fields. The room that owns
// the table describes it, so that a rotation reaches every ciphertext.
type Column struct {
	Name string // "payment_secret.sealed"
	// Page reads a bounded number of rows with keys after the given one, in the order of
	// their keys; "" is before all. A page without rows ends the column. The ciphertext may
	// be left out of rows that begin with primary already.
	Page func(ctx context.Context, q tenantdb.Querier, after string, primary []byte) ([]Row, error)
	// Replace stores a new ciphertext if the old one is still there, and returns the number
	// of rows changed.
	Replace func(ctx context.Context, tx tenantdb.Tx, row Row, sealed []byte) (int64, error)
}

// Row is one ciphertext of a column.
type Row struct {
	Key    string // finds the row, and orders it
	Owner  string // Field.Owner
	Field  string // Field.Name
	Prefix []byte // the first bytes of the ciphertext, which tell its key
	Sealed []byte
}

// Prefix returns the first bytes of a ciphertext, which tell its key.
func Prefix(sealed []byte) []byte { return sealed[:min(len(sealed), prefixSize)] }
