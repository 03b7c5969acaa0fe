package distribution

import "maps"

// Explained is what became of a withdrawal, in words: why, what its distributor does next, and what
// the shop's people do, if they can. All of it is empty where nothing went wrong.
type Explained struct {
	Why   string
	Next  string
	Staff string
}

// Explain says why a withdrawal was refused or failed, in "en", or else in Chinese. A provider's code
// that is not known gets general words; the code itself stands in Reason.
func (w Withdrawal) Explain(lang string) Explained {
	switch w.Status {
	case Rejected:
		return refused().in(lang, w.Reason)
	case Failed:
		return ExplainFailure(w.Reason, lang)
	case Requested, Approved, Sending, Succeeded, Cancelled:
	}
	return Explained{}
}

// ExplainFailure says what a provider's code of a failed transfer means, or ours.
func ExplainFailure(code, lang string) Explained {
	f, ok := failures()[code]
	if !ok {
		f = general()
	}
	return f.in(lang, "")
}

// failure is what a code means in Chinese and in English, and who does what about it.
type failure struct {
	zh, en string
	next   remedy
}

func (f failure) in(lang, own string) Explained {
	out := Explained{Why: f.zh, Next: f.next.zh, Staff: f.next.staffZH}
	if lang == "en" {
		out = Explained{Why: f.en, Next: f.next.en, Staff: f.next.staffEN}
	}
	if own != "" {
		out.Why = own // staff wrote it for the distributor
	}
	return out
}

// remedy is what people do next.
type remedy struct{ zh, en, staffZH, staffEN string }

func refused() failure {
	return failure{next: remedy{
		"金额已退回佣金余额；请按原因修改后重新提现，或联系商家。", "The money is back in your commission. Draw it again with what the reason asks for, or ask the shop.",
		"", "",
	}}
}

func general() failure {
	return failure{
		"收款没有成功，平台没有给出可识别的原因", "It did not go through, and the provider's reason is not one we know",
		remedy{
			"金额已退回佣金余额；请换一种收款方式重新提现，仍不成功请联系商家。", "The money is back in your commission. Draw it again in another way; if that fails, too, ask the shop.",
			"请在支付平台的商户后台查看这笔转账的原因，再请分销员重新提现。", "See the transfer in the provider's merchant pages, then ask the distributor to draw again.",
		},
	}
}

// failures are the codes of a failed withdrawal: WeChat Pay's fail_reason, Alipay's sub_code, and
// ours. Sources: pay.weixin.qq.com, merchant transfer, fail_reason; opendocs.alipay.com,
// alipay.fund.trans.uni.transfer, business error codes.
func failures() map[string]failure {
	out := map[string]failure{}
	for _, group := range []map[string]failure{ofReceivers(), ofLimits(), ofShops()} {
		maps.Copy(out, group)
	}
	return out
}

