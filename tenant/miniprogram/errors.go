package miniprogram

import (
	"fmt"
	"strings"

	"galleria/tenant/fault"
)

var (
	// ErrCode is a login code that is used, expired, or another app's.
	ErrCode = fault.New(fault.Unauthenticated, "WX_CODE_INVALID", "登录凭证已失效，请重试", "The login code is not valid, please fetch a new one")
	// ErrBlocked is a buyer whom the provider considers a risk, or has limited.
	ErrBlocked = fault.New(fault.Forbidden, "LOGIN_BLOCKED", "该账号暂时无法登录", "This account cannot sign in at the moment")
	// ErrThrottled is the provider's limit on calls.
	ErrThrottled = fault.New(fault.Throttled, "RATE_LIMITED", "操作过于频繁，请稍后再试", "Too many requests, please slow down")
	// ErrProviderBusy is a provider that cannot serve now; the same call may be repeated.
	ErrProviderBusy = fault.New(fault.Unavailable, "UNAVAILABLE", "小程序平台繁忙，请稍后再试", "The provider is busy, please try again")
	// ErrProviderTimeout is a provider that did not answer in time: whether it did what
	// was asked is unknown.
	ErrProviderTimeout = fault.New(fault.UpstreamTimeout, "PROVIDER_TIMEOUT", "小程序平台响应超时，请稍后再试", "The provider did not answer in time")
	// ErrBadResponse is an answer that is not what the provider documents.
	ErrBadResponse = fault.New(fault.Upstream, "PROVIDER_BAD_RESPONSE", "小程序平台返回异常", "The provider gave an unexpected answer")
	// ErrConfiguration is a merchant's mistake: secret, AppID, address list or template.
	ErrConfiguration = fault.New(fault.Unavailable, "APP_MISCONFIGURED", "小程序配置有误，请联系商家", "This Mini Program is not set up correctly")
	// ErrRefused is a buyer who does not want (more) messages of a template.
	ErrRefused = fault.New(fault.Conflict, "MESSAGE_REFUSED", "用户未订阅该消息", "The buyer did not subscribe to this message")
	// ErrMessage is a message that the provider will never take as it is.
	ErrMessage = fault.New(fault.Internal, "MESSAGE_INVALID", "消息内容不符合模板", "The message does not fit its template")
	// ErrNoCredential is a Mini Program without a stored secret.
	ErrNoCredential = fault.New(fault.Unavailable, "APP_MISCONFIGURED", "小程序尚未配置密钥", "This Mini Program has no secret yet")
	// ErrPhone is a phone number that the buyer did not give, or gave too long ago.
	ErrPhone = fault.New(fault.Conflict, "PHONE_REFUSED", "未能获取手机号，请重新授权或手动填写", "The phone number could not be read, please allow it again or type it")
	// ErrCodePage is a page that the app's provider does not open by a code.
	ErrCodePage = fault.New(fault.Conflict, "CODE_PAGE", "推广码打开的页面不存在或未发布，请联系商家", "The page that the code is to open does not exist or was not released")
	// ErrCheckTooSoon is a live check that follows another one too closely.
	ErrCheckTooSoon = fault.New(fault.Throttled, "CHECK_TOO_SOON", "刚刚检查过，请稍等几秒再试", "It was checked a moment ago, please wait a few seconds")
)

// RefusalError is the provider's own error number with its reason, free of secrets.
type RefusalError struct {
	API    string // "jscode2session"
	Code   int
	Reason string // the provider's errmsg, scrubbed; ends with its rid
}

// Error implements error.
func (r *RefusalError) Error() string {
	return fmt.Sprintf("%s: errcode %d: %s", r.API, r.Code, r.Reason)
}

// class sorts errcodes by what can be done about them.
type class uint8

const (
	classUnknown       class = iota
	classToken               // fetch a token, repeat once
	classCode                // wx.login again
	classLimit               // later
	classBusy                // later
	classBlocked             // the buyer's account
	classRefused             // the buyer does not want it
	classConfiguration       // the merchant must act
	classDefect              // ours
)

func classOf(code int) class {
	switch code {
	case 40001, 40014, 42001, 41001:
		return classToken
	case 40029, 40163:
		return classCode
	case 45009, 45011, 45029, 44990:
		return classLimit
	case -1:
		return classBusy
	case 40226, 50002:
		return classBlocked
	case 43101, 43107, 43108:
		return classRefused
	case 40013, 40125, 40164, 40243, 41002, 41004, 48001, 48004, 61003, 61004, 61007, 40037:
		return classConfiguration
	case 40003, 40097, 41008, 41030, 44002, 47001, 47003, 43001, 43002, 43003:
		return classDefect
	}
	return classUnknown
}

// faultOf gives a refusal the meaning that callers act on.
func faultOf(r *RefusalError) error {
	switch classOf(r.Code) {
	case classCode:
		return ErrCode.Because(r)
	case classLimit:
		return ErrThrottled.Because(r)
	case classBusy:
		return ErrProviderBusy.Because(r)
	case classBlocked:
		return ErrBlocked.Because(r)
	case classRefused:
		return ErrRefused.Because(r)
	case classConfiguration, classToken: // a token that is bad twice in a row is a wrong set-up
		return ErrConfiguration.Because(r)
	case classDefect:
		return ErrMessage.Because(r)
	case classUnknown:
		return ErrBadResponse.Because(r)
	}
	return ErrBadResponse.Because(r)
}

// scrub removes secrets from a provider's text and bounds it.
func scrub(text string, secrets ...string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "[redacted]")
		}
	}
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return text
}

// Faults of messages.
var (
	// ErrPushUnknown is a message for an app that has no keys for messages.
	ErrPushUnknown = fault.New(fault.NotFound, "PUSH_UNKNOWN", "该小程序未开启消息推送", "This app takes no messages")
	// ErrPushSignature is a message that the app's keys did not sign and seal.
	ErrPushSignature = fault.New(fault.Forbidden, "PUSH_SIGNATURE", "消息签名无效", "The message is not signed with the app's keys")
	// ErrPushBody is a message that cannot be read although it is signed.
	ErrPushBody = fault.New(fault.Invalid, "PUSH_BODY", "消息格式无效", "The message cannot be read")
)
