package payments

import "galleria/tenant/fault"

// What can go wrong between a bill and its money.
var (
	// ErrNoAccount is an AppID without a merchant account for the channel.
	ErrNoAccount = fault.New(fault.Conflict, "PAYMENT_NOT_CONFIGURED", "店铺尚未开通支付", "This shop has no payment account for this Mini Program")
	// ErrNoChannel is a channel that this installation does not have.
	ErrNoChannel = fault.New(fault.Conflict, "CHANNEL_NOT_BUILT", "该支付渠道正在建设中", "This channel is being built")
	// ErrScene is a channel that cannot be paid with in the place where the buyer is.
	ErrScene = fault.New(fault.Invalid, "SCENE_NOT_SERVED", "该支付方式不支持当前场景", "This payment method cannot be used here")
	// ErrShopNotOpen is a real merchant account in a shop that is still being set up.
	ErrShopNotOpen = fault.New(fault.Forbidden, "SHOP_NOT_OPEN", "店铺尚未开业，暂时只能使用沙箱支付", "This shop is not open yet and takes sandbox payments only")
	// ErrMethodsPaused is an app whose accounts all cannot be used now: their keys do not
	// open, or the shop is not open yet and they are real.
	ErrMethodsPaused = fault.New(fault.Conflict, "PAYMENT_PAUSED", "店铺的支付暂不可用，请联系商家", "This shop cannot take payments right now; please contact the merchant")
	// ErrMethodsElsewhere is an app whose accounts cannot be paid to where the buyer is.
	ErrMethodsElsewhere = fault.New(fault.Conflict, "PAYMENT_ELSEWHERE", "当前环境不支持店铺开通的支付方式，请换到微信、支付宝或浏览器中支付", "None of this shop's payment methods works here; try WeChat, Alipay or a browser")
	// ErrAlreadyPaid is a bill that has been paid; the order will show it shortly.
	ErrAlreadyPaid = fault.New(fault.Conflict, "ALREADY_PAID", "订单已支付", "This order has been paid")
	// ErrBillExpired is a bill whose deadline has passed.
	ErrBillExpired = fault.New(fault.Conflict, "PAYMENT_EXPIRED", "订单已超过支付时间", "The time to pay this order has passed")
	// ErrState is an attempt in a state that does not allow the step.
	ErrState = fault.New(fault.Conflict, "PAYMENT_STATE", "支付状态已变化，请刷新", "The state of this payment does not allow this")
	// ErrNothingToRefund is a payment whose whole amount is refunded or about to be.
	ErrNothingToRefund = fault.New(fault.Conflict, "NOTHING_TO_REFUND", "没有可退金额", "Nothing is left to refund")
	// ErrRefundExceeds is a refund of more than is left; its data name "rest_fen".
	ErrRefundExceeds = fault.New(fault.Conflict, "REFUND_EXCEEDS", "退款金额超过可退金额", "This is more than is left to refund")
	// ErrRefundTooOld is a refund of a payment that the provider takes no refunds of any more.
	ErrRefundTooOld = fault.New(fault.Conflict, "REFUND_TOO_OLD", "支付已超过渠道退款期限，请线下退款", "The provider takes no refund of so old a payment")
	// ErrRefundTooMany is one refund more of a payment than the provider takes.
	ErrRefundTooMany = fault.New(fault.Conflict, "REFUND_TOO_MANY", "该笔支付的退款次数已达渠道上限", "The provider takes no further refund of this payment")
	// ErrRefundSourceUsed is a document that asked for another refund before.
	ErrRefundSourceUsed = fault.New(fault.Conflict, "REFUND_SOURCE_USED", "该单据已申请过其他退款", "This document has asked for another refund")
	// ErrRefundState is a refund in a state that does not allow the step.
	ErrRefundState = fault.New(fault.Conflict, "REFUND_STATE", "退款状态已变化，请刷新后查看", "The state of this refund does not allow this")
	// ErrRefundOfCase is a refund that failed and that only the case it is of asks for anew.
	ErrRefundOfCase = fault.New(fault.Conflict, "REFUND_OF_CASE", "这笔退款属于售后单，请到售后单里重新退款", "This refund is of an after-sales case: ask for it again there")
	// ErrRefundOwn is a person who decides about a refund of his own asking.
	ErrRefundOwn = fault.New(fault.Forbidden, "REFUND_OWN", "不能审批自己申请的退款，请由另一位同事审批", "Somebody else has to decide about your refund")
	// ErrRefundUnderWay is a refund that the provider has done or is about to do.
	ErrRefundUnderWay = fault.New(fault.Conflict, "REFUND_UNDER_WAY", "支付渠道已受理该退款，无需人工登记，请刷新查看结果", "The provider is doing this refund; it need not be settled by hand")
	// ErrAnomalyResolved is an anomaly that is absent, or that somebody has dealt with.
	ErrAnomalyResolved = fault.New(fault.Conflict, "ANOMALY_RESOLVED", "该异常已处理或不存在，请刷新", "This anomaly is absent or has been dealt with")

	// ErrNoRedirect is a refund that the provider cannot bring elsewhere.
	ErrNoRedirect = fault.New(fault.Conflict, "REFUND_NO_REDIRECT", "该支付渠道不支持改退到其他账户，请用其他方式退款后登记", "This provider cannot bring a refund to another account")

	errMeans     = fault.Invalidf("means", "must be provider or elsewhere")
	errReference = fault.Invalidf("evidence_ref", "must have at most 200 bytes")
)

