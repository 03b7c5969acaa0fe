package tenantdb

import (
	"context"
	"errors"
)

// ErrUndo lets Try undo what its function did, and says that nothing went wrong.
var ErrUndo = errors.New("tenantdb: undone")

// Try runs fn under a savepoint: if it fails, what it wrote is undone, the error is returned and
// the transaction goes on. Locks taken by fn are given back with it. Two statements more. It can
// be used neither inside another Try of the same transaction nor in a Pipeline.
func (tx Tx) Try(ctx context.Context, fn func(tx Tx) error) error {
	return tx.try(ctx, "try", fn)
}

// Rehearse runs fn as Try does and undoes all of it, also what succeeded; Try may be used in it.
func (tx Tx) Rehearse(ctx context.Context, fn func(tx Tx) error) error {
	err := tx.try(ctx, "rehearsal", func(tx Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return ErrUndo
	})
	if errors.Is(err, ErrUndo) {
		return nil
	}
	return err
}

func (tx Tx) try(ctx context.Context, name string, fn func(tx Tx) error) error {
	if _, err := tx.Exec(ctx, "SAVEPOINT "+name); err != nil {
		return translate(err)
	}
	err := fn(tx)
	if err == nil {
		_, err = tx.Exec(ctx, "RELEASE SAVEPOINT "+name)
		return translate(err)
	}
	if _, undoErr := tx.Exec(ctx, "ROLLBACK TO SAVEPOINT "+name); undoErr != nil {
		return errors.Join(translate(err), translate(undoErr))
	}
	return translate(err)
}
