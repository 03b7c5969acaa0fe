package evidence

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"galleria/payments/evidence/internal/evidencedb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/upload"
)

// Bounds of an upload.
const (
	MaxBytes = 5 << 20
	Most     = 3
	maxName  = 80 // characters
	purpose  = "evidence"
)

// orphanAge is how old a file without a row must be before it is swept: its row may be on
// the way.
const orphanAge = 24 * time.Hour

// Store keeps files by key; commerce/picture's stores are such.
type Store interface {
	Put(ctx context.Context, key string, body []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	Delete(ctx context.Context, key string) error
	// Each gives the files of a folder with the time they were written.
	Each(ctx context.Context, folder string, take func(key string, at time.Time) error) error
}

// Plans counts what a shop may have; *plan.Service is one.
type Plans interface {
	TakeTx(ctx context.Context, tx tenantdb.Tx, q plan.Quota, n int64) error
}

// Deps are what the service works with.
type Deps struct {
	DB    *tenantdb.DB
	Plans Plans
	Audit *audit.Log
	Store Store
	Now   func() time.Time
}

// Service keeps evidence. Safe for concurrent use.
type Service struct {
	d Deps
	q *evidencedb.Queries
}

// New returns the service.
func New(d Deps) *Service { return &Service{d: d, q: evidencedb.New()} }

// File is an upload.
type File struct {
	Name string // as its owner calls it
	Raw  []byte
}

// Taken are files that were checked and stored, and have no rows yet.
type Taken struct{ files []evidencedb.InsertParams }

// Take checks files and stores them, outside of any transaction. What it returns is written by
// KeepTx or dropped by Drop. Faults: EVIDENCE_….
func (s *Service) Take(ctx context.Context, id tenant.ID, files []File) (Taken, error) {
	if len(files) > Most {
		return Taken{}, ErrTooMany
	}
	var out Taken
	for _, f := range files {
		kind := upload.Kind(f.Raw)
		switch {
		case len(f.Raw) > MaxBytes:
			return Taken{}, errors.Join(ErrTooLarge, s.Drop(ctx, out))
		case kind == "":
			return Taken{}, errors.Join(ErrType, s.Drop(ctx, out))
		}
		sum := sha256.Sum256(f.Raw)
		key := upload.Folder(purpose, id) + "/" + strings.ToLower(rand.Text()) + "." + kind
		if err := s.d.Store.Put(ctx, key, f.Raw); err != nil {
			return Taken{}, errors.Join(ErrNoPlace.Because(err), s.Drop(ctx, out))
		}
		out.files = append(out.files, evidencedb.InsertParams{Key: key, Name: cmp.Or(upload.Name(f.Name, maxName), "evidence."+kind), Kind: kind, Sum: sum[:], Bytes: int64(len(f.Raw))})
	}
	return out, nil
}

// KeepTx writes the rows of what was taken, as evidence of a refund, in the caller's
// transaction, with their quota and their entries of the log. Faults: QUOTA_EXCEEDED.
func (s *Service) KeepTx(ctx context.Context, tx tenantdb.Tx, outRefundNo, actor string, t Taken) error {
	for _, f := range t.files {
		f.OutRefundNo, f.UploadedBy, f.UploadedAt = outRefundNo, actor, tx.Now()
		n, err := s.q.Insert(ctx, tx, f)
		if err != nil {
			return fmt.Errorf("keep evidence: %w", err)
		}
		if n == 0 { // chosen twice in one form; its file is swept
			continue
		}
		if err := s.d.Plans.TakeTx(ctx, tx, plan.Storage, f.Bytes); err != nil {
			return err
		}
		err = s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "refund.evidence_added", Object: "refund:" + outRefundNo, Detail: map[string]any{
			"name": f.Name, "bytes": f.Bytes, "sha256": hex.EncodeToString(f.Sum),
		}})
		if err != nil {
			return fmt.Errorf("keep evidence: %w", err)
		}
	}
	return nil
}

// Drop removes what was taken and will have no rows.
func (s *Service) Drop(ctx context.Context, t Taken) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	for _, f := range t.files {
		errs = append(errs, s.d.Store.Delete(ctx, f.Key))
	}
	return errors.Join(errs...)
}

// Found is a file as it is sent.
type Found struct {
	Name string
	Kind string // "jpg", "png" or "pdf"
	Body []byte
}

// Open reads a file of a refund; that it was read is recorded first. Faults: NOT_FOUND.
func (s *Service) Open(ctx context.Context, id tenant.ID, outRefundNo string, evidenceID int64) (Found, error) {
	var row evidencedb.FindRow
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		row, err = s.q.Find(ctx, tx, evidenceID, outRefundNo)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Action: "refund.evidence_read", Object: "refund:" + outRefundNo, Detail: map[string]any{"name": row.Name}})
	})
	if err != nil {
		return Found{}, fmt.Errorf("find evidence: %w", err)
	}
	body, err := s.d.Store.Get(ctx, row.Key)
	if err != nil {
		return Found{}, fmt.Errorf("read evidence: %w", err)
	}
	return Found{Name: row.Name, Kind: row.Kind, Body: body}, nil
}

// Sweep removes files of a shop that have no row and are older than a day, and returns how
// many there were.
func (s *Service) Sweep(ctx context.Context, id tenant.ID) (int, error) {
	var old []string
	err := s.d.Store.Each(ctx, upload.Folder(purpose, id), func(key string, at time.Time) error {
		if at.Before(s.d.Now().Add(-orphanAge)) {
			old = append(old, key)
		}
		return nil
	})
	swept := 0
	for part := range slices.Chunk(old, 500) {
		var known []string
		readErr := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
			known, err = s.q.Known(ctx, r, part)
			return err
		})
		if readErr != nil {
			return swept, fmt.Errorf("sweep evidence: %w", readErr)
		}
		for _, key := range part {
			if slices.Contains(known, key) {
				continue
			}
			if err := s.d.Store.Delete(ctx, key); err != nil {
				return swept, fmt.Errorf("sweep evidence: %w", err)
			}
			swept++
		}
	}
	return swept, err
}
