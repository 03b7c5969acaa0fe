package wechat

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"

	"galleria/payments"
	"galleria/payments/internal/wire"
	"galleria/tenant/fault"
)

// classify says what an error of a call means. What it returns never holds a request, a
// header or a body, because those carry signatures and people's data.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if api, ok := errors.AsType[*core.APIError](err); ok {
		return classifyAnswer(api)
	}
	if errors.Is(err, errSignature) || errors.Is(err, errProbe) {
		return payments.ErrBadResponse.Because(err)
	}
	return wire.Classify(err)
}

// classifyAnswer reads an error answer by its code, whose spelling varies between
// versions of the documentation ("ORDERPAID", "ORDER_PAID").
func classifyAnswer(api *core.APIError) error {
	cause := fmt.Errorf("%d %s %s", api.StatusCode, wire.Cut(api.Code, 40), wire.Cut(api.Message, 200))
	code := strings.ReplaceAll(api.Code, "_", "")
	switch code {
	case "ORDERPAID":
		return payments.ErrProviderPaid.Because(cause)
	case "ORDERCLOSED":
		return payments.ErrProviderClosed.Because(cause)
	case "ORDERNOTEXIST", "RESOURCENOTEXISTS", "NOTFOUND":
		return payments.ErrNoSuchNumber.Because(cause)
	case "NOTENOUGH":
		return payments.ErrNotEnough.WithData(said(api)).Because(cause)
	case "OUTTRADENOUSED":
		return payments.ErrNumberUsed.Because(cause)
	case "SYSTEMERROR", "BANKERROR", "SERVICEUNAVAILABLE", "FREQUENCYLIMITED", "FREQUENCYLIMITEXCEED", "RATELIMITEXCEED", "RATELIMITEXCEEDED":
		return busy(api, cause)
	case "OPENIDMISMATCH", "INVALIDTRANSACTIONID": // 500, and yet a fault of the data
		return refused(api, cause)
	}
	switch {
	case api.StatusCode == http.StatusTooManyRequests || api.StatusCode >= http.StatusInternalServerError:
		return busy(api, cause)
	case code == "" || api.StatusCode < http.StatusBadRequest:
		return payments.ErrBadResponse.Because(cause) // a proxy's page, a redirect
	}
	return refused(api, cause)
}

// mostPatience bounds what an error answer, which nobody signed, may make us wait.
const mostPatience = 10 * time.Minute

// busy passes on for how long the provider wants to be left alone, if it says so.
func busy(api *core.APIError, cause error) error {
	seconds, err := strconv.ParseUint(api.Header.Get("Retry-After"), 10, 32)
	if err != nil {
		return payments.ErrProviderBusy.Because(cause)
	}
	return payments.ErrProviderBusy.After(min(time.Duration(seconds)*time.Second, mostPatience)).Because(cause)
}

func refused(api *core.APIError, cause error) error {
	return payments.ErrRefused.WithData(said(api)).Because(cause)
}

func said(api *core.APIError) map[string]any {
	return map[string]any{"provider_code": wire.Cut(api.Code, 40), "provider_message": wire.Cut(api.Message, 200)}
}
