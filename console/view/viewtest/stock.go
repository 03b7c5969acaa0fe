package viewtest

import (
	"time"

	"galleria/commerce/inventory"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// stockPages are the pages of stock and of the places where it lies.
func (f Frame) stockPages() []Sample {
	page := f.page("nav.stock", f.Text.T("stock.list"))
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	rows := []readmodel.StockRow{
		{SKUID: 12, SPUID: 5, Title: "云南小粒咖啡豆", Spec: "深烘 / 250g", Code: "KF-250", OnHand: 42, Reserved: 3, LowAt: 5, Version: 4, MainOnHand: 30, MainReserved: 3, Enabled: true},
		{SKUID: 11, SPUID: 5, Title: "云南小粒咖啡豆", Spec: "深烘 / 500g", Code: "KF-500", OnHand: 6, Reserved: 2, LowAt: 5, Version: 2, Alarm: true, MainOnHand: 6, MainReserved: 2, Enabled: true},
		{SKUID: 10, SPUID: 4, Title: "手冲滤纸", OnHand: 1, Reserved: 1, LowAt: 5, Version: 1, Alarm: true, MainOnHand: 1, MainReserved: 1, Enabled: true},
	}
	counts := map[string]int64{"": 3, "low": 1, "out": 1, "alarm": 2}
	places := []view.Choice{{Value: "0", Label: f.Text.T("location.main")}, {Value: "1", Label: "西湖店"}}
	moves := []readmodel.StockEntry{
		{ID: 5, At: at, Kind: "transfer", OnHand: 12, Document: "DB-K7Q2M9XT", Place: 1, ActorKind: "staff", ActorName: "林晓"},
		{ID: 4, At: at, Kind: "adjust", Reason: "damage", Note: "运输受潮", OnHand: -2, Document: "PD-7Q2M9XTK", ActorKind: "staff", ActorName: "林晓"},
		{ID: 3, At: at, Kind: "reserve", Reserved: 3, Document: "261121110000ABCDEFGHIJ", OrderNo: "261121110000ABCDEFGHIJ", ActorKind: "member", ActorName: "王小明"},
	}
	detail := readmodel.StockDetail{StockRow: rows[0], Places: []readmodel.StockPlace{{LocationID: 1, Name: "西湖店", OnHand: 12}}, Moves: moves}
	one := view.StockForm{StockDetail: readmodel.StockDetail{StockRow: rows[2], Moves: moves[2:]}, Places: places[:1], Key: "K7Q2M9XTK7Q2M9XT", LowAt: "5", OnFirst: true, MayUpdate: true}
	refused := view.StockForm{
		StockDetail: detail, Places: places, Key: "K7Q2M9XTK7Q2M9XT", LowAt: "5", OnFirst: true, MayUpdate: true, To: "1", Mode: "count", Pieces: "很多", Reason: "count", Place: "1",
		Bad: map[string]string{"pieces": f.Text.T("stock.bad.pieces")}, Problem: inventory.ErrChanged.Text(string(f.Text.Lang())),
		Since: f.Text.T("stock.since", "林晓", f.Text.DateTime(at), f.Text.T("stock.kind.adjust"), "-2"),
	}
	bulk := []view.StockBulkRow{
		{Line: 1, Code: "KF-250", Title: "云南小粒咖啡豆", Spec: "深烘 / 250g", SKUID: 12, Number: 20, Before: 42, Now: 62, Version: 4},
		{Line: 2, Code: "KF-999", Problem: f.Text.T("stock.bulk.unknown")},
	}
	return []Sample{
		{"stock", view.StockListPage(page, view.StockList{StockPage: readmodel.StockPage{Rows: rows, Counts: counts}, Places: places[:1], OnFirst: true, MayUpdate: true})},
		{"stock_alarm", view.StockListPage(page, view.StockList{StockPage: readmodel.StockPage{Rows: rows[1:], Counts: counts}, Show: "alarm", Places: places, OnFirst: true, MayUpdate: true, Done: "stock_seen"})},
		{"stock_none", view.StockListPage(page, view.StockList{OnFirst: true})},
		{"stock_one", view.StockShowPage(page, one)},
		{"stock_refused", view.StockShowPage(page, refused)},
		{"stock_bulk", view.StockBulkPage(page, view.StockBulk{Mode: "add", Places: places[:1], Key: "K7Q2M9XTK7Q2M9XT"})},
		{"stock_bulk_move", view.StockBulkPage(page, view.StockBulk{Mode: "move", Places: places, To: "2", Key: "K7Q2M9XTK7Q2M9XT", Rows: bulk, Good: 1, Text: "KF-250 20\nKF-999 1"})},
		{"stock_bulk_checked", view.StockBulkPage(page, view.StockBulk{Mode: "add", Places: places, Key: "K7Q2M9XTK7Q2M9XT", Rows: bulk, Good: 1, Text: "KF-250 20\nKF-999 1"})},
		{"stock_bulk_done", view.StockBulkPage(page, view.StockBulk{Mode: "add", Places: places, Key: "K7Q2M9XTK7Q2M9XT", Rows: bulk, Good: 1, Done: true})},
		{"locations", view.LocationListPage(page, view.LocationList{Rows: []inventory.Location{{Name: f.Text.T("location.main")}, {ID: 1, Name: "西湖店"}, {ID: 2, Name: "旧仓库", Closed: true}}, MayUpdate: true, Done: "location_saved"})},
	}
}