// What a provider, or the way to it, can do to a call.
var (
	// ErrTimeout is no answer in time, or no connection. The outcome is unknown.
	ErrTimeout = fault.New(fault.UpstreamTimeout, "PROVIDER_TIMEOUT", "支付渠道响应超时，请稍后重试", "The payment provider did not answer in time")
	// ErrBadResponse is an answer that cannot be believed or understood. The outcome is
	// unknown.
	ErrBadResponse = fault.New(fault.Upstream, "PROVIDER_BAD_RESPONSE", "支付渠道异常，请稍后重试", "The payment provider answered nonsense")
	// ErrProviderBusy is a provider that says it cannot now, or too many calls. The
	// outcome is unknown; the same call may be repeated later, which its kind tells the
	// caller: 503 with Retry-After, not a bad gateway.
	ErrProviderBusy = fault.New(fault.Unavailable, "PROVIDER_BUSY", "支付渠道繁忙，请稍后重试", "The payment provider is busy")
	// ErrRefused is a definite no of the provider. Data["provider_code"] says which.
	ErrRefused = fault.New(fault.Upstream, "PROVIDER_REFUSED", "支付渠道拒绝了请求", "The payment provider refused the request")
	// ErrNotEnough is a merchant's balance at the provider that does not cover a refund or
	// a transfer. It is no end: the same number is asked for again once there is money.
	ErrNotEnough = fault.New(fault.Upstream, "PROVIDER_NOT_ENOUGH", "商户账户余额不足", "The merchant's balance at the provider is too small")
	// ErrNoSuchNumber is a number the provider does not know (yet).
	ErrNoSuchNumber = fault.New(fault.Upstream, "PROVIDER_NO_SUCH_NUMBER", "支付渠道查无此单", "The payment provider does not know this number")
	// ErrNumberUsed is a number the provider knows with other parameters.
	ErrNumberUsed = fault.New(fault.Upstream, "PROVIDER_NUMBER_USED", "支付单号重复", "The payment provider knows this number with other parameters")
	// ErrProviderPaid is the provider's "this number has been paid" to prepay or close.
	ErrProviderPaid = fault.New(fault.Upstream, "PROVIDER_ORDER_PAID", "支付渠道显示已支付", "The payment provider says that this number is paid")
	// ErrProviderClosed is the provider's "this number is closed".
	ErrProviderClosed = fault.New(fault.Upstream, "PROVIDER_ORDER_CLOSED", "支付渠道显示已关闭", "The payment provider says that this number is closed")
)

// What can go wrong with a bill.
var (
	// ErrBillNone is a day of which the provider has no bill: nothing happened on it, or,
	// with some providers, the bill is not made yet.
	ErrBillNone = fault.New(fault.Upstream, "BILL_NONE", "当天没有账单", "The provider has no bill of this day")
	// ErrBillNotReady is a bill that is still being made.
	ErrBillNotReady = fault.New(fault.Upstream, "BILL_NOT_READY", "账单尚未生成，请稍后再试", "The bill is not ready yet")
	// ErrBillMalformed is a file that cannot be believed: broken, of another merchant, or at
	// odds with its own summary. Not a line of it counts.
	ErrBillMalformed = fault.New(fault.Upstream, "BILL_MALFORMED", "账单文件无法识别", "The bill cannot be read")
)

// Why a notification is not answered with ok.
var (
	// ErrNoticeSignature is a message whose signature does not verify, is missing, or
	// is out of its time window.
	ErrNoticeSignature = fault.New(fault.Unauthenticated, "SIGNATURE_INVALID", "签名验证失败", "The signature does not verify")
	// ErrNoticeProbe is a deliberate wrong signature by which a provider tests whether
	// signatures are checked. It is refused like any other and counted apart.
	ErrNoticeProbe = fault.New(fault.Unauthenticated, "SIGNATURE_PROBE", "签名验证失败", "The signature is a probe and does not verify")
	// ErrNoticeMalformed is a message that cannot be read.
	ErrNoticeMalformed = fault.New(fault.Invalid, "NOTIFICATION_MALFORMED", "通知格式不正确", "The notification cannot be read")
	// ErrNoticeNotKept is a message of which we do not have all that it takes to take it
	// again.
	ErrNoticeNotKept = fault.New(fault.Precondition, "NOTIFICATION_NOT_KEPT", "原始通知不完整，无法重放", "The notification was not kept whole and cannot be taken again")
	// ErrNoticeUnknownAccount is a callback address that leads nowhere.
	ErrNoticeUnknownAccount = fault.New(fault.NotFound, "UNKNOWN_ACCOUNT", "支付账户不存在", "There is no such payment account")
	// ErrAnomaly is a message that verified but does not fit what we know. It is kept
	// for a person to look at and never makes anything paid.
	ErrAnomaly = fault.New(fault.Conflict, "PAYMENT_ANOMALY", "支付通知与订单不符", "The notification does not fit the payment")
)

// text is what the buyer reads beside the refund in the provider's app.
func (r RefundReason) text() string {
	switch r {
	case LatePayment:
		return "订单已关闭，款项原路退回"
	case DoublePayment:
		return "重复支付，款项原路退回"
	case OrderCancelled:
		return "订单已取消，款项原路退回"
	case ByStaff, AfterSale:
	}
	return "商家退款"
}

// methodName is what buyers call a way to pay.
func methodName(code Code, scene Scene) Text {
	name := map[Code]Text{WeChat: {"微信支付", "WeChat Pay"}, Alipay: {"支付宝", "Alipay"}, UnionPay: {"云闪付", "UnionPay"}}[code]
	if scene == QR || (scene == PC && code == WeChat) {
		return Text{name.ZH + "扫码", name.EN + " QR code"}
	}
	return name
}