// ofReceivers are what the receiver's name and account are the cause of.
func ofReceivers() map[string]failure {
	toName := remedy{
		"金额已退回佣金余额；请填写与收款账户实名一致的姓名，重新提现。", "The money is back in your commission. Draw it again with the real name that the account is registered with.",
		"无需处理；请分销员核对实名后重新提现。", "Nothing to do here; the distributor draws again with the right name.",
	}
	toAccount := remedy{
		"金额已退回佣金余额；请在微信或支付宝里解除账户的限制，或换一个收款账户、收款方式重新提现。", "The money is back in your commission. Have the limit on your account lifted in WeChat or Alipay, or draw it again to another account or in another way.",
		"无需处理；请分销员处理自己的账户，或换一种收款方式。", "Nothing to do here; the distributor sees to the account, or draws in another way.",
	}
	toConfirm := remedy{
		"金额已退回佣金余额；请重新提现，并在 24 小时内到小程序里确认收款。", "The money is back in your commission. Draw it again, and confirm it in the Mini Program within 24 hours.",
		"无需处理；请提醒分销员及时确认收款。", "Nothing to do here; remind the distributor to confirm in time.",
	}
	name := failure{"姓名与收款账户的实名不一致", "The name is not that of the receiving account", toName}
	needed := failure{"到账 2000 元起须填写真实姓名", "From 2,000 yuan on the real name is needed", toName}
	card := failure{"证件号与收款账户的实名不一致", "The identity document is not that of the receiving account", toName}
	unverified := failure{"收款账户没有通过实名认证", "The receiving account has no verified name", toAccount}
	gone := failure{"收款账户不存在", "The receiving account does not exist", toAccount}
	frozen := failure{"收款账户被冻结或状态异常", "The receiving account is frozen or not in order", toAccount}
	closed := failure{"收款账户不能接收转账", "The receiving account cannot get transfers", toAccount}
	risky := failure{"平台认为这笔收款有风险，已拦截", "The provider stopped it as risky", toAccount}
	return map[string]failure{
		"NAME_NOT_CORRECT": name, "PAYEE_USER_INFO_ERROR": name, "NAME_REQUIRED": needed, ErrName.Code(): needed, "TRANSFER_NAME": needed,
		"ID_CARD_NOT_CORRECT": card, "PAYEE_CERT_INFO_ERROR": card,
		"REAL_NAME_CHECK_FAIL": unverified, "PAYEE_NOT_RELNAME_CERTIFY": unverified, "PERMIT_NON_BANK_LIMIT_PAYEE": unverified,
		"ACCOUNT_NOT_EXIST": gone, "OPENID_INVALID": gone, "PAYEE_NOT_EXIST": gone, "PAYEE_ACCOUNT_NOT_EXSIT": gone, "PAYEE_ACC_OCUPIED": gone, "NOT_FOUND": gone,
		"ACCOUNT_FROZEN": frozen, "PAYEE_ACCOUNT_ABNORMAL": frozen, "PAYEE_USERINFO_STATUS_ERROR": frozen, "PAYEE_ACCOUNT_STATUS_ERROR": frozen,
		"RECEIVE_ACCOUNT_NOT_PERMMIT": closed, "NO_ACCOUNT_RECEIVE_PERMISSION": closed,
		"TRANSFER_RISK": risky, "SECURITY_CHECK_FAILED": risky,
		"OVERDUE_CLOSE": {"没有在 24 小时内确认收款", "It was not confirmed within 24 hours", toConfirm},
	}
}

// ofLimits are what was too much at once, in a day or in a month.
func ofLimits() map[string]failure {
	ways := func(zh, en string) remedy {
		return remedy{
			"金额已退回佣金余额；" + zh, "The money is back in your commission. " + en,
			"无需处理；超限由支付平台判定。", "Nothing to do here; the provider keeps these limits.",
		}
	}
	day := ways("请明天再提现，或换一种收款方式。", "Draw it again tomorrow, or in another way.")
	month := ways("请下月再提现，或换一种收款方式。", "Draw it again next month, or in another way.")
	once := ways("请减少每次的金额，分几次提现。", "Draw less at once, in several parts.")
	dayFull := failure{"收款账户今天的收款额度已满", "The receiving account may get no more today", day}
	monthFull := failure{"收款账户本月的收款额度已满", "The receiving account may get no more this month", month}
	onceOver := failure{"超过单笔转账的限额", "It is more than one transfer may be", once}
	return map[string]failure{
		"DAY_RECEIVED_QUOTA_EXCEED": dayFull, "TRANSFER_QUOTA_EXCEED": dayFull, "EXCEED_LIMIT_DM_AMOUNT": dayFull, "EXCEED_LIMIT_DM_MAX_AMOUNT": dayFull,
		"DAY_RECEIVED_COUNT_EXCEED":   {"收款账户今天的收款次数已满", "The receiving account got as many transfers as it may in a day", day},
		"MONTH_RECEIVED_QUOTA_EXCEED": monthFull, "BLOCK_B2C_USERLIMITAMOUNT_MONTH": monthFull, "EXCEED_LIMIT_MM_AMOUNT": monthFull, "EXCEED_LIMIT_MM_MAX_AMOUNT": monthFull,
		"REALNAME_ACCOUNT_RECEIVED_QUOTA_EXCEED": {"收款账户的额度已满，实名等级越高额度越大", "The receiving account is at its limit; a better verified one has more", month},
		"PAYEE_TRUSTEESHIP_ACC_OVER_LIMIT":       monthFull,
		"EXCEED_LIMIT_SM_AMOUNT":                 onceOver, "EXCEED_LIMIT_PERSONAL_SM_AMOUNT": onceOver, "EXCEED_LIMIT_ENT_SM_AMOUNT": onceOver, "TRANSFER_AMOUNT": onceOver,
		"EXCEED_LIMIT_SM_MIN_AMOUNT": {"低于单笔转账的最低金额", "It is less than one transfer must be", ways("请攒多一些再提现。", "Draw it when it is more.")},
	}
}

