package unionpaygw

import "fmt"

// Response codes that the gateway uses.
const (
	codeOK          = "00"
	codeDefect      = "A6"
	codeTimeout     = "03"
	codeUnderWay    = "05"
	codeBusy        = "06"
	codeFormat      = "10"
	codeSignature   = "11"
	codeDuplicate   = "12"
	codeMissing     = "13"
	codeMerchant    = "31"
	codeNoTrade     = "34"
	codeOriginal    = "35"
	codeMismatch    = "36"
	codeOutsideTime = "39"
	codeTooLate     = "42"
	codeUndone      = "45"
	codeNoFile      = "98"
)

// refusal is an answer other than success.
type refusal struct{ code, detail string }

func refuse(code, format string, args ...any) *refusal {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

// Error implements error.
func (r *refusal) Error() string { return r.code + " " + r.detail }

// message is respMsg: a text and eight digits, which nobody may parse.
func message(code string) string {
	text := map[string]string{
		codeOK: "成功[0000000]", codeDefect: "有缺陷的成功[0000000]", codeTimeout: "交易通讯超时，请发起查询交易[3000000]",
		codeUnderWay: "交易已受理，请稍后查询交易结果[5000000]", codeBusy: "系统繁忙，请稍后再试[6000000]", codeFormat: "报文格式错误[6100030]",
		codeSignature: "验证签名失败[9100004]", codeDuplicate: "重复交易[6100040]", codeMissing: "报文交易要素缺失[6100050]",
		codeMerchant: "商户状态不正确[6100060]", codeNoTrade: "查无此交易[2600000]", codeOriginal: "原交易不存在或状态不正确[2040000]",
		codeMismatch: "与原交易信息不符[2050000]", codeOutsideTime: "交易不在受理时间范围内[6100070]", codeTooLate: "扣款成功但交易超过规定支付时间[5100000]",
		codeUndone: "原交易已被成功退货或已被成功撤销[2060000]", codeNoFile: "文件不存在[6130000]",
	}[code]
	return orElse(text, "失败["+code+"00000]")
}

// Names that certificates carry.
const (
	nameUnionPay = "中国银联股份有限公司"
	// nameTestSigner is the test environment's signer: never to be believed in production.
	nameTestSigner = "00040000:SIGN"
)

// Texts of the buyer's page.
const (
	textTitle  = "银联在线支付（沙箱）"
	textOrder  = "订单号"
	textAmount = "金额"
	textYuan   = "元"
	textPay    = "确认付款"
	textFail   = "模拟余额不足"
	textPaid   = "付款成功"
	textFailed = "付款失败"
	textReturn = "返回商户"
	textShop   = "沙箱商户"
)

// Refused is what a control says no with.
type Refused struct { //nolint:errname // an answer first, an error second
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error implements error.
func (r *Refused) Error() string { return fmt.Sprintf("%d %s: %s", r.Status, r.Code, r.Message) }

func badControl(status int, code, format string, args ...any) *Refused {
	return &Refused{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}
