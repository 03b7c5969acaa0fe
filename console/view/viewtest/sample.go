package viewtest

import (
	"time"

	"galleria/commerce/money"
	"galleria/console/readmodel"
)

func now() time.Time { return time.Date(2026, 11, 21, 7, 42, 10, 0, time.UTC) }

func ago(d time.Duration) time.Time { return now().Add(-d) }

func at(d time.Duration) *time.Time {
	t := ago(d)
	return &t
}

func days() []readmodel.Day {
	revenue := []int64{182350, 96800, 240110, 310500, 128800, 0, 205900, 388240, 342210, 298700, 410900, 275300, 356680, 268450}
	out := make([]readmodel.Day, len(revenue))
	today := time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC) // midnight in Shanghai
	for i, r := range revenue {
		orders := r / 11000
		out[i] = readmodel.Day{
			Start:   today.AddDate(0, 0, i-len(revenue)+1),
			Orders:  orders + 4,
			Paid:    orders,
			Revenue: money.Fen(r),
		}
	}
	return out
}

func orders() []readmodel.OrderRow {
	return []readmodel.OrderRow{
		{ID: 1042, OrderNo: "20261121000000001042", Status: "pending_payment", Buyer: "林小满", Receiver: "林小满", Phone: "13800138000", Title: "云南小粒咖啡豆 深烘 500g", Spec: "整豆", Lines: 3, Qty: 4, Payable: 25680, PlacedAt: ago(3 * time.Minute)},
		{ID: 1041, OrderNo: "20261121000000001041", Status: "paid", Buyer: "阿哲", Receiver: "周哲", Phone: "13912345678", Title: "手冲滤纸 100 片装", Lines: 1, Qty: 2, Payable: 5960, PlacedAt: ago(26 * time.Minute), PaidAt: at(25 * time.Minute)},
		{ID: 1040, OrderNo: "20261121000000001040", Status: "fulfilling", Buyer: "", Receiver: "王秀英", Phone: "13700001111", Title: "挂耳咖啡 瑰夏村 10 包", Lines: 1, Qty: 1, Payable: 12800, PlacedAt: ago(5 * time.Hour), PaidAt: at(5 * time.Hour)},
		{ID: 1039, OrderNo: "20261120000000001039", Status: "completed", Buyer: "Mia", Receiver: "陈米娅", Phone: "15011112222", Title: "双层玻璃杯 350ml", Lines: 2, Qty: 3, Payable: 158900, PlacedAt: ago(20 * time.Hour), PaidAt: at(19 * time.Hour)},
		{ID: 1038, OrderNo: "20261120000000001038", Status: "closed", CloseReason: "timeout", Buyer: "老张的店", Receiver: "张建国", Phone: "18688889999", Title: "意式拼配 1kg 商用装", Lines: 1, Qty: 6, Payable: 118800, PlacedAt: ago(28 * time.Hour)},
	}
}

func orderDetail() readmodel.OrderDetail {
	return readmodel.OrderDetail{
		OrderNo: "20261121000000001041", Status: "paid", MemberID: 77, Buyer: "阿哲", AppID: "wxdemo0000000001", AppName: "山野咖啡",
		Address: readmodel.Address{Name: "周哲", Phone: "13912345678", Province: "浙江省", City: "杭州市", District: "西湖区", Detail: "文三路 90 号东部软件园 3 幢 502 室"},
		Remark:  "麻烦用礼盒包装，周末送到。", Goods: 27960, Discount: 2000, Adjustments: []readmodel.Adjustment{{Kind: "coupon", Title: "秋茶上新", Version: 2, Funder: "shop", Coupon: 7, Lines: 1, Off: 2000}}, Freight: 800, Payable: 26760,
		PlacedAt: ago(52 * time.Minute), ExpiresAt: ago(22 * time.Minute), PaidAt: at(25 * time.Minute),
		Lines: []readmodel.OrderLine{
			{SPUID: 12, Title: "云南小粒咖啡豆 深烘 500g", Spec: "整豆 / 500g", Price: 11000, Qty: 2, Goods: 22000, Discount: 2000, Payable: 20000},
			{SPUID: 13, Title: "手冲滤纸 100 片装", Price: 2980, Qty: 2, Goods: 5960, Payable: 5960},
		},
		Events: []readmodel.OrderEvent{
			{At: ago(52 * time.Minute), Event: "place", To: "pending_payment", ActorKind: "member", ActorName: "阿哲", Amount: 26760},
			{At: ago(25 * time.Minute), Event: "pay", From: "pending_payment", To: "paid", ActorKind: "provider", ActorName: "wechat", Amount: 26760},
		},
		Attempts: []readmodel.Attempt{
			{OutTradeNo: "P2026112115150001A", Channel: "wechat", Account: "山野咖啡 微信支付", MerchantNo: "1900000109", Mode: "sandbox", AppID: "wxdemo0000000001", Amount: 26760, Status: "closed", CreatedAt: ago(50 * time.Minute)},
			{OutTradeNo: "P2026112115170002B", Channel: "wechat", Account: "山野咖啡 微信支付", MerchantNo: "1900000109", Mode: "sandbox", AppID: "wxdemo0000000001", Amount: 26760, Refunded: 26760, Status: "succeeded", PrepayID: "wx21151700", TransactionID: "4200002561202611210000000001", Surplus: true, CreatedAt: ago(26 * time.Minute), PaidAt: at(25 * time.Minute)},
		},
		Refunds: []readmodel.Refund{
			{OutRefundNo: "R2026112115200001", OutTradeNo: "P2026112115170002B", ProviderID: "50300802662026112100000001", Reason: "double_payment", Amount: 26760, Status: "processing", RequestedAt: ago(20 * time.Minute)},
		},
		Anomalies: []readmodel.Anomaly{
			{EventID: "EV-1", OutTradeNo: "P2026112115170002B", Reason: "amount", Blocking: true, Expected: "26760", Got: "1", Seen: 2, FirstAt: ago(24 * time.Minute)},
		},
	}
}

