package port

import (
	"slices"
	"strings"

	"galleria/tenant/fault"
)

// Type says what stands in a column.
type Type int

// The types.
const (
	Words Type = iota
	Yuan       // an amount in yuan
	Number
)

// Column is a column of a file.
type Column struct {
	Key    string
	zh, en string
	Type   Type
	Needed bool   // the file must have it
	zhHint string // what to write there, for the template
	enHint string
	// ExportOnly columns are written and not read, ImportOnly ones are read and left empty.
	ExportOnly, ImportOnly bool
	sample                 string
}

// Name is what the column is called.
func (c Column) Name(lang string) string {
	if lang == english {
		return c.en
	}
	return c.zh
}

// Hint says what to write into the column; may be empty.
func (c Column) Hint(lang string) string {
	if lang == english {
		return c.enHint
	}
	return c.zhHint
}

const english = "en"

// Columns lists the columns of a kind, in the order of a file.
func Columns(k Kind) []Column {
	switch k {
	case Products:
		return productColumns()
	case Stock:
		return []Column{
			{Key: "sku_id", zh: "规格ID", en: "SKU ID", Type: Number, zhHint: "系统编号，可不填", enHint: "ours; may be empty"},
			{Key: "sku_code", zh: "规格编码", en: "SKU code", zhHint: "编码或条码；与规格ID填一个即可", enHint: "code or barcode; either this or the id", sample: "MK-01"},
			{Key: "title", zh: "商品", en: "Product", zhHint: "仅供查看", enHint: "only to look at"},
			{Key: "spec", zh: "规格", en: "Variant", zhHint: "仅供查看", enHint: "only to look at"},
			{Key: "place", zh: "仓库", en: "Place", zhHint: "不填为主仓", enHint: "empty: the main one"},
			{Key: "qty", zh: "数量", en: "Quantity", Type: Number, Needed: true, zhHint: "盘点填实际数量，调整填增减数（如 -3）", enHint: "a count, or how many more or fewer (-3)", sample: "20"},
			{Key: "reserved", zh: "订单占用", en: "Reserved", Type: Number, ExportOnly: true},
		}
	case Tracking:
		return []Column{
			{Key: "order_no", zh: "订单号", en: "Order", Needed: true, sample: "20261120ABCDEFGH"},
			{Key: "courier", zh: "快递公司", en: "Courier", Needed: true, zhHint: "名称或代码", enHint: "name or code", sample: "中通快递"},
			{Key: "tracking_no", zh: "快递单号", en: "Tracking number", Needed: true, zhHint: "请设为文本格式", enHint: "format it as text", sample: "7812345678901"},
		}
	case Orders:
		return orderColumns()
	}
	return nil
}

