package reconcile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"galleria/payments"
	"galleria/payments/reconcile/internal/reconciledb"
	"galleria/tenant/tenantdb"
)

const (
	partSize  = 256 << 10
	batchSize = 8000 // lines in a transaction
	// mostNone is how often a provider is asked whether it really has no bill of a day on
	// which we have something; half an hour lies between.
	mostNone = 8
)

// fetch reads every file of a day and makes them the ones that count.
func (s *Service) fetch(ctx context.Context, acc account, d day) error {
	now := s.d.Now()
	if d.readAt.Before(acc.reader.BillReady(d.date)) {
		return payments.ErrBillNotReady
	}
	staged := map[payments.BillKind]stagedFile{}
	for i, kind := range acc.reader.Bills() {
		if i > 0 && s.d.Now().After(now.Add(budget/2)) {
			return errMore // what was read is kept
		}
		f, err := s.fetchFile(ctx, acc, d, kind)
		if err != nil {
			return err
		}
		staged[kind] = f
	}
	return s.adopt(ctx, acc, d, staged)
}

// adopt makes files that were read the ones that count, and the day ready to be matched.
func (s *Service) adopt(ctx context.Context, acc account, d day, staged map[payments.BillKind]stagedFile) error {
	return s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error {
		if err := s.q.Patient(ctx, tx); err != nil {
			return fmt.Errorf("adopt files: %w", err)
		}
		if err := s.q.LockDays(ctx, tx, acc.ID, d.id); err != nil {
			return fmt.Errorf("adopt files: %w", err)
		}
		for kind, f := range staged {
			if err := s.adoptFile(ctx, tx, d, kind, f); err != nil {
				return err
			}
		}
		if err := s.q.DropReplacedLines(ctx, tx, d.id); err != nil {
			return fmt.Errorf("drop replaced lines: %w", err)
		}
		if err := s.q.SetBooked(ctx, tx, "", false, d.id); err != nil {
			return fmt.Errorf("adopt files: %w", err)
		}
		from, to := transitions.Sources(eventStaged)
		at := tx.Now()
		n, err := s.q.Move(ctx, tx, string(to), at, &at, d.id, from)
		if err == nil && n == 0 {
			err = ErrSettled // somebody else was faster
		}
		return err
	})
}

// adoptFile lets a file count in the place of the one before it.
func (s *Service) adoptFile(ctx context.Context, tx tenantdb.Tx, d day, kind payments.BillKind, f stagedFile) error {
	if f.same {
		return nil
	}
	if err := s.q.ReplaceFiles(ctx, tx, d.id, string(kind)); err != nil {
		return fmt.Errorf("replace files: %w", err)
	}
	if f.none {
		return nil
	}
	if err := s.q.AdoptFile(ctx, tx, int32(f.lines), f.id); err != nil {
		return fmt.Errorf("adopt file: %w", err)
	}
	return nil
}

// stagedFile is a file that was read and does not count yet.
type stagedFile struct {
	id    int64
	lines int
	same  bool // as the one that counts
	none  bool // the provider has none
}

// fetchFile fetches a file to disk, keeps its pieces and its lines.
func (s *Service) fetchFile(ctx context.Context, acc account, d day, kind payments.BillKind) (out stagedFile, err error) {
	spool, err := os.CreateTemp("", "bill-*")
	if err != nil {
		return out, fmt.Errorf("spool bill: %w", err)
	}
	defer func() {
		_ = spool.Close()
		_ = os.Remove(spool.Name())
	}()
	sum := sha256.New()
	name, err := acc.reader.FetchBill(ctx, acc.Account, kind, d.date, io.MultiWriter(spool, sum))
	if errors.Is(err, payments.ErrBillNone) {
		return s.none(ctx, acc, d, err)
	}
	if err != nil && !errors.Is(err, payments.ErrBillMalformed) {
		return out, err
	}
	size, seekErr := spool.Seek(0, io.SeekCurrent)
	if seekErr != nil {
		return out, fmt.Errorf("spool bill: %w", seekErr)
	}
	if err == nil && bytes.Equal(d.files[kind].sum, sum.Sum(nil)) {
		return stagedFile{same: true}, nil
	}
	if name == "" {
		name = string(acc.Channel) + "-" + string(kind) + "-" + d.date.Format(time.DateOnly)
	}
	if err == nil {
		staged, found, stagedErr := s.staged(ctx, acc, d, kind, sum.Sum(nil))
		if stagedErr != nil || found {
			return staged, stagedErr
		}
	}
	id, keepErr := s.keep(ctx, acc, d, kind, name, spool, size, sum.Sum(nil))
	if keepErr != nil {
		return out, keepErr
	}
	if err == nil {
		out, err = s.readKept(ctx, acc, d, kind, id, spool, size)
	}
	if errors.Is(err, payments.ErrBillMalformed) {
		return out, errors.Join(err, s.reject(ctx, acc, id, err))
	}
	return out, err
}

