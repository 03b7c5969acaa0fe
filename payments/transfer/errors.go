package transfer

import "galleria/tenant/fault"

// What can go wrong with a payout.
var (
	// ErrDiffers is a source that was paid before, otherwise.
	ErrDiffers = fault.New(fault.Conflict, "TRANSFER_DIFFERS", "该笔业务已有一笔内容不同的转账", "This was transferred before with other terms")
	// ErrChannel is an account whose channel does not pay people.
	ErrChannel = fault.New(fault.Conflict, "TRANSFER_NOT_SERVED", "该收款账户不支持转账", "This account cannot pay people")
	// ErrPartner is an account that a service provider signs for: people are paid out of a
	// merchant's own account only.
	ErrPartner = fault.New(fault.Conflict, "TRANSFER_PARTNER", "服务商模式的收款账户不能转账，请用商户自己的直连账户", "A service provider's sub-merchant pays people with an account of its own")
	// ErrOver is a transfer that has ended or is being cancelled.
	ErrOver = fault.New(fault.Conflict, "TRANSFER_STATE", "转账状态已变化，请刷新", "The state of this transfer does not allow this")
	// ErrFixed is a transfer that its provider cannot take back.
	ErrFixed = fault.New(fault.Conflict, "TRANSFER_NOT_CANCELLABLE", "该渠道的转账提交后不能撤销", "This provider cannot take a transfer back")
	// ErrAmount is an amount that cannot be transferred.
	ErrAmount = fault.New(fault.Invalid, "TRANSFER_AMOUNT", "金额须在 %s 元到 %s 元之间", "The amount must be between %s and %s yuan")
	// ErrReceiver is a receiver that is not said, or not well.
	ErrReceiver = fault.New(fault.Invalid, "TRANSFER_RECEIVER", "请填写收款人", "Say who is to be paid")
	// ErrName is a receiver whose real name is needed.
	ErrName = fault.New(fault.Invalid, "TRANSFER_NAME", "请填写收款人的真实姓名", "The receiver's real name is needed")
	// ErrTitle is a text of the wrong length.
	ErrTitle = fault.New(fault.Invalid, "TRANSFER_TITLE", "请填写 1 到 %d 个字", "Write 1 to %d characters")

	// errMisfit is a signed answer about our number that speaks of something else.
	errMisfit = fault.New(fault.Upstream, "TRANSFER_MISFIT", "支付渠道返回的转账内容与本店记录不一致", "The provider speaks of another transfer than ours")
)
