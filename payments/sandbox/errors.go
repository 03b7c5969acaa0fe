package sandbox

import (
	"fmt"
	"net/http"
)

// Refusal is an answer that is not success: what the provider says on the wire and,
// through the Go helpers, what a test can match with errors.As.
type Refusal struct { //nolint:errname // it is the provider's answer first, an error second
	Status  int     `json:"-"` // HTTP status
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Detail  *Detail `json:"detail,omitempty"`
	// RetryAfter is the header of that name, in seconds; empty for none.
	RetryAfter string `json:"-"`
}

// Detail names the field that a PARAM_ERROR or INVALID_REQUEST is about.
type Detail struct {
	Location string `json:"location"` // body, query, path or header
	Field    string `json:"field"`    // JSON pointer, such as /amount/total
	Value    string `json:"value"`
	Issue    string `json:"issue"`
}

// Error implements error.
func (r *Refusal) Error() string {
	if r.Detail != nil {
		return fmt.Sprintf("%d %s: %s (%s %s)", r.Status, r.Code, r.Message, r.Detail.Field, r.Detail.Issue)
	}
	return fmt.Sprintf("%d %s: %s", r.Status, r.Code, r.Message)
}

type codeText struct {
	status int
	text   string
}

// payCodes is the documented error table of WeChat Pay v3: code, HTTP status, text.
func payCodes() map[string]codeText {
	return map[string]codeText{
		"PARAM_ERROR":           {http.StatusBadRequest, "参数错误"},
		"INVALID_REQUEST":       {http.StatusBadRequest, "请求参数符合参数格式，但不符合业务规则"},
		"APPID_MCHID_NOT_MATCH": {http.StatusBadRequest, "appid和mch_id不匹配"},
		"MCH_NOT_EXISTS":        {http.StatusBadRequest, "商户号不存在"},
		"ORDER_CLOSED":          {http.StatusBadRequest, "订单已关闭"},
		"ORDERPAID":             {http.StatusBadRequest, "该订单已支付"},
		"SIGN_ERROR":            {http.StatusUnauthorized, "签名错误，请检查后再试"},
		"NO_AUTH":               {http.StatusForbidden, "商户无此接口权限"},
		"NOT_ENOUGH":            {http.StatusForbidden, "商户可用退款余额不足"},
		"OUT_TRADE_NO_USED":     {http.StatusForbidden, "商户订单号重复"},
		"ACCOUNT_ERROR":         {http.StatusForbidden, "账号异常"},
		"TRADE_ERROR":           {http.StatusForbidden, "交易错误"},
		"RULE_LIMIT":            {http.StatusForbidden, "业务规则限制"},
		"USER_ACCOUNT_ABNORMAL": {http.StatusForbidden, "退款请求失败，用户账户异常"},
		"NO_STATEMENT_EXIST":    {http.StatusBadRequest, "账单文件不存在"},
		"STATEMENT_CREATING":    {http.StatusBadRequest, "账单生成中"},
		"ORDER_NOT_EXIST":       {http.StatusNotFound, "订单不存在"},
		"RESOURCE_NOT_EXISTS":   {http.StatusNotFound, "查询的资源不存在"},
		"NOT_FOUND":             {http.StatusNotFound, "记录不存在"},
		"USER_PAYING":           {http.StatusAccepted, "用户支付中，需要输入密码"},
		"FREQUENCY_LIMITED":     {http.StatusTooManyRequests, "频率超限"},
		"RATELIMIT_EXCEEDED":    {http.StatusTooManyRequests, "频率超限"},
		"SYSTEM_ERROR":          {http.StatusInternalServerError, "系统异常，请用相同参数重新调用"},
		"BANK_ERROR":            {http.StatusInternalServerError, "银行系统异常"},
		"OPENID_MISMATCH":       {http.StatusInternalServerError, "openid和appid不匹配"},
		"INVALID_TRANSACTIONID": {http.StatusInternalServerError, "订单号非法"},
		"SERVICE_UNAVAILABLE":   {http.StatusServiceUnavailable, "服务不可用，请切换备用域名"},
	}
}