// staged finds the same file as an earlier run read it.
func (s *Service) staged(ctx context.Context, acc account, d day, kind payments.BillKind, sum []byte) (out stagedFile, found bool, err error) {
	err = s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error {
		row, err := s.q.StagedFile(ctx, tx, d.id, string(kind), sum)
		if tenantdb.NoRows(err) {
			return nil
		}
		out.id, out.lines, found = row.ID, int(row.Lines), err == nil
		return err
	})
	if err != nil {
		return out, false, fmt.Errorf("find staged bill: %w", err)
	}
	return out, found, nil
}

// none decides whether the provider's "no bill" is the truth: it is if we have nothing
// either, and after it has been said for some hours.
func (s *Service) none(ctx context.Context, acc account, d day, cause error) (stagedFile, error) {
	from, until := acc.reader.BillSpan(d.date)
	var ours bool
	err := s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) (err error) {
		ours, err = s.q.CountOurs(ctx, tx, acc.ID, &from, &until)
		return err
	})
	if err != nil {
		return stagedFile{}, fmt.Errorf("count ours: %w", err)
	}
	if ours && d.tries < mostNone {
		return stagedFile{}, cause
	}
	return stagedFile{none: true}, nil
}

// keep stores a file in pieces, each in a transaction of its own.
func (s *Service) keep(ctx context.Context, acc account, d day, kind payments.BillKind, name string, from io.ReaderAt, size int64, sum []byte) (id int64, err error) {
	err = s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) (err error) {
		if err := s.q.Patient(ctx, tx); err != nil {
			return err
		}
		if err := s.q.DropStaging(ctx, tx, d.id, string(kind)); err != nil {
			return err
		}
		id, err = s.q.InsertFile(ctx, tx, d.id, string(kind), name, size, sum, tx.Now())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("keep bill: %w", err)
	}
	part := make([]byte, partSize)
	for no := int32(1); int64(no-1)*partSize < size; no++ {
		n, err := from.ReadAt(part, int64(no-1)*partSize)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("keep bill: %w", err)
		}
		err = s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error { return s.q.InsertPart(ctx, tx, id, no, part[:n]) })
		if err != nil {
			return 0, fmt.Errorf("keep bill: %w", err)
		}
	}
	return id, nil
}

// read copies the lines of a file, batch by batch.
func (s *Service) read(ctx context.Context, acc account, d day, kind payments.BillKind, id int64, from io.ReaderAt, size int64) (lines int, err error) {
	batch := make([]reconciledb.CopyLinesParams, 0, batchSize)
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error {
			_, err := s.q.CopyLines(ctx, tx, batch)
			return err
		})
		batch = batch[:0]
		if err != nil {
			return fmt.Errorf("copy lines: %w", err)
		}
		return nil
	}
	err = acc.reader.ReadBill(acc.Account, kind, d.date, from, size, func(l payments.BillLine) error {
		lines++
		batch = append(batch, reconciledb.CopyLinesParams{
			FileID: id, Kind: string(l.Kind), ProviderNo: l.ProviderNo, OwnNo: l.OwnNo, PaymentNo: l.PaymentNo, AmountFen: l.AmountFen, SettledFen: l.SettledFen,
			FeeMilli: l.FeeMilli, MovedAt: l.At, State: clip(l.State), Final: l.Final,
		})
		if len(batch) < batchSize {
			return nil
		}
		return flush()
	})
	if err != nil {
		return lines, err
	}
	return lines, flush()
}

// readKept copies the lines of a kept file and notes how many there are.
func (s *Service) readKept(ctx context.Context, acc account, d day, kind payments.BillKind, id int64, from io.ReaderAt, size int64) (out stagedFile, err error) {
	out.id = id
	if out.lines, err = s.read(ctx, acc, d, kind, id, from, size); err != nil {
		return out, err
	}
	return out, s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error { return s.q.SetLines(ctx, tx, int32(out.lines), id) })
}

// reject keeps a file that cannot be believed, and not a line of it.
func (s *Service) reject(ctx context.Context, acc account, id int64, cause error) error {
	return s.d.DB.InTenant(ctx, acc.TenantID, func(tx tenantdb.Tx) error {
		if err := s.q.DropLines(ctx, tx, id); err != nil {
			return fmt.Errorf("reject bill: %w", err)
		}
		return s.q.KeepMalformed(ctx, tx, clip(cause.Error()), id)
	})
}

// clip makes a text of the outside fit to be stored.
func clip(text string) string { return tenantdb.Storable(text, 300) }
