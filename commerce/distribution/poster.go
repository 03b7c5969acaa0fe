package distribution

import (
	"context"
	"fmt"

	"galleria/commerce/distribution/internal/poster"
	"galleria/commerce/money"
	"galleria/tenant"
)

// Goods is what a poster shows of a product.
type Goods struct {
	Picture  []byte // a JPEG or PNG; nil: none
	PriceFen money.Fen
}

// Poster draws what an active distributor shows to others, a PNG: his code in an app, below the
// picture and the price of a product if one is given. Words are the Mini Program's to write. Faults:
// as CodePicture, NOT_FOUND for a product that is not on sale, DISTRIBUTION_POSTER.
func (s *Service) Poster(ctx context.Context, id tenant.ID, memberID int64, app tenant.AppID, spuID int64) ([]byte, error) {
	parts := poster.Parts{}
	if spuID != 0 {
		goods, err := s.d.Goods(ctx, id, spuID)
		if err != nil {
			return nil, fmt.Errorf("poster of a distributor: %w", err)
		}
		parts.Picture, parts.Price = goods.Picture, "¥"+goods.PriceFen.Yuan()
	}
	var err error
	if parts.Code, err = s.CodePicture(ctx, id, memberID, app, spuID); err != nil {
		return nil, err
	}
	select {
	case s.drawing <- struct{}{}:
		defer func() { <-s.drawing }()
	case <-ctx.Done():
		return nil, ErrPoster.Because(ctx.Err())
	}
	drawn, err := poster.Draw(parts)
	if err != nil {
		return nil, ErrPoster.Because(err)
	}
	return drawn, nil
}