func productColumns() []Column {
	return []Column{
		{Key: "id", zh: "商品ID", en: "Product ID", Type: Number, zhHint: "系统编号；新商品不填", enHint: "ours; empty for a new product"},
		{Key: "code", zh: "商品编码", en: "Product code", zhHint: "同一商品的各行相同；用于再次导入时更新", enHint: "the same in all rows of a product; a later import updates by it", sample: "MK"},
		{Key: "title", zh: "商品标题", en: "Title", zhHint: "新商品必填，最多 60 字", enHint: "needed for a new product, at most 60 characters", sample: "马克杯"},
		{Key: "subtitle", zh: "副标题", en: "Subtitle"},
		{Key: "category", zh: "分类", en: "Category", zhHint: "用 / 分隔上下级，没有时自动新建", enHint: "levels parted by /, made if missing", sample: "家居/杯具"},
		{Key: "brand", zh: "品牌", en: "Brand", zhHint: "没有时自动新建", enHint: "made if missing"},
		{Key: "tags", zh: "标签", en: "Tags", zhHint: "用 / 分隔", enHint: "parted by /"},
		{Key: "cover", zh: "主图", en: "Cover", zhHint: "图片库中的图片名称或地址", enHint: "name or address in the picture library"},
		{Key: "pictures", zh: "轮播图", en: "Pictures", zhHint: "同上，每行一张", enHint: "the same, one a line"},
		{Key: "detail", zh: "商品详情", en: "Description"},
		{Key: "shelf", zh: "上下架", en: "Shelf", zhHint: "上架 或 下架；新商品不填为草稿", enHint: "on or off; a new product is a draft otherwise", sample: "上架"},
		{Key: "spec_names", zh: "规格名", en: "Specifications", zhHint: "用 / 分隔；无规格不填", enHint: "parted by /; empty without variants", sample: "颜色"},
		{Key: "sku_code", zh: "规格编码", en: "SKU code", sample: "MK-01"},
		{Key: "spec_values", zh: "规格值", en: "Variant", zhHint: "与规格名一一对应，用 / 分隔", enHint: "one of each specification, parted by /", sample: "白色"},
		{Key: "price", zh: "售价", en: "Price", Type: Yuan, zhHint: "元", enHint: "yuan", sample: "59.00"},
		{Key: "market_price", zh: "划线价", en: "List price", Type: Yuan},
		{Key: "cost", zh: "成本价", en: "Cost", Type: Yuan},
		{Key: "barcode", zh: "条码", en: "Barcode"},
		{Key: "weight_g", zh: "重量(克)", en: "Weight (g)", Type: Number},
		{Key: "volume_cm3", zh: "体积(立方厘米)", en: "Volume (cm³)", Type: Number},
		{Key: "params", zh: "商品参数", en: "Sheet", zhHint: "每行一项，名称：内容", enHint: "one a line, name: value"},
		{Key: "sku_picture", zh: "规格图", en: "Variant picture"},
		{Key: "enabled", zh: "规格启用", en: "On sale", zhHint: "是 或 否", enHint: "yes or no"},
		{Key: "opening_stock", zh: "期初库存", en: "Opening stock", Type: Number, ImportOnly: true, zhHint: "只用于新规格", enHint: "only for new variants", sample: "20"},
		{Key: "kind", zh: "商品类型", en: "Kind", zhHint: "实物、虚拟卡券、到店核销 或 仅限自提；新商品不填为实物", enHint: "physical, virtual_card, voucher or pickup; physical for a new product otherwise", sample: "实物"},
		{Key: "freight", zh: "运费模板", en: "Freight template", zhHint: "模板名称；[清空] 为店铺默认模板", enHint: "its name; [clear] for the shop's default one"},
		{Key: "min_qty", zh: "起购数量", en: "Least at once", Type: Number, zhHint: "件，1 起", enHint: "pieces, 1 at least"},
		{Key: "max_per_order", zh: "每单限购", en: "Most of an order", Type: Number, zhHint: "件，0 为不限", enHint: "pieces, 0: no limit"},
		{Key: "max_lifetime", zh: "每人累计限购", en: "Most of a buyer", Type: Number, zhHint: "件，0 为不限", enHint: "pieces, 0: no limit"},
		{Key: "on_at", zh: "定时上架", en: "On the shelf at", zhHint: "北京时间，如 2026-12-01 08:00；[清空] 为取消", enHint: "Beijing time, like 2026-12-01 08:00; [clear] for never"},
		{Key: "off_at", zh: "定时下架", en: "Off the shelf at", zhHint: "同上，晚于定时上架", enHint: "the same, after the other one"},
		{Key: "voucher_uses", zh: "核销次数", en: "Uses of a voucher", Type: Number, zhHint: "以下四列只用于到店核销的商品", enHint: "this and the next three for vouchers only"},
		{Key: "voucher_days", zh: "有效天数", en: "Valid for days", Type: Number, zhHint: "付款后多少天；与有效期至填一个", enHint: "after the payment; either this or the last day"},
		{Key: "voucher_until", zh: "有效期至", en: "Last day", zhHint: "最后一天，如 2026-12-31", enHint: "like 2026-12-31"},
		{Key: "voucher_refunds", zh: "过期自动退款", en: "Refunded when over", zhHint: "是 或 否", enHint: "yes or no"},
	}
}

