package vault

import (
	"context"
	"fmt"
	"strconv"

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

// Numbered is a column of a table whose rows have numbers: page reads those after one, and
// replace puts a ciphertext in the place of the old one.
func Numbered[R any](
	name string,
	page func(ctx context.Context, q tenantdb.Querier, primary []byte, after int64) ([]R, error),
	row func(R) NumberedRow,
	replace func(ctx context.Context, tx tenantdb.Tx, sealed []byte, id int64, old []byte) (int64, error),
) Column {
	number := func(key string) (int64, error) {
		if key == "" { // before all
			return 0, nil
		}
		n, err := strconv.ParseInt(key, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("row of %s: %w", name, err)
		}
		return n, nil
	}
	return Column{
		Name: name,
		Page: func(ctx context.Context, q tenantdb.Querier, after string, primary []byte) ([]Row, error) {
			last, err := number(after)
			if err != nil {
				return nil, err
			}
			rows, err := page(ctx, q, primary, last)
			if err != nil {
				return nil, err
			}
			out := make([]Row, len(rows))
			for i := range rows {
				r := row(rows[i])
				out[i] = Row{Key: strconv.FormatInt(r.ID, 10), Owner: r.Field.Owner, Field: r.Field.Name, Prefix: r.Prefix, Sealed: r.Sealed}
			}
			return out, nil
		},
		Replace: func(ctx context.Context, tx tenantdb.Tx, row Row, sealed []byte) (int64, error) {
			id, err := number(row.Key)
			if err != nil {
				return 0, err
			}
			return replace(ctx, tx, sealed, id, row.Sealed)
		},
	}
}

// NumberedRow is one ciphertext of a Numbered column; the field's tenant is not looked at.
type NumberedRow struct {
	ID             int64
	Field          Field
	Prefix, Sealed []byte // as in Row
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
