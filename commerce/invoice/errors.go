package invoice

import "galleria/tenant/fault"

var (
	// ErrState is something that the request's present state does not allow.
	ErrState = fault.New(fault.Conflict, "INVOICE_STATE", "发票申请当前状态不支持该操作，请刷新后重试", "The request's present state does not allow this")
	// ErrAsked is another request for an order that has a live one.
	ErrAsked = fault.New(fault.Conflict, "INVOICE_ASKED", "该订单已有发票申请，如需修改请先撤回", "There is a request for this order; withdraw it to ask otherwise")
	// ErrNothing is an order of which nothing was kept, or that was not paid.
	ErrNothing = fault.New(fault.Conflict, "INVOICE_NOTHING", "订单没有可开票金额", "There is no money of this order to invoice")
	// ErrOff is a request in a shop that takes none.
	ErrOff = fault.New(fault.Conflict, "INVOICE_OFF", "店铺暂不支持在线申请发票，请联系商家", "The shop takes no requests for invoices, please contact it")
	// ErrLate is a request after its time.
	ErrLate = fault.New(fault.Conflict, "INVOICE_CLOSED", "已超过可申请开票的时间", "The time to ask for an invoice is over")
	// ErrAmount is a sum that is no longer what was kept of the order.
	ErrAmount = fault.New(fault.Conflict, "INVOICE_AMOUNT", "订单可开票金额已变化，请核对后重试", "What can be invoiced of the order has changed, please check")
	// ErrNumber is the number of another invoice.
	ErrNumber = fault.New(fault.Conflict, "INVOICE_NUMBER", "该发票号码已登记", "An invoice of this number is recorded")
	// ErrTaxNumber is a company's number whose form or check digit is wrong.
	ErrTaxNumber = fault.New(fault.Invalid, "INVOICE_TAX_NUMBER", "纳税人识别号不正确，请核对", "The tax number is not right, please check")
	// ErrTooManyTitles is more than MaxTitles.
	ErrTooManyTitles = fault.New(fault.Conflict, "INVOICE_TITLES", "发票抬头最多保存 20 个", "At most 20 titles are kept")
	// ErrFileType is a file that is neither a PDF, an OFD nor a picture.
	ErrFileType = fault.New(fault.Unsupported, "INVOICE_FILE_TYPE", "发票文件只支持 PDF、OFD、JPG、PNG", "Only PDF, OFD, JPG and PNG files are accepted")
	// ErrFileTooLarge is a file of more than MaxBytes.
	ErrFileTooLarge = fault.New(fault.TooLarge, "INVOICE_FILE_TOO_LARGE", "发票文件超过 5 MB", "The file is larger than 5 MB")
	// ErrNoPlace is an installation that keeps no files, or cannot at the moment.
	ErrNoPlace = fault.New(fault.Unavailable, "INVOICE_STORE", "发票文件暂时无法保存，请稍后再试", "The file cannot be stored at the moment")
)