func orderColumns() []Column {
	return []Column{
		{Key: "order_no", zh: "订单号", en: "Order"},
		{Key: "status", zh: "状态", en: "Status"},
		{Key: "placed_at", zh: "下单时间", en: "Placed at"},
		{Key: "paid_at", zh: "付款时间", en: "Paid at"},
		{Key: "title", zh: "商品", en: "Product"},
		{Key: "spec", zh: "规格", en: "Variant"},
		{Key: "sku_code", zh: "规格编码", en: "SKU code"},
		{Key: "price", zh: "单价", en: "Price", Type: Yuan},
		{Key: "qty", zh: "数量", en: "Quantity", Type: Number},
		{Key: "line_payable", zh: "商品实付", en: "Paid for the line", Type: Yuan},
		{Key: "freight", zh: "订单运费", en: "Freight of the order", Type: Yuan},
		{Key: "payable", zh: "订单实付", en: "Order total", Type: Yuan},
		{Key: "refunded", zh: "已退款", en: "Refunded", Type: Yuan},
		{Key: "receiver", zh: "收货人", en: "Receiver"},
		{Key: "phone", zh: "电话", en: "Phone"},
		{Key: "area", zh: "地区", en: "Area"},
		{Key: "address", zh: "详细地址", en: "Address"},
		{Key: "courier", zh: "快递公司", en: "Courier"},
		{Key: "tracking_no", zh: "快递单号", en: "Tracking numbers"},
		{Key: "remark", zh: "买家留言", en: "Remark"},
	}
}

// ClearMark in a cell empties a text; an empty cell leaves it as it is.
func ClearMark(lang string) string {
	if lang == english {
		return "[clear]"
	}
	return "[清空]"
}

func isClear(cell string) bool { return cell == ClearMark(english) || cell == ClearMark("") }

// words are how people write a choice.
func words() map[string]string {
	return map[string]string{
		"是": "yes", "启用": "yes", "yes": "yes", "y": "yes", "true": "yes", "1": "yes", "否": "no", "停用": "no", "no": "no", "n": "no", "false": "no", "0": "no",
		"上架": "on", "on": "on", "下架": "off", "off": "off", "草稿": "draft", "draft": "draft",
		"实物": "physical", "实物商品": "physical", "physical": "physical", "虚拟卡券": "virtual_card", "virtual_card": "virtual_card", "virtual card": "virtual_card",
		"到店核销": "voucher", "电子凭证": "voucher", "voucher": "voucher", "仅限自提": "pickup", "pickup": "pickup",
	}
}

// said writes a choice for people.
func said(choice, lang string) string {
	if lang == english {
		return choice
	}
	return map[string]string{
		"yes": "是", "no": "否", "on": "上架", "off": "下架", "draft": "草稿",
		"physical": "实物", "virtual_card": "虚拟卡券", "voucher": "到店核销", "pickup": "仅限自提",
	}[choice]
}

// statusWord is what an order's state is called.
func statusWord(status, lang string) string {
	if lang == english {
		return strings.ReplaceAll(status, "_", " ")
	}
	return map[string]string{
		"pending_payment": "待付款", "closing": "待付款", "paid": "待发货", "fulfilling": "已发货", "completed": "已完成", "closed": "已关闭",
	}[status]
}

// mainPlace is what the main place is called when the shop has given it no name.
func mainPlace(lang string) string {
	if lang == english {
		return "Main"
	}
	return "主仓"
}

// Problem is what is wrong with a row or with a file.
type Problem struct {
	Column string `json:"column,omitempty"` // its key; empty for the whole
	Code   string `json:"code"`
	Zh     string `json:"zh"`
	En     string `json:"en"`
}

// Text is the sentence in a language.
func (p Problem) Text(lang string) string {
	if lang == english {
		return p.En
	}
	return p.Zh
}

// about is a fault of one column; its sentences take the column's name.
func about(k Kind, key string, f *fault.Error) Problem {
	i := slices.IndexFunc(Columns(k), func(c Column) bool { return c.Key == key })
	p := Problem{Column: key, Code: f.Code(), Zh: f.Text("zh-CN"), En: f.Text(english)}
	if i >= 0 {
		c := Columns(k)[i]
		p.Zh, p.En = strings.ReplaceAll(p.Zh, "%s", c.zh), strings.ReplaceAll(p.En, "%s", c.en)
	}
	return p
}

// whole is a fault of the row as a whole.
func whole(f *fault.Error) Problem {
	return Problem{Code: f.Code(), Zh: f.Text("zh-CN"), En: f.Text(english)}
}

// normal is a column's name as it is compared: without marks and blanks.
func normal(name string) string {
	name, _, _ = strings.Cut(strings.ReplaceAll(name, "（", "("), "\n")
	name = strings.ToLower(strings.Trim(name, "*＊ \u3000"))
	return strings.ReplaceAll(name, " ", "")
}