// Longer texts of the same codes.
const (
	textUserAgent     = "Http头缺少Accept或User-Agent"
	textContentType   = "Http头Content-Type应为application/json"
	textAuthFormat    = "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》"
	textAuthScheme    = "Http头Authorization认证类型不正确，应为WECHATPAY2-SHA256-RSA2048"
	textAuthClock     = "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟"
	textAuthSerial    = "商户证书序列号有误。请使用签名私钥匹配的证书序列号"
	textAuthMerchant  = "商户号与签名信息不匹配，请检查Authorization中的mchid"
	textAuthReplay    = "Http头Authorization中的nonce_str已被使用"
	textAnswerSerial  = "微信支付公钥ID或平台证书序列号Wechatpay-Serial错误"
	textNoSuchPath    = "请求的接口不存在"
	textNoCertificate = "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥"
	textSameNoOther   = "同一商户退款单号的请求参数与首次请求不一致"
	textTotalMismatch = "订单金额不一致"
	textRefundOver    = "退款金额超过订单可退金额"
	textRefundCount   = "单笔订单部分退款次数不得超过50次"
	textRefundOld     = "订单支付已超过一年，不支持退款"
	textNotPaid       = "订单未支付，不支持退款"
	textNoSuchOrder   = "订单不存在"
	textNoSuchRefund  = "退款单不存在"
	textTooSoon       = "同一笔订单两次退款间隔不得少于1分钟"
	textPaid          = "支付成功"
	textRefunded      = "订单发生过退款"
	textNotPay        = "订单未支付"
	textClosed        = "订单已关闭"
	textWallet        = "支付用户零钱"
	textRefundOK      = "退款成功"
	textRefundOdd     = "退款异常"
	textRefundShut    = "退款关闭"
	reportEvent       = "活动名称"
	reportReward      = "奖励说明"
	reportPost        = "岗位类型"
	reportPay         = "报酬说明"
	textTransferEnd   = "商家转账单据终态通知"
	textTransferOther = "商户单号已存在，但参数与首次请求不一致"
	textTransferOver  = "单据已终态，不支持撤销"
	textAppNotBound   = "商户号与appid无绑定关系"
	textNotAbnormal   = "退款单状态不是退款异常"
	textBankUnknown   = "不支持该银行"
	textMerchantBank  = "商户结算银行账户"
	textNeedsSub      = "受理机构必须传入sub_mch_id"
	textNoRelation    = "受理关系不存在"
	textSpAppOther    = "sp_appid与sp_mchid不匹配"
	textSubAppOther   = "sub_mch_id与sub_appid不匹配"
	textOpenIDWrong   = "openid与appid不匹配"
	textPoor          = "商户运营账户资金不足，请充值后原单重试"
	textSceneClosed   = "商户未开通该转账场景"
)

// payError is the refusal of a code with its own text, or another one.
func payError(code string, text ...string) *Refusal {
	row, ok := payCodes()[code]
	if !ok {
		row = codeText{http.StatusInternalServerError, code}
	}
	message := row.text
	if len(text) > 0 {
		message = text[0]
	}
	return &Refusal{Status: row.status, Code: code, Message: message, Detail: nil}
}

// badField is a PARAM_ERROR that names the field.
func badField(location, field, value, issue string) *Refusal {
	r := payError("PARAM_ERROR")
	r.Detail = &Detail{Location: location, Field: field, Value: shorten(value, 64), Issue: issue}
	return r
}

// badControl is a refusal of one of the sandbox's own controls.
func badControl(status int, code, format string, args ...any) *Refusal {
	return &Refusal{Status: status, Code: code, Message: fmt.Sprintf(format, args...), Detail: nil}
}

func shorten(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit]) + "…"
}
