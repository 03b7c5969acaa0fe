package alipay

import (
	"fmt"
	"slices"
	"strings"

	"galleria/payments"
	"galleria/payments/internal/wire"
)

// head is what every answer begins with.
type head struct {
	Code    string `json:"code"`
	Msg     string `json:"msg"`
	SubCode string `json:"sub_code"`
	SubMsg  string `json:"sub_msg"`
}

func (h head) cause() error {
	return fmt.Errorf("%s %s %s", wire.Cut(h.Code, 10), wire.Cut(h.SubCode, 60), wire.Cut(h.SubMsg+h.unexplained(), 200))
}

// unexplained is the message of an answer without its own.
func (h head) unexplained() string {
	if h.SubMsg == "" {
		return h.Msg
	}
	return ""
}

// unsigned takes what nobody vouches for: the gateway's own refusals, which it does not
// sign. A service behind it does, so its "no" without a signature is none.
func (h head) unsigned() error {
	if slices.Contains([]string{"20000", "20001", "40001", "40002", "40003", "40005", "40006"}, h.Code) {
		return h.fault()
	}
	return payments.ErrBadResponse.Because(fmt.Errorf("unsigned: %w", h.cause()))
}

// fault says what an error answer means.
func (h head) fault() error {
	cause := h.cause()
	switch h.Code {
	case "20000", "40005", "10003": // not now, too often, not yet: the outcome is unknown
		return payments.ErrProviderBusy.Because(cause)
	case "":
		return payments.ErrBadResponse.Because(cause)
	}
	switch strings.TrimPrefix(h.SubCode, "ACQ.") {
	case "TRADE_HAS_SUCCESS":
		return payments.ErrProviderPaid.Because(cause)
	case "TRADE_HAS_CLOSE":
		return payments.ErrProviderClosed.Because(cause)
	case "TRADE_NOT_EXIST", "ORDER_NOT_EXIST":
		return payments.ErrNoSuchNumber.Because(cause)
	case "CONTEXT_INCONSISTENT", "DISCORDANT_REPEAT_REQUEST":
		return payments.ErrNumberUsed.Because(cause)
	case "SYSTEM_ERROR", "REQUEST_PROCESSING", "SYSTEM_RATE_LIMIT", "USER_RATE_LIMIT":
		return payments.ErrProviderBusy.Because(cause)
	case "PAYER_BALANCE_NOT_ENOUGH", "SELLER_BALANCE_NOT_ENOUGH", "BALANCE_IS_NOT_ENOUGH":
		return payments.ErrNotEnough.WithData(map[string]any{
			"provider_code": wire.Cut(h.SubCode, 60), "provider_message": wire.Cut(h.SubMsg, 200),
		}).Because(cause)
	case "TRADE_STATUS_ERROR", "REASON_TRADE_STATUS_INVALID":
		return refused(h, errState, cause)
	}
	if h.Code == "40004" {
		return refused(h, errBusiness, cause)
	}
	return refused(h, nil, cause)
}

// errBusiness is a refusal by the service itself, which signs it.
var errBusiness = fmt.Errorf("the service refuses it")

// errState is a trade in a state that does not allow the step; which one, a query tells.
var errState = fmt.Errorf("the trade's state does not allow it")

func refused(h head, kind, cause error) error {
	code := h.SubCode
	if code == "" {
		code = h.Code
	}
	if kind != nil {
		cause = fmt.Errorf("%w: %w", kind, cause)
	}
	return payments.ErrRefused.WithData(map[string]any{
		"provider_code": wire.Cut(code, 60), "provider_message": wire.Cut(h.SubMsg+h.unexplained(), 200),
	}).Because(cause)
}
