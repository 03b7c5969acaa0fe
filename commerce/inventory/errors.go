package inventory

import "galleria/tenant/fault"

var (
	// ErrShort is an order for more than is available. Its data name the SKUs under
	// "short": [{"sku_id", "state"}], state being "sold_out" or "not_enough", never the number.
	ErrShort = fault.New(fault.Conflict, "OUT_OF_STOCK", "库存不足", "Not enough stock")
	// ErrReserved is a correction to less than what orders hold. Its data name the SKU under
	// "sku_id".
	ErrReserved = fault.New(fault.Conflict, "STOCK_RESERVED", "库存不能少于订单已占用的数量", "Stock cannot be less than what orders hold")
	// ErrUnknownSKU is a SKU that has no stock level.
	ErrUnknownSKU = fault.New(fault.NotFound, "SKU_NOT_FOUND", "商品规格不存在", "No such SKU")
)

// Short is one SKU of which too little is left.
type Short struct {
	SKUID int64  `json:"sku_id"`
	State string `json:"state"` // "sold_out" or "not_enough"
}

// ShortOf returns ErrShort naming the SKUs.
func ShortOf(short []Short) error {
	return ErrShort.WithData(map[string]any{"short": short})
}

// ShortState is the State of a SKU of which available pieces are left.
func ShortState(available int64) string {
	if available <= 0 {
		return "sold_out"
	}
	return "not_enough"
}
