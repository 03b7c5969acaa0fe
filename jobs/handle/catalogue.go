package handle

import (
	"context"
	"fmt"

	"galleria/commerce/catalog"
	"galleria/commerce/picture"
	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
)

// Listings is the part of listing.Service that the clock moves.
type Listings interface {
	ShelfDueTx(ctx context.Context, tx tenantdb.Tx, productID int64) error
	PurgeOldTx(ctx context.Context, tx tenantdb.Tx, limit int32) (int, error)
}

// Shelf is the part of catalog.Service that keeps what products are found by.
type Shelf interface {
	ReindexTx(ctx context.Context, tx tenantdb.Tx, limit int32) (int, error)
	ReindexDueTx(ctx context.Context, tx tenantdb.Tx) error
	WaneTx(ctx context.Context, tx tenantdb.Tx) error
	AddSalesTx(ctx context.Context, tx tenantdb.Tx, piecesBySPU map[int64]int64) error
}

// Pictures makes thumbnails and sweeps files that nothing knows; *picture.Service is one.
type Pictures interface {
	MakeThumb(ctx context.Context, id tenant.ID, key string) error
	Forget(ctx context.Context, id tenant.ID, address string) error
	Sweep(ctx context.Context, id tenant.ID) (int, error)
	SweepUnattached(ctx context.Context, id tenant.ID) (int, error)
}

// pictureUploaded makes a picture's thumbnail. A repetition finds it made.
func (h *Handlers) pictureUploaded(ctx context.Context, ev outbox.Event) error {
	p, err := payload[picture.UploadedV1](ev)
	if err != nil {
		return err
	}
	if err := h.Pictures.MakeThumb(ctx, ev.TenantID, p.Key); err != nil {
		return err
	}
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error {
		_, err := h.Outbox.Receive(ctx, tx, ev, "picture.thumb")
		return err
	})
}

// shelfDue puts a product on the shelf or takes it down when its time has come. What was
// done is forgotten with its time, so a repetition does nothing.
func (h *Handlers) shelfDue(ctx context.Context, ev outbox.Event) error {
	p, err := payload[catalog.ShelfDueV1](ev)
	if err != nil {
		return err
	}
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error { return h.Listings.ShelfDueTx(ctx, tx, p.SPUID) })
}

// reindexDue computes what products are found by after a brand got another name.
func (h *Handlers) reindexDue(ctx context.Context, ev outbox.Event) error {
	return h.DB.InTenant(ctx, ev.TenantID, func(tx tenantdb.Tx) error { return h.Shelf.ReindexDueTx(ctx, tx) })
}

// upkeepShelf empties the bin of what has lain there long enough and computes what is found
// by which words for products from before there was an index.
func (h *Handlers) upkeepShelf(ctx context.Context, tx tenantdb.Tx) (more bool, err error) {
	const batch = 100
	purged, err := h.Listings.PurgeOldTx(ctx, tx, batch)
	if err != nil {
		return false, fmt.Errorf("empty the bin: %w", err)
	}
	indexed, err := h.Shelf.ReindexTx(ctx, tx, batch)
	if err != nil {
		return false, err
	}
	return purged == batch || indexed == batch, nil
}
