package port

import "galleria/tenant/fault"

// What can be wrong with a job.
var (
	// ErrBusy is a shop that has enough under way.
	ErrBusy = fault.New(fault.Conflict, "PORT_BUSY", "已有 3 个导入或导出任务在进行中，请等其中一个完成后再试", "Three imports or exports are already running; wait for one to finish")
	// ErrState is an act that the job's state does not allow.
	ErrState = fault.New(fault.Conflict, "PORT_STATE", "任务当前状态不能这样操作，请刷新页面", "The job's state does not allow this; reload the page")
	// ErrGone is a file whose time is over.
	ErrGone = fault.New(fault.NotFound, "PORT_EXPIRED", "文件已过期，请重新导出", "The file has expired; export it again")
	// ErrFileSize is an upload of more than MaxBytes.
	ErrFileSize = fault.New(fault.TooLarge, "PORT_FILE_SIZE", "文件超过 6 MB，请拆分后上传", "The file is larger than 6 MB; split it")
	// ErrStore is an installation that cannot keep files at the moment.
	ErrStore = fault.New(fault.Unavailable, "PORT_STORE", "文件暂时无法保存，请稍后再试", "The file cannot be stored at the moment")
	// ErrEmpty is a file without rows.
	ErrEmpty = fault.New(fault.Invalid, "PORT_EMPTY", "文件中没有数据行", "There are no rows in the file")
	// ErrHead is a file whose first row does not name the columns. Its sentences take the one
	// that is missing.
	ErrHead = fault.New(fault.Invalid, "PORT_HEAD", "第一行缺少“%s”列，请使用模板并保留表头", "The first row has no column “%s”; use the template and keep its head row")
	// ErrHeadTwice is a column that comes twice.
	ErrHeadTwice = fault.New(fault.Invalid, "PORT_HEAD_TWICE", "“%s”列出现了两次", "The column “%s” comes twice")
)

// What can be wrong with a row.
var (
	ErrMissing     = fault.New(fault.Invalid, "PORT_MISSING", "“%s”不能为空", "“%s” must be filled in")
	ErrBadCell     = fault.New(fault.Invalid, "PORT_CELL", "“%s”填写有误", "“%s” is not valid")
	ErrBadMoney    = fault.New(fault.Invalid, "PORT_MONEY", "“%s”应为金额，最多两位小数", "“%s” must be an amount with at most two decimals")
	ErrBadCount    = fault.New(fault.Invalid, "PORT_NUMBER", "“%s”应为整数", "“%s” must be a whole number")
	ErrBadChoice   = fault.New(fault.Invalid, "PORT_CHOICE", "“%s”只能填写列表中的选项，见模板说明", "“%s” must be one of the words that the template names")
	ErrLossy       = fault.New(fault.Invalid, "PORT_LOSSY", "“%s”的长数字已被电子表格改动，请把该列设为文本格式后重新填写", "The spreadsheet has changed the long number in “%s”; format the column as text and enter it again")
	ErrTwice       = fault.New(fault.Invalid, "PORT_TWICE", "与第 %d 行重复", "Repeats row %d")
	ErrDiffers     = fault.New(fault.Invalid, "PORT_DIFFERS", "“%s”与同一商品的前一行不一致", "“%s” differs from an earlier row of the same product")
	ErrTogether    = fault.New(fault.Invalid, "PORT_TOGETHER", "同一商品的其他行有错误，整个商品未导入", "Another row of the same product is wrong, so that none of them is imported")
	ErrNoKey       = fault.New(fault.Invalid, "PORT_KEY", "请填写商品编码、规格编码或商品 ID", "Fill in the product's code, a variant's code or the product's id")
	ErrNoProduct   = fault.New(fault.NotFound, "PORT_NO_PRODUCT", "没有这个商品", "There is no such product")
	ErrAmbiguous   = fault.New(fault.Conflict, "PORT_AMBIGUOUS", "有多个商品或规格使用这个编码，请改用 ID", "Several have this code; use the id")
	ErrBinned      = fault.New(fault.Conflict, "PORT_BINNED", "商品在回收站中，请先恢复", "The product is in the bin; restore it first")
	ErrNoVariant   = fault.New(fault.Invalid, "PORT_SPECS", "规格值的个数与规格名不一致", "There must be one value for each specification")
	ErrNoPicture   = fault.New(fault.NotFound, "PORT_PICTURE", "“%s”中的图片不在图片库中，请先上传", "A picture of “%s” is not in the library; upload it first")
	ErrTwoPictures = fault.New(fault.Conflict, "PORT_PICTURES", "图片库中有多张同名图片，请改用图片地址", "Several pictures have this name; use the address")
	ErrChanged     = fault.New(fault.Conflict, "PORT_CHANGED", "预检之后被修改过，请重新导入", "It was changed after the check; import it again")
	ErrNoFreight   = fault.New(fault.NotFound, "PORT_FREIGHT", "没有这个运费模板，请先在配送设置中新建", "There is no such freight template; make it first")
	ErrBadTime     = fault.New(fault.Invalid, "PORT_TIME", "“%s”应为时间，如 2026-12-01 08:00", "“%s” must be a time like 2026-12-01 08:00")
	ErrNotVoucher  = fault.New(fault.Invalid, "PORT_NOT_VOUCHER", "“%s”只用于到店核销的商品", "“%s” is for vouchers only")
	ErrTwoEnds     = fault.New(fault.Invalid, "PORT_TWO_ENDS", "有效天数和有效期至只能填一个", "Fill in the days or the last day, not both")
	ErrNoSKU       = fault.New(fault.NotFound, "PORT_NO_SKU", "没有这个规格", "There is no such variant")
	ErrNoPlace     = fault.New(fault.NotFound, "PORT_NO_PLACE", "没有这个仓库，或已停用", "There is no such place, or it is closed")
	ErrNoOrder     = fault.New(fault.NotFound, "PORT_NO_ORDER", "没有这个订单", "There is no such order")
	ErrBelow       = fault.New(fault.Conflict, "PORT_BELOW", "库存会变成负数", "There would be less than nothing")
	ErrCourier     = fault.New(fault.Invalid, "PORT_COURIER", "不认识这家快递公司", "The courier is unknown")
	ErrNumber      = fault.New(fault.Invalid, "PORT_TRACKING", "单号与快递公司的格式不符", "This is not a number of this courier")
)
