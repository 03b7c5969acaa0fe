package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"galleria/commerce/catalog/internal/catalogdb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Snapshot is a product as it was when it was sold. Prices stand on the order's lines.
type Snapshot struct {
	Hash     string        `json:"-"`
	SPUID    int64         `json:"-"`
	MadeAt   time.Time     `json:"-"` // when this content came to be
	Title    string        `json:"title"`
	Subtitle string        `json:"subtitle"`
	Cover    string        `json:"cover"`
	Pictures []string      `json:"pictures"`
	Detail   string        `json:"detail"`
	Kind     Kind          `json:"kind"`
	Brand    string        `json:"brand"`
	Category string        `json:"category"`
	Tags     []string      `json:"tags"`
	Specs    []Spec        `json:"specs"`
	SKUs     []SnapshotSKU `json:"skus"`
	Params   []Param       `json:"params"`            // its sheet; none if it was made before there were any
	Voucher  *VoucherTerms `json:"voucher,omitempty"` // of kind Voucher; nil if it was made before there were any
}

// SnapshotSKU is a variant of a Snapshot.
type SnapshotSKU struct {
	ID         int64    `json:"id"`
	SpecValues []string `json:"spec_values"`
	Code       string   `json:"code"`
	Barcode    string   `json:"barcode"`
	WeightG    int64    `json:"weight_g"`
	VolumeCM3  int64    `json:"volume_cm3"`
	Picture    string   `json:"picture"`
}

var hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Snapshot returns what an order's line names. One statement. Faults: NOT_FOUND.
func (s *Service) Snapshot(ctx context.Context, id tenant.ID, hash string) (Snapshot, error) {
	if !hashForm.MatchString(hash) {
		return Snapshot{}, fault.ErrNotFound
	}
	var row catalogdb.SnapshotRow
	err := s.db.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
		row, err = s.q.Snapshot(ctx, r, hash)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		return err
	})
	if err != nil {
		return Snapshot{}, fmt.Errorf("get snapshot: %w", err)
	}
	out := Snapshot{Hash: hash, SPUID: row.SpuID, MadeAt: row.MadeAt}
	if err := json.Unmarshal(row.Body, &out); err != nil {
		return Snapshot{}, fmt.Errorf("snapshot %s: %w", hash, err)
	}
	out.Detail = s.texts.Show(out.Detail)
	return out, nil
}
