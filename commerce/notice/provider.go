package notice

// ProviderWords says what a provider's code of a refused or undelivered message means and
// what the shop can do, in "zh-CN" or English. A code that is not known stands for itself.
func ProviderWords(code, lang string) string {
	said, ok := wechatWords()[code]
	if !ok {
		said, ok = alipayWords()[code]
	}
	if !ok {
		said, ok = smsWords()[code]
	}
	if !ok {
		said, ok = mailWords(code)
	}
	switch {
	case code == "":
		said = [2]string{"小程序的密钥不可用", "the Mini Program's keys do not work"}
	case !ok:
		said = [2]string{"平台没有送达（代码 " + code + "）", "the provider did not deliver it (code " + code + ")"}
	}
	if lang == English {
		return said[1]
	}
	return said[0]
}

// wechatWords are WeChat's codes of subscribe messages, in Chinese and in English.
// Source: developers.weixin.qq.com, subscribeMessage.send and the list of global codes.
func wechatWords() map[string][2]string {
	template := [2]string{"模板 ID 不对或模板已被删除，请在微信公众平台核对后重新填写", "the template's id is wrong or the template was deleted; check it on WeChat's platform and enter it again"}
	keys := [2]string{"小程序的 AppSecret 已失效，请在“小程序”里更新", "the app's secret is not valid any more; enter the new one under Mini Programs"}
	rights := [2]string{"小程序没有发送订阅消息的权限，请在微信公众平台开通", "the app may not send subscribe messages; ask for the right on WeChat's platform"}
	busy := [2]string{"微信繁忙或次数已满，系统会稍后再发", "WeChat is busy or the quota is used up; it will be sent again later"}
	ours := [2]string{"微信认为请求有误，这不是店铺的问题", "WeChat thinks the request is wrong; this is not the shop's fault"}
	buyer := [2]string{"买家没有订阅，或在微信里拒收了", "the buyer did not subscribe, or refuses these messages in WeChat"}
	account := [2]string{"买家的微信帐号受限", "the buyer's WeChat account is limited"}
	return map[string][2]string{
		"-1": busy, "45009": busy, "45011": busy, "45029": busy, "44990": busy,
		"43101": buyer, "43107": buyer, "43108": buyer, "40226": account, "50002": account,
		"40037": template,
		"41030": {"点开后的页面不在已发布的小程序里，请修改模板的页面路径", "the page that opens is not in the released Mini Program; change the template's page"},
		"47003": {"有一个关键词的内容不合要求，请核对模板的关键词", "one keyword's text is not allowed; check the template's keywords"},
		"40003": {"买家不是这个小程序的用户", "the buyer is not a user of this Mini Program"},
		"43104": {"买家不是这个小程序的用户", "the buyer is not a user of this Mini Program"},
		"40013": keys, "40125": keys, "40001": keys, "40014": keys, "42001": keys, "41001": keys, "41002": keys, "41004": keys,
		"40243": {"小程序的 AppSecret 被冻结，请在微信公众平台解冻", "the app's secret is frozen; unfreeze it on WeChat's platform"},
		"40164": {"服务器地址不在小程序的 IP 白名单里，请在微信公众平台添加", "our address is not in the app's list of allowed addresses; add it on WeChat's platform"},
		"61004": {"服务器地址不在小程序的 IP 白名单里，请在微信公众平台添加", "our address is not in the app's list of allowed addresses; add it on WeChat's platform"},
		"48001": rights, "48004": rights, "61003": rights, "61007": rights,
		"40097": ours, "41008": ours, "44002": ours, "47001": ours, "43001": ours, "43002": ours, "43003": ours,
	}
}

// alipayWords are Alipay's codes and sub codes of template messages, in Chinese and in
// English. Source: opendocs.alipay.com, common codes and alipay.open.app.mini.templatemessage.send.
func alipayWords() map[string][2]string {
	keys := [2]string{"支付宝小程序的密钥或应用配置有误，请在“小程序”里检查", "the keys or the set-up of the Alipay app are wrong; check them under Mini Programs"}
	kind := [2]string{"模板类型与填写的不一致，请在支付宝核对它是订阅类、交易类还是表单类", "the template is not of the kind that was entered; see on Alipay's platform whether it is for subscriptions, trades or forms"}
	return map[string][2]string{
		"USER_TEMPLATE_ILLEGAL":      {"模板 ID 不对或模板已被删除，请在支付宝开放平台核对后重新填写", "the template's id is wrong or the template was deleted; check it on Alipay's platform and enter it again"},
		"USER_KEYWORD_LENGTH_ERROR":  {"有一个关键词的内容太长，请核对模板的关键词", "one keyword's text is too long; check the template's keywords"},
		"FORM_ID_NOT_MATCH_APPID":    kind,
		"FORM_ID_OVER_TIME":          {"付款或表单已超过 7 天，不能再凭它发消息", "the payment or the form is older than 7 days"},
		"TRADE_NO_NOT_MATCH_USERID":  {"这笔交易不是收消息的买家付的", "the trade was not paid by the receiver of the message"},
		"USER_TEMPLATE_LACK_KEYWORD": {"没有填全模板的关键词，请照支付宝的模板补齐", "keywords of the template are missing; enter all that Alipay's template has"},
		"20001":                      keys, "40001": keys, "40002": keys, "40003": keys,
		"40005": {"支付宝调用过于频繁，系统会稍后再发", "Alipay wants fewer calls; it will be sent again later"},
		"40006": {"小程序没有发送模板消息的权限，请在支付宝开放平台开通", "the app may not send template messages; ask for the right on Alipay's platform"},
		"20000": {"支付宝暂时不可用，不知道是否送达，没有重发", "Alipay was not available; whether it arrived is unknown, and it was not sent again"},
	}
}

