package demo

import (
	"context"

	"galleria/commerce/delivery"
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

// bring gives the shop a store, from which it brings goods itself.
func (s *seeding) bring(ctx context.Context) error {
	there, err := s.Delivery.Stores(ctx, s.shop.ID, false)
	if err != nil || len(there) > 0 {
		return err
	}
	store, err := s.Delivery.SaveStore(ctx, s.shop.ID, delivery.Store{
		Name: "西湖店", Phone: "0571-88000000", Address: "杭州市西湖区龙井路 1 号", Hours: "周一至周日 9:00–21:00", Latitude: "30.243600", Longitude: "120.128900", Open: true,
	}, "system")
	if err != nil {
		return err
	}
	const radiusM, baseM, minFen, baseFen, perKmFen, freeFen, everyDay, hour, orders = 8000, 3000, 2000, 500, 100, 9900, 127, 60, 20
	return s.Delivery.SetLocal(ctx, s.shop.ID, delivery.Local{
		LocalTerms: delivery.LocalTerms{
			Active: true, StoreID: store, RadiusM: radiusM, Divisions: []string{"330106"}, MinFen: minFen, BaseFen: baseFen, BaseM: baseM, PerKmFen: perKmFen, FreeFen: freeFen,
			LeadMinutes: hour, DaysAhead: 2, Weekdays: everyDay,
		},
		Times: []delivery.LocalTime{{From: 9 * hour, Until: 12 * hour, Capacity: orders}, {From: 14 * hour, Until: 18 * hour, Capacity: orders}, {From: 18 * hour, Until: 21 * hour, Capacity: orders}},
	}, "system")
}
