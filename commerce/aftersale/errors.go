package aftersale

import "galleria/tenant/fault"

var (
	// ErrState is an event that the case's present status does not allow; its data name it.
	ErrState = fault.New(fault.Conflict, "AFTERSALE_STATE", "售后单当前状态不支持该操作，请刷新后重试", "The case's present state does not allow this")
	// ErrAmount is more money than the case can give back; its data say what it can.
	ErrAmount = fault.New(fault.Conflict, "AFTERSALE_AMOUNT", "退款金额超出可退范围", "This is more than the case can give back")
	// ErrNoReturnAddress is an approved return without an address to send the goods to.
	ErrNoReturnAddress = fault.New(fault.Precondition, "NO_RETURN_ADDRESS", "请先选择退货地址", "Choose where the goods are sent back to")
	// ErrPictures are pictures that were not uploaded to this shop.
	ErrPictures = fault.New(fault.Invalid, "AFTERSALE_PICTURES", "图片无效，请重新上传", "These are not pictures uploaded here")
	// ErrTooMany is one member's application too many within a day.
	ErrTooMany = fault.New(fault.Conflict, "AFTERSALE_TOO_MANY", "今天申请的售后太多了，请明天再试或联系商家", "Too many applications in a day; try tomorrow, or write to the shop")
	// ErrTalkedOut is a thread that has no room for more.
	ErrTalkedOut = fault.New(fault.Conflict, "AFTERSALE_FULL", "留言过多，请联系商家", "This thread takes no more messages")
)
