package inventory

import "galleria/tenant/fault"

var (
	// ErrShort is an order for more than is available. Its data name the SKUs under
	// "short": [{"sku_id", "state"}], state being "sold_out" or "not_enough", never the number.
	ErrShort = fault.New(fault.Conflict, "OUT_OF_STOCK", "库存不足", "Not enough stock")
	// ErrReserved is a correction to less than what orders hold. Its data name the SKU under
	// "sku_id".
	ErrReserved = fault.New(fault.Conflict, "STOCK_RESERVED", "库存不能少于订单已占用的数量", "Stock cannot be less than what orders hold")
	// ErrChanged is a correction of what somebody else has corrected meanwhile. Its data hold
	// what is on hand in the place now under "on_hand", "version", and the last corrections
	// under "since": [{"kind", "delta", "reason", "actor", "at"}].
	ErrChanged = fault.New(fault.Conflict, "STOCK_CHANGED", "库存刚被他人修改，请核对后重新提交", "Somebody else has just changed this stock, please check and submit again")
	// ErrLocationName is a place with the name of another one.
	ErrLocationName = fault.New(fault.Conflict, "LOCATION_NAME", "已有同名的仓库", "Another location has this name")
	// ErrLocationLimit is a place too many.
	ErrLocationLimit = fault.New(fault.Conflict, "LOCATION_LIMIT", "仓库数量已达上限", "There are as many locations as there can be")
	// ErrLocationInUse is a place that is to be closed with goods in it.
	ErrLocationInUse = fault.New(fault.Conflict, "LOCATION_IN_USE", "仓库里还有库存，请先调拨或清空", "There are goods in this location, move them first")
	// ErrLocationClosed is a place that is not there any more, or never was, as goods come to it. Its
	// data name it under "location_id".
	ErrLocationClosed = fault.New(fault.Conflict, "LOCATION_CLOSED", "仓库已停用，请选择其他仓库", "This location is closed, choose another one")
	// ErrCardStock is a correction of what only cards change, or cards of goods that are not
	// sold as such.
	ErrCardStock = fault.New(fault.Conflict, "CARD_STOCK", "卡密商品的库存由卡密数量决定，请在商品的「卡密库存」中添加或作废", "The stock of virtual cards is the number of cards: add or void them on the product's card page")
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
