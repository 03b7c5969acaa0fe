package catalog

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/search"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// settled fills in what is not said, cleans the description and puts the tags in order.
func (in ProductInput) settled(s *Service) ProductInput {
	in.Detail = s.texts.Clean(in.Detail)
	if in.Kind == "" {
		in.Kind = Physical
	}
	in.Limits.MinQty = max(in.Limits.MinQty, 1)
	if in.Kind != Voucher || in.Voucher == (VoucherTerms{}) {
		in.Voucher = UsualVoucher()
	}
	tags := []string{} // never nil: the column holds an array
	for _, tag := range in.Tags {
		if tag = strings.TrimSpace(tag); tag != "" && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	in.Tags = tags
	return in
}

// validateTerms judges what is not about variants.
func (in ProductInput) validateTerms(refuse func(ok bool, path, format string, args ...any)) {
	refuse(slices.Contains(KindList(), in.Kind), "kind", "must be one of physical, virtual_card, voucher, pickup")
	refuse(len(in.Tags) <= MaxTags, "tags", "must be at most %d", MaxTags)
	for i, tag := range in.Tags {
		refuse(short(tag, 1, MaxTag), fmt.Sprintf("tags[%d]", i), "must be at most %d characters", MaxTag)
	}
	l := in.Limits
	refuse(l.MinQty >= 1 && l.MinQty <= MaxPieces, "min_qty", "must be 1 to %d", MaxPieces)
	refuse(l.MaxPerOrder == 0 || (l.MaxPerOrder >= l.MinQty && l.MaxPerOrder <= MaxPieces), "max_per_order", "must be 0, or %d to %d", l.MinQty, MaxPieces)
	refuse(l.MaxLifetime == 0 || (l.MaxLifetime >= l.MinQty && l.MaxLifetime <= MaxLifetime), "max_lifetime", "must be 0, or %d to %d", l.MinQty, MaxLifetime)
	in.Voucher.validate(refuse)
	refuse(in.OnAt == nil || in.OffAt == nil || in.OffAt.After(*in.OnAt), "off_at", "must be after on_at")
}

// tokensOf are what the product is found by, and its brand's name.
func (s *Service) tokensOf(ctx context.Context, tx tenantdb.Tx, in ProductInput) (tokens []string, brand string, err error) {
	if in.BrandID != 0 {
		brand, err = s.q.BrandName(ctx, tx, in.BrandID)
		if tenantdb.NoRows(err) {
			return nil, "", fault.Invalidf("brand_id", "no such brand")
		}
		if err != nil {
			return nil, "", err
		}
	}
	return search.Tokens(search.Doc{Title: in.Title, More: append([]string{in.Subtitle, brand}, in.Tags...)}), brand, nil
}

// after does what follows every change of a product's text: it is kept for the orders to
// come, and the clock is set.
func (s *Service) after(ctx context.Context, tx tenantdb.Tx, spuID int64, in ProductInput, known bool) error {
	if err := s.q.KeepSnapshot(ctx, tx, spuID, tx.Now()); err != nil {
		return fmt.Errorf("keep snapshot: %w", err)
	}
	for _, c := range []struct {
		what string
		at   *time.Time
	}{{"on", in.OnAt}, {"off", in.OffAt}} {
		if c.at == nil && (!known || s.timers == nil) {
			continue
		}
		key := strconv.FormatInt(spuID, 10) + ":" + c.what
		if c.at == nil {
			if err := s.timers.Clear(ctx, tx, TimerShelf, key); err != nil {
				return err
			}
			continue
		}
		if err := s.timers.Set(ctx, tx, TimerShelf, key, *c.at, ShelfDueV1{SPUID: spuID}); err != nil {
			return err
		}
	}
	return nil
}

// orNull is an optional reference as its column holds it.
func orNull(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}
