package distribution

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"galleria/commerce/distribution/internal/distributiondb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/upload"
)

// Bounds of what proves a payment by hand.
const (
	MaxProof   = 5 << 20 // bytes of a file
	MostProofs = 3       // files of a withdrawal
)

const (
	proofPurpose = "payout" // of private files
	maxName      = 80       // characters of a file's name
)

// File is an upload.
type File struct {
	Name string // as its owner calls it
	Raw  []byte
}

// Proof is a file that proves a withdrawal which was paid by hand.
type Proof struct {
	ID         int64
	Name, Kind string // kind: "jpg", "png" or "pdf"
	Bytes      int64
	UploadedBy string
	UploadedAt time.Time
}

// FoundProof is a file as it is sent.
type FoundProof struct {
	Name, Kind string
	Body       []byte
}

// putProofs checks files and stores them, outside of any transaction.
func (s *Service) putProofs(ctx context.Context, id tenant.ID, files []File) (out []distributiondb.AddProofParams, err error) {
	if len(files) > MostProofs {
		return nil, ErrProofMany
	}
	for _, f := range files { // all of them before any is stored
		switch {
		case len(f.Raw) > MaxProof:
			return nil, ErrProofLarge
		case upload.Kind(f.Raw) == "":
			return nil, ErrProofType
		}
	}
	for _, f := range files {
		kind := upload.Kind(f.Raw)
		sum := sha256.Sum256(f.Raw)
		key := upload.Folder(proofPurpose, id) + "/" + strings.ToLower(rand.Text()) + "." + kind
		if err := s.d.Store.Put(ctx, key, f.Raw); err != nil {
			s.dropProofs(ctx, out)
			return nil, ErrProofStore.Because(err)
		}
		out = append(out, distributiondb.AddProofParams{FileKey: key, Name: cmp.Or(upload.Name(f.Name, maxName), "proof."+kind), Kind: kind, Sum: sum[:], Bytes: int64(len(f.Raw))})
	}
	return out, nil
}

// dropProofs removes files that will have no rows; what cannot be removed now is swept.
func (s *Service) dropProofs(ctx context.Context, files []distributiondb.AddProofParams) {
	for _, f := range files {
		_ = s.d.Store.Delete(context.WithoutCancel(ctx), f.FileKey)
	}
}

// keepProofs writes the rows of files, with their room and their entries of the log.
func (s *Service) keepProofs(ctx context.Context, tx tenantdb.Tx, w distributiondb.Withdrawal, files []distributiondb.AddProofParams, actor string) error {
	for _, f := range files {
		f.WithdrawalID, f.UploadedBy, f.UploadedAt = w.ID, actor, tx.Now()
		n, err := s.q.AddProof(ctx, tx, f)
		if err != nil {
			return err
		}
		if n == 0 { // chosen twice in one form; its file is swept
			continue
		}
		if err := s.d.Plans.TakeTx(ctx, tx, plan.Storage, f.Bytes); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, w.WithdrawalNo, "proof_added", actor, map[string]any{"name": f.Name, "bytes": f.Bytes, "sha256": hex.EncodeToString(f.Sum)}); err != nil {
			return err
		}
	}
	return nil
}

// Proofs lists what proves that a withdrawal was paid by hand.
func (s *Service) Proofs(ctx context.Context, id tenant.ID, no string) (list []Proof, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.Proofs(ctx, r, no)
		for _, row := range rows {
			list = append(list, Proof{ID: row.ID, Name: row.Name, Kind: row.Kind, Bytes: row.Bytes, UploadedBy: row.UploadedBy, UploadedAt: row.UploadedAt})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("proofs of withdrawal %s: %w", no, err)
	}
	return list, nil
}

// OpenProof reads a file; that it was read is recorded first. Faults: NOT_FOUND.
func (s *Service) OpenProof(ctx context.Context, id tenant.ID, no string, proofID int64, actor string) (FoundProof, error) {
	var row distributiondb.ProofRow
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) (err error) {
		row, err = s.q.Proof(ctx, tx, no, proofID)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "withdrawal.proof_read", Object: "withdrawal:" + no, Detail: map[string]any{"name": row.Name}})
	})
	if err != nil {
		return FoundProof{}, fmt.Errorf("proof of withdrawal %s: %w", no, err)
	}
	body, err := s.d.Store.Get(ctx, row.FileKey)
	if err != nil {
		return FoundProof{}, fmt.Errorf("proof of withdrawal %s: %w", no, err)
	}
	return FoundProof{Name: row.Name, Kind: row.Kind, Body: body}, nil
}
