package distribution

import "galleria/tenant/fault"

var (
	// ErrOff is a shop that has no distribution.
	ErrOff = fault.New(fault.Conflict, "DISTRIBUTION_OFF", "店铺未开启分销", "This shop has no distribution")
	// ErrJoin is an application where only staff name distributors, or of one who was frozen.
	ErrJoin = fault.New(fault.Conflict, "DISTRIBUTION_JOIN", "当前不支持自行申请成为分销员", "Nobody can apply to be a distributor here")
	// ErrSpend is an application of a member who has not bought enough for it.
	ErrSpend = fault.New(fault.Conflict, "DISTRIBUTION_SPEND", "累计消费未达到成为分销员的要求", "You have not bought enough to be a distributor")
	// ErrCode is a link or poster of nobody who sells for the shop.
	ErrCode = fault.New(fault.NotFound, "DISTRIBUTION_CODE", "推广码无效", "This promotion code is not valid")
	// ErrSelf is a distributor who brings himself, or another account of his own.
	ErrSelf = fault.New(fault.Invalid, "DISTRIBUTION_SELF", "不能绑定自己", "Nobody can bring themselves")
	// ErrShared is a buyer who shares a phone with the distributor, in a shop that refuses such.
	ErrShared = fault.New(fault.Invalid, "DISTRIBUTION_SHARED", "与推广人共用手机号，不能绑定", "Buyer and distributor share a phone, so neither can bring the other")
	// ErrCircle is a bond that would make somebody his own upline.
	ErrCircle = fault.New(fault.Invalid, "DISTRIBUTION_CIRCLE", "不能绑定自己的下级", "Nobody can be brought by those whom they brought")
	// ErrNotDistributor is what only a distributor may do, asked for by somebody else.
	ErrNotDistributor = fault.New(fault.Forbidden, "DISTRIBUTION_NOT_DISTRIBUTOR", "您还不是分销员", "You are not a distributor")
	// ErrState is a move that the state of a distributor or a withdrawal does not allow.
	ErrState = fault.New(fault.Conflict, "DISTRIBUTION_STATE", "当前状态不支持该操作，请刷新后重试", "The present state does not allow this")
	// ErrBalance is a withdrawal of more than there is to draw.
	ErrBalance = fault.New(fault.Conflict, "WITHDRAWAL_BALANCE", "可提现余额不足", "There is not that much to draw")
	// ErrWithdrawalLimit is one withdrawal too many, or too much, for a day.
	ErrWithdrawalLimit = fault.New(fault.Throttled, "WITHDRAWAL_LIMIT", "已达到当日提现上限，请明天再试", "No more can be drawn today")
	// ErrWithdrawalDiffers is a request under the key of another one.
	ErrWithdrawalDiffers = fault.New(fault.Conflict, "WITHDRAWAL_DIFFERS", "该请求已用于另一笔提现", "This key belongs to another withdrawal")
	// ErrWay is a way to be paid that the shop or the caller's app does not have.
	ErrWay = fault.New(fault.Conflict, "WITHDRAWAL_WAY", "暂不支持该提现方式", "This way to be paid is not available")
	// ErrName is a withdrawal of so much that WeChat Pay must be told whose it is.
	ErrName = fault.New(fault.Invalid, "WITHDRAWAL_NAME", "微信提现到账满 2000 元需要填写真实姓名", "From 2,000 yuan on WeChat Pay needs the real name")
	// ErrSecondPerson is who approved a withdrawal first and would be the second, too.
	ErrSecondPerson = fault.New(fault.Forbidden, "WITHDRAWAL_SECOND", "该提现需要另一位同事复核", "Somebody else has to approve this withdrawal")
	// ErrProof is a withdrawal marked as paid by hand without the proof that the shop wants.
	ErrProof = fault.New(fault.Invalid, "WITHDRAWAL_PROOF", "请上传付款凭证", "The shop wants a proof of payment")
	// ErrProofType is a file that is neither a JPEG or PNG picture nor a PDF.
	ErrProofType = fault.New(fault.Unsupported, "WITHDRAWAL_PROOF_TYPE", "凭证只支持 JPG、PNG 图片或 PDF 文件", "Only JPG, PNG and PDF files are accepted")
	// ErrProofLarge is a file of more than MaxProof.
	ErrProofLarge = fault.New(fault.TooLarge, "WITHDRAWAL_PROOF_TOO_LARGE", "凭证文件超过 5 MB，请压缩后再上传", "The file is larger than 5 MB")
	// ErrProofMany is more than MostProofs files.
	ErrProofMany = fault.New(fault.Invalid, "WITHDRAWAL_PROOF_TOO_MANY", "最多上传 3 个凭证文件", "At most 3 files can be uploaded")
	// ErrProofStore is an installation that keeps no files, or cannot at the moment.
	ErrProofStore = fault.New(fault.Unavailable, "WITHDRAWAL_PROOF_STORE", "凭证暂时无法保存，请稍后再试", "The file cannot be stored at the moment")
	// ErrPoster is a poster that cannot be drawn now.
	ErrPoster = fault.New(fault.Unavailable, "DISTRIBUTION_POSTER", "海报暂时无法生成，请稍后再试", "The poster cannot be drawn at the moment")
	// ErrPlanChanged is an edit of a plan that somebody else has changed since.
	ErrPlanChanged = fault.New(fault.Conflict, "DISTRIBUTION_CHANGED", "分销设置已被他人修改，请重新打开本页再改", "Somebody else has changed these settings; open this page again, then make your change")
	// ErrLevelName is a level whose name is taken.
	ErrLevelName = fault.New(fault.Conflict, "DISTRIBUTION_LEVEL_NAME", "已有同名的分销等级", "There is a level of this name")
)
