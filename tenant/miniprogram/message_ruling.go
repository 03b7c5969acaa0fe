package miniprogram

import (
	"errors"
	"strconv"
)

// Ruling is what to do about a message that a provider did not take.
type Ruling uint8

// The rulings.
const (
	// Drop: this message never goes, others may.
	Drop Ruling = iota
	// Later: the provider did not send it now and may be asked again.
	Later
	// ConsentGone: the buyer does not want messages of this template, or none any more.
	ConsentGone
	// TemplateWrong: the merchant has to set the template or its page anew.
	TemplateWrong
	// SetupWrong: the merchant has to see to the keys, the addresses or the rights of the app.
	SetupWrong
	// FormWrong: the number under which an Alipay message was to go lets none through, or none
	// any more.
	FormWrong
)

// Judge says what to do about the error of a message, and gives the provider's own code of
// it, empty where there is none. Whatever may have been sent is dropped: the provider offers
// no key that would make a second sending harmless.
func Judge(err error) (Ruling, string) {
	if refusal, ok := errors.AsType[*RefusalError](err); ok {
		return judgeWeChat(refusal.Code), strconv.Itoa(refusal.Code)
	}
	if refusal, ok := errors.AsType[*GatewayError](err); ok {
		return judgeAlipay(refusal)
	}
	switch {
	case errors.Is(err, ErrNoCredential):
		return SetupWrong, ""
	case NotSent(err) && (errors.Is(err, ErrProviderBusy) || errors.Is(err, ErrThrottled)):
		return Later, ""
	}
	return Drop, ""
}

// Codes that mean of a message what they do not mean of other calls.
const (
	codeTemplate = 40037
	codePage     = 41030
	codeKeyword  = 47003
)

func judgeWeChat(code int) Ruling {
	switch code {
	case codeTemplate, codePage, codeKeyword:
		return TemplateWrong
	}
	switch classOf(code) {
	case classLimit, classBusy:
		return Later
	case classRefused:
		return ConsentGone
	case classConfiguration, classToken:
		return SetupWrong
	case classUnknown, classCode, classBlocked, classDefect:
	}
	return Drop
}
