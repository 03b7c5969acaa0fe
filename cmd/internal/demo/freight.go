package demo

import (
	"context"

	"galleria/commerce/freight"
)

// charge gives the shop its default freight template.
func (s *seeding) charge(ctx context.Context) error {
	there, err := s.Freights.List(ctx, s.shop.ID)
	if err != nil || len(there) > 0 {
		return err
	}
	const firstFen, nextFen, farFen, freeFen = 800, 200, 1800, 9900
	_, err = s.Freights.Save(ctx, s.shop.ID, freight.Template{Name: "全国标准运费", Unit: freight.ByPiece, Default: true, Rules: freight.Rules{
		Elsewhere: &freight.Price{First: 1, FirstFen: firstFen, Next: 1, NextFen: nextFen},
		Zones: []freight.Zone{{
			Regions: []string{"150000", "540000", "620000", "630000", "640000", "650000"},
			Price:   freight.Price{First: 1, FirstFen: farFen, Next: 1, NextFen: farFen / 2},
		}},
		Free:    []freight.Free{{FromFen: freeFen}},
		Refused: []string{"710000", "810000", "820000"},
	}}, "system")
	return err
}
