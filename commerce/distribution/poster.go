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
	Title    string
	PriceFen money.Fen
}

// posterInvite asks whoever sees a poster to scan its code.
const posterInvite = "长按或扫码，一起来看看" //nolint:gosmopolitan // buyers read it

// CheckFont says whether posters can be written with the font of a path.
func CheckFont(path string) error { return poster.Check(path) }

// Poster draws what an active distributor shows to others, a PNG: his code in an app, below the
// picture, the title and the price of a product if one is given, and with the shop's name, where the
// machine has a font for Chinese; else words are the Mini Program's to write. Faults:
// as CodePicture, NOT_FOUND for a product that is not on sale, DISTRIBUTION_POSTER.
func (s *Service) Poster(ctx context.Context, id tenant.ID, memberID int64, app tenant.AppID, spuID int64) ([]byte, error) {
	parts := poster.Parts{Font: poster.Find(s.d.Font), Invite: posterInvite}
	if spuID != 0 {
		goods, err := s.d.Goods(ctx, id, spuID)
		if err != nil {
			return nil, fmt.Errorf("poster of a distributor: %w", err)
		}
		parts.Picture, parts.Title, parts.Price = goods.Picture, goods.Title, "¥"+goods.PriceFen.Yuan()
	}
	var err error
	if parts.Font != "" {
		if parts.Shop, err = s.d.ShopName(ctx, id); err != nil {
			return nil, fmt.Errorf("poster of a distributor: %w", err)
		}
	}
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