// smsWords are Aliyun's codes of text messages, in Chinese and in English. Source: the codes
// of SendSms in Aliyun's own SDKs and pages.
func smsWords() map[string][2]string {
	keys := [2]string{"短信服务的 AccessKey 无效或没有权限，请重新填写", "the AccessKey of the text messages is not valid or has no rights; enter it again"}
	money := [2]string{"短信帐户余额不足或已停机，请充值", "the account for text messages has no money left"}
	limit := [2]string{"发给这个号码的短信太多，被运营商或平台限制", "too many text messages to this number"}
	template := [2]string{"短信模板不存在或未审核通过，请核对模板编号和变量", "the template does not exist or was not approved; check its code and variables"}
	return map[string][2]string{
		"isv.SMS_TEMPLATE_ILLEGAL": template, "isv.TEMPLATE_MISSING_PARAMETERS": template, "isv.TEMPLATE_PARAMS_ILLEGAL": template, "isv.INVALID_JSON_PARAM": template,
		"isv.SMS_SIGNATURE_ILLEGAL": {"短信签名不存在或未审核通过", "the name before the message does not exist or was not approved"},
		"isv.AMOUNT_NOT_ENOUGH":     money, "isv.OUT_OF_SERVICE": money,
		"isv.BUSINESS_LIMIT_CONTROL": limit, "isv.DAY_LIMIT_CONTROL": limit, "isv.MONTH_LIMIT_CONTROL": limit,
		"isv.MOBILE_NUMBER_ILLEGAL":   {"手机号不正确", "the phone number is wrong"},
		"isv.BLACK_KEY_CONTROL_LIMIT": {"短信内容含有不允许的词", "the message has words that are not allowed"},
		"InvalidAccessKeyId.NotFound": keys, "SignatureDoesNotMatch": keys, "isp.RAM_PERMISSION_DENY": keys, "InvalidAccessKeyId.Inactive": keys,
		"Throttling.User":  {"短信平台调用过于频繁，系统会稍后再发", "the vendor wants fewer calls; it will be sent again later"},
		"isp.SYSTEM_ERROR": {"短信平台出错，不知道是否送达，没有重发", "the vendor failed; whether it arrived is unknown, and it was not sent again"},
	}
}

// mailWords are the reply codes of mail servers (RFC 5321, RFC 4954) and ours, in Chinese
// and in English. Of other codes the first digit counts: 4 is later, 5 is never.
func mailWords(code string) (said [2]string, ok bool) {
	auth := [2]string{"邮箱的用户名或密码（授权码）不对，请重新填写", "the user or the password of the mail account is wrong; enter it again"}
	known := map[string][2]string{
		MailUnreachable: {"连不上邮件服务器，系统会稍后再发", "the mail server was not reached; it will be sent again later"},
		MailPrivate:     {"邮件服务器的地址指向内部网络，不可用", "the name of the mail server leads into a private network"},
		MailTLS:         {"邮件服务器的加密连接或证书有问题，请核对地址、端口和加密方式", "the mail server's TLS or certificate does not work; check name, port and encryption"},
		MailAuth:        {"邮件服务器没有可用的登录方式", "the mail server offers no way to sign in"},
		MailSender:      {"邮件服务器不接受这个发件地址", "the mail server does not accept the sender's address"},
		MailUnknown:     {"连接中断，不知道是否送达，没有重发", "the connection broke; whether it arrived is unknown, and it was not sent again"},
		"530":           auth, "534": auth, "535": auth, "538": auth,
		"550": {"收件地址不存在或拒收", "the address does not exist or refuses mail"},
		"551": {"收件地址不存在或拒收", "the address does not exist or refuses mail"},
		"553": {"收件地址不存在或拒收", "the address does not exist or refuses mail"},
		"552": {"收件人的邮箱已满", "the receiver's mailbox is full"},
		"554": {"邮件服务器认为是垃圾邮件或拒绝了这封邮件", "the mail server refused the mail, perhaps as spam"},
	}
	said, ok = known[code]
	if ok || len(code) != 3 {
		return said, ok
	}
	switch code[0] {
	case '4':
		return [2]string{"邮件服务器暂时不收（代码 " + code + "），系统会稍后再发", "the mail server does not take it now (code " + code + "); it will be sent again later"}, true
	case '5':
		return [2]string{"邮件服务器拒收（代码 " + code + "）", "the mail server refused it (code " + code + ")"}, true
	}
	return said, false
}
