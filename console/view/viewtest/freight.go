package viewtest

import (
	"galleria/commerce/division"
	"galleria/commerce/freight"
	"galleria/console/view"
)

// freightPages are the pages of freight templates.
func (f Frame) freightPages() []Sample {
	table := division.Load()
	t := freight.Template{ID: 3, Name: "全国标准运费", Unit: freight.ByWeight, Default: true, Version: 4, Products: 12, Rules: freight.Rules{
		Elsewhere: &freight.Price{First: 1000, FirstFen: 800, Next: 500, NextFen: 200},
		Zones: []freight.Zone{
			{Regions: []string{"310000", "320000", "330000", "340000"}, Price: freight.Price{First: 1000, FirstFen: 600, Next: 1000, NextFen: 100}},
			{Regions: []string{"540100", "650100"}, Price: freight.Price{First: 1000, FirstFen: 2500, Next: 1000, NextFen: 1500}},
		},
		Free:    []freight.Free{{FromFen: 9900}, {Regions: []string{"330100"}, FromFen: 4900, FromQty: 2}},
		Refused: []string{"540000", "650000", "710000", "810000", "820000"},
	}}
	bounded := freight.Template{ID: 4, Name: "同城", Unit: freight.ByPiece, Products: 1, Rules: freight.Rules{
		Zones: []freight.Zone{{Regions: []string{"530100"}, Price: freight.Price{First: 1, FirstFen: 500, Next: 1, NextFen: 0}}},
	}}
	page := f.page("nav.delivery", f.Text.T("freight.title"))
	list := view.FreightList{Regions: table, MayUpdate: true}
	full := list
	full.Templates = []freight.Template{t, bounded}
	price := view.FreightPrice{First: "1", FirstFee: "8.00", Next: "0.5", NextFee: "2.00"}
	shown := view.FreightForm{Template: t, Price: price, Everywhere: true, Regions: table, MayUpdate: true}
	shown.Try = &view.FreightTry{Region: "530100", Pieces: "2", Measure: "2.4", Amount: "68", Result: f.Text.T("freight.try_result", f.Text.Money(1400)), More: f.Text.T("freight.try_more", f.Text.Money(3100))}
	fresh := view.FreightForm{Template: freight.Template{Unit: freight.ByPiece, Default: true}, Price: view.FreightPrice{First: "1", FirstFee: "10.00", Next: "0", NextFee: "2.00"}, Everywhere: true, Regions: table, MayUpdate: true}
	fresh.Bad = map[string]string{"name": f.Text.T("freight.bad.name"), "next": f.Text.T("freight.bad.next")}
	zone := view.FreightPart{
		Template: t, Kind: view.FreightZone, N: "1", Index: 1, Price: view.FreightPrice{First: "1", FirstFee: "25.00", Next: "1", NextFee: "15.00"}, Regions: table,
		Chosen: map[string]bool{"540100": true, "650100": true}, Taken: map[string]bool{"330000": true, "650000": true},
	}
	free := view.FreightPart{
		Template: t, Kind: view.FreightFree, N: "new", Index: -1, Regions: table, Chosen: map[string]bool{}, Taken: map[string]bool{},
		Bad: map[string]string{"from_fen": f.Text.T("freight.bad.from_fen")},
	}
	refused := view.FreightPart{Template: t, Kind: view.FreightRefused, N: "all", Index: -1, Regions: table, Chosen: map[string]bool{"710000": true, "810000": true}, Taken: map[string]bool{}}
	return []Sample{
		{"freight_none", view.FreightListPage(page, list)},
		{"freight_list", view.FreightListPage(page, full)},
		{"freight_new", view.FreightFormPage(page, fresh)},
		{"freight", view.FreightFormPage(page, shown)},
		{"freight_zone", view.FreightPartPage(page, zone)},
		{"freight_free", view.FreightPartPage(page, free)},
		{"freight_refused", view.FreightPartPage(page, refused)},
	}
}