func products() []readmodel.ProductRow {
	return []readmodel.ProductRow{
		{ID: 14, Title: "挂耳咖啡 瑰夏村 10 包", Subtitle: "花香、柑橘，浅烘", Category: "挂耳咖啡", Status: "on_shelf", MinPrice: 12800, MaxPrice: 12800, Sales: 1204, SKUs: 1, Available: 320},
		{ID: 13, Title: "手冲滤纸 100 片装", Category: "器具", Status: "on_shelf", MinPrice: 2980, MaxPrice: 3980, Sales: 88, SKUs: 2, Available: 6, LowSKUs: 1},
		{ID: 12, Title: "云南小粒咖啡豆 深烘", Subtitle: "坚果、可可", Category: "咖啡豆", Status: "on_shelf", MinPrice: 5800, MaxPrice: 19800, Sales: 2310, SKUs: 6, Available: 0, LowSKUs: 6},
		{ID: 11, Title: "圣诞限定礼盒", Category: "礼盒", Status: "off_shelf", MinPrice: 39900, MaxPrice: 39900, SKUs: 1, Available: 50},
	}
}

func productDetail() readmodel.ProductDetail {
	return readmodel.ProductDetail{
		ID: 12, Title: "云南小粒咖啡豆 深烘", Subtitle: "坚果、可可、焦糖尾韵", Category: "咖啡豆", Status: "on_shelf", Kind: "physical", Brand: "青禾", Tags: []string{"新品", "送礼"}, MinQty: 1, MaxPerOrder: 5,
		MinPrice: 5800, MaxPrice: 19800, Sales: 2310, CreatedAt: ago(900 * time.Hour), UpdatedAt: ago(30 * time.Hour),
		Specs: []readmodel.Spec{{Name: "研磨", Values: []string{"整豆", "手冲粉"}}, {Name: "规格", Values: []string{"250g", "500g"}}},
		SKUs: []readmodel.SKU{
			{ID: 31, Code: "YN-D-250-B", SpecValues: []string{"整豆", "250g"}, Price: 5800, MarketPrice: 6800, Enabled: true, OnHand: 120, Reserved: 8, LowAt: 10},
			{ID: 32, Code: "YN-D-500-B", SpecValues: []string{"整豆", "500g"}, Price: 11000, Enabled: true, OnHand: 12, Reserved: 6, LowAt: 10},
			{ID: 33, Code: "YN-D-250-G", SpecValues: []string{"手冲粉", "250g"}, Price: 5800, Enabled: true, OnHand: 4, Reserved: 4, LowAt: 10},
			{ID: 34, SpecValues: []string{"手冲粉", "500g"}, Price: 19800, Enabled: false, OnHand: 0, LowAt: 10},
		},
		Moves: []readmodel.StockMove{
			{At: ago(52 * time.Minute), SKU: "整豆 / 500g", Kind: "reserve", ReservedDelta: 2, Document: "20261121000000001041", ActorKind: "member", ActorName: "阿哲"},
			{At: ago(29 * time.Hour), SKU: "整豆 / 250g", Kind: "receive", OnHandDelta: 100, Document: "IN20261120", ActorKind: "staff", ActorName: "李店长"},
		},
	}
}

func accounts() []readmodel.Account {
	end := now().AddDate(4, 0, 0)
	return []readmodel.Account{{
		ID: 1, AccountKey: "k3v9m2x7q1z8c4b6n5a0s2d8f1", Channel: "wechat", Mode: "sandbox", Name: "山野咖啡 微信支付", MerchantNo: "1900000109",
		AppIDs: []string{"wxdemo0000000001"}, KeyMode: "public_key", Serial: "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
		PublicKeyID: "PUB_KEY_ID_0119000001092024112000382000000001", Status: "active", UpdatedAt: ago(400 * time.Hour),
		Keys: []readmodel.Key{
			{Field: "private_key", Version: 1, Fingerprint: "SHA256:9c1d3f7a5b20e48d"},
			{Field: "api_v3_key", Version: 2, Fingerprint: "SHA256:04ee8c61b7f2d913"},
		},
		ProviderKeys: []readmodel.ProviderKey{{Serial: "PUB_KEY_ID_0119000001092024112000382000000001", NotAfter: &end}},
		Anomalies:    []readmodel.Anomaly{{EventID: "EV-9", OutTradeNo: "P000000000UNKNOWN", Reason: "unknown_number", Blocking: true, Seen: 1, FirstAt: ago(5 * time.Hour)}},
	}}
}

// hiddenReceiver is an order as those see it who did not ask who it goes to.
func hiddenReceiver(o readmodel.OrderDetail) readmodel.OrderDetail {
	o.Address.Name, o.Address.Phone, o.Address.Detail = "周***", "***78", "***"
	return o
}