// ofShops are what the shop's people see to.
func ofShops() map[string]failure {
	by := func(staffZH, staffEN string) remedy {
		return remedy{"金额已退回佣金余额；这是商家一侧的问题，请联系商家，处理好后重新提现。", "The money is back in your commission. It is the shop's side: ask the shop, and draw again later.", staffZH, staffEN}
	}
	right := failure{"商家的收款账户没有转账的权限", "The shop's account may not make transfers", by("请在支付平台开通商家转账，并申请佣金报酬场景。", "Have transfers, and the scene for commission, enabled on the provider's platform.")}
	set := failure{"商家没有可以这样打款的账户", "The shop has no account that pays this way", by("请在“支付账户”里添加或启用可以转账的账户。", "Add an account that can make transfers, or switch one on, under Payment accounts.")}
	payer := failure{"商家的付款账户状态异常", "The shop's paying account is not in order", by("请在支付平台的商户后台查看账户状态。", "See the account's state in the provider's merchant pages.")}
	poor := failure{"商家的付款账户余额不足", "The shop's paying account has too little money", by("请充值后请分销员重新提现。", "Top it up, then ask the distributor to draw again.")}
	stopped := failure{"商家撤回了这笔转账", "The shop took the transfer back", by("转账已撤回；分销员可以重新提现。", "The transfer was taken back; the distributor can draw again.")}
	wrong := failure{"打款的设置或内容不符合平台要求", "The provider did not accept how the transfer was set up", by("请在支付平台核对转账场景和商户设置。", "Check the transfer's scene and the merchant's settings on the provider's platform.")}
	return map[string]failure{
		"PRODUCT_AUTH_CHECK_FAIL": right, "NO_AUTH": right, "TRANSFER_SCENE_UNAVAILABLE": right, "TRANSFER_SCENE_INVALID": right, "PERMIT_CHECK_PERM_LIMITED": right,
		ErrWay.Code(): set, "TRANSFER_NOT_SERVED": set, "TRANSFER_PARTNER": set, "PAYMENT_NOT_CONFIGURED": set, "RECEIVE_ACCOUNT_NOT_CONFIGURE": set,
		"PAYER_ACCOUNT_ABNORMAL": payer, "PAYER_STATUS_ERROR": payer, "PAYER_CERTIFY_CHECK_FAIL": payer,
		"NOT_ENOUGH": poor, "PAYER_BALANCE_NOT_ENOUGH": poor, "MERCHANT_REJECT": stopped, "MERCHANT_NOT_CONFIRM": stopped, "": stopped,
		"TRANSFER_REMARK_SET_FAIL": wrong, "INVALID_PARAMETER": wrong, "TRANSFER_RECEIVER": wrong, "TRANSFER_TITLE": wrong, "TRANSFER_MISFIT": wrong, "PARAM_ERROR": wrong,
		"OTHER_FAIL_REASON_TYPE": general(),
	}
}

// RefusedWords say why an order earns nothing, in "en", or else in Chinese.
func RefusedWords(lang string) string {
	if lang == "en" {
		return "The buyer shares a phone with you, so this order earns no commission"
	}
	return "买家与您共用手机号，本单不计佣金"
}
