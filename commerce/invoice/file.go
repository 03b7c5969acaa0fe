package invoice

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/upload"
)

// MaxBytes is the size of a file.
const MaxBytes = 5 << 20

const (
	maxName   = 80             // characters of a file's name
	purpose   = "invoice"      // of private files
	orphanAge = 24 * time.Hour // of a file without a row before it is swept
)

// File is an upload.
type File struct {
	Name string // as its owner calls it
	Raw  []byte
}

// stored is a file that has no row yet; empty where none was sent.
type stored struct {
	key, kind *string
	name      string
	bytes     int64
}

// put checks a file and stores it, outside of any transaction.
func (s *Service) put(ctx context.Context, id tenant.ID, f *File) (stored, error) {
	if f == nil {
		return stored{}, nil
	}
	if len(f.Raw) > MaxBytes {
		return stored{}, ErrFileTooLarge
	}
	kind := kindOf(f.Raw)
	if kind == "" {
		return stored{}, ErrFileType
	}
	key := upload.Folder(purpose, id) + "/" + strings.ToLower(rand.Text()) + "." + kind
	if err := s.d.Store.Put(ctx, key, f.Raw); err != nil {
		return stored{}, ErrNoPlace.Because(err)
	}
	return stored{key: &key, kind: &kind, name: cmp.Or(upload.Name(f.Name, maxName), "invoice."+kind), bytes: int64(len(f.Raw))}, nil
}

// drop removes a file whose row was not written. Where that is not certain it stays, and the
// sweep sees to it.
func (s *Service) drop(ctx context.Context, f stored, why error) {
	if kind := fault.KindOf(why); f.key != nil && kind != fault.Unavailable && kind != fault.Internal {
		_ = s.d.Store.Delete(context.WithoutCancel(ctx), *f.key) // what cannot be removed now is swept
	}
}

// Found is a file as it is sent.
type Found struct {
	Name string
	Kind string // "pdf", "ofd", "jpg" or "png"
	Body []byte
}

// Open reads the file of an invoice for staff; that it was read is recorded first. Faults:
// NOT_FOUND.
func (s *Service) Open(ctx context.Context, id tenant.ID, invoiceID int64, actor string) (Found, error) {
	r, err := s.Find(ctx, id, invoiceID)
	if err == nil && r.fileKey == "" {
		err = fault.ErrNotFound
	}
	if err != nil {
		return Found{}, err
	}
	entry := audit.Entry{TenantID: id, Actor: actor, Action: "invoice.file_read", Object: fmt.Sprintf("invoice:%d", invoiceID)}
	if err := s.d.Audit.Record(ctx, entry); err != nil {
		return Found{}, fmt.Errorf("read invoice: %w", err)
	}
	return s.get(ctx, r)
}

// OpenOwn reads the file of the newest invoice of a member's order. Faults: NOT_FOUND.
func (s *Service) OpenOwn(ctx context.Context, id tenant.ID, memberID int64, orderNo string) (Found, error) {
	st, err := s.OfOrder(ctx, id, memberID, orderNo)
	if err != nil {
		return Found{}, err
	}
	if st.Request == nil || st.Request.fileKey == "" {
		return Found{}, fmt.Errorf("invoice of %s: %w", orderNo, fault.ErrNotFound)
	}
	return s.get(ctx, *st.Request)
}

func (s *Service) get(ctx context.Context, r Request) (Found, error) {
	body, err := s.d.Store.Get(ctx, r.fileKey)
	if err != nil {
		return Found{}, fmt.Errorf("read invoice %d: %w", r.ID, err)
	}
	return Found{Name: r.FileName, Kind: r.FileKind, Body: body}, nil
}

// Sweep removes files of a shop that have no row and are older than a day, and returns how many
// there were.
func (s *Service) Sweep(ctx context.Context, id tenant.ID) (swept int, err error) {
	var old []string
	err = s.d.Store.Each(ctx, upload.Folder(purpose, id), func(key string, at time.Time) error {
		if at.Before(s.d.Now().Add(-orphanAge)) {
			old = append(old, key)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("sweep invoices: %w", err)
	}
	const portion = 500
	for part := range slices.Chunk(old, portion) {
		var known []string
		err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
			known, err = s.q.KnownFiles(ctx, r, part)
			return err
		})
		for _, key := range part {
			if err == nil && !slices.Contains(known, key) {
				err = s.d.Store.Delete(ctx, key)
				swept++
			}
		}
		if err != nil {
			return swept, fmt.Errorf("sweep invoices: %w", err)
		}
	}
	return swept, nil
}

// kindOf is what the bytes say; "" is none that is taken. An OFD (GB/T 33190) is a zip archive
// with an OFD.xml at its root.
func kindOf(raw []byte) string {
	if !bytes.HasPrefix(raw, []byte("PK\x03\x04")) {
		return upload.Kind(raw)
	}
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err == nil && slices.ContainsFunc(archive.File, func(f *zip.File) bool { return f.Name == "OFD.xml" }) {
		return "ofd"
	}
	return ""
}
