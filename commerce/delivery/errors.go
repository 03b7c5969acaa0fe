package delivery

import "galleria/tenant/fault"

// ErrStore is a pickup store that hands out no goods now.
var ErrStore = fault.New(fault.Conflict, "STORE_CLOSED", "该自提点暂不可用，请选择其他自提点", "This pickup store does not hand out goods at the moment")

// ErrChanged is a form of settings that somebody else has changed since it was opened.
var ErrChanged = fault.New(fault.Conflict, "DELIVERY_CHANGED", "设置刚刚被其他人修改，本次没有保存；您填写的内容还在下面，请在新标签页打开本页核对后再修改", "Somebody else has just changed these settings, so that yours were not saved: what you typed is still here, open this page in another tab and compare")

// ErrLocal is an order that the shop's own people do not bring; its data say why under
// "reason", and under "need_fen" how much more goods would make it enough.
var ErrLocal = fault.New(fault.Conflict, "LOCAL_DELIVERY", "暂不支持同城配送到该地址或该时段，请查看原因后重试", "This order cannot be brought there or then; see the reason")

// LocalName is what the freight of local delivery is called in a quote.
const LocalName = "同城配送"

// What a tracking service refuses.
var (
	// ErrTrackingKey is a key that the service does not serve: wrong, expired, or used up.
	ErrTrackingKey = fault.New(fault.Upstream, "TRACKING_KEY", "物流查询服务拒绝了授权：密钥有误、已过期或余量用尽，请到“物流轨迹”检查", "The tracking service refused the key: it is wrong, expired or used up")
	// ErrTrackingNumber is a number or courier that the service does not follow.
	ErrTrackingNumber = fault.New(fault.Conflict, "TRACKING_NUMBER", "物流查询服务不支持该单号，请核对快递公司和单号", "The tracking service does not follow this number; check courier and number")
	// ErrTrackingNone is a number of which nothing is known yet.
	ErrTrackingNone = fault.New(fault.Conflict, "TRACKING_NONE", "快递公司暂无该单号的轨迹，刚发货时属正常情况，请稍后再查", "The courier knows nothing of this number yet")
	// ErrTrackingBusy is a service that cannot answer now; the same call may be repeated.
	ErrTrackingBusy = fault.New(fault.Unavailable, "TRACKING_BUSY", "物流查询服务繁忙，请稍后再试", "The tracking service is busy, please try again")
	// ErrTrackingOff is a shop without a key at a tracking service.
	ErrTrackingOff = fault.New(fault.Conflict, "TRACKING_OFF", "尚未开通物流轨迹，请先到“物流轨迹”填写密钥", "Tracking is not set up yet")
	// ErrTrackedLately is a number that was asked about a moment ago.
	ErrTrackedLately = fault.New(fault.Throttled, "TRACKED_LATELY", "半小时内已查询过该单号，请稍后再查", "This number was asked about in the last half hour")
)

// What comes to a callback address and is not to be believed.
var (
	// ErrTrackingSignature is news that the service has not signed.
	ErrTrackingSignature = fault.New(fault.Forbidden, "TRACKING_SIGNATURE", "签名验证失败", "The signature is wrong")
	// ErrTrackingNews is news that is not of the documented form.
	ErrTrackingNews = fault.New(fault.Invalid, "TRACKING_NEWS", "推送内容格式有误", "This is not news of a parcel")
)
