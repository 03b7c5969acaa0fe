package distribution_test

import (
	"strings"
	"testing"
	"unicode"

	"galleria/commerce/distribution"
)

// TestFailuresAreExplained: every code that WeChat Pay lists for a failed transfer, the usual ones of
// Alipay and ours are told in both languages with what to do next; one that is new gets general words.
func TestFailuresAreExplained(t *testing.T) {
	t.Parallel()
	han := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	}
	general := distribution.ExplainFailure("BRAND_NEW_CODE", "en")
	known := strings.Fields(`ACCOUNT_FROZEN ACCOUNT_NOT_EXIST REAL_NAME_CHECK_FAIL NAME_NOT_CORRECT OPENID_INVALID TRANSFER_QUOTA_EXCEED
		DAY_RECEIVED_QUOTA_EXCEED MONTH_RECEIVED_QUOTA_EXCEED DAY_RECEIVED_COUNT_EXCEED PRODUCT_AUTH_CHECK_FAIL OVERDUE_CLOSE ID_CARD_NOT_CORRECT
		TRANSFER_RISK REALNAME_ACCOUNT_RECEIVED_QUOTA_EXCEED RECEIVE_ACCOUNT_NOT_PERMMIT PAYEE_ACCOUNT_ABNORMAL PAYER_ACCOUNT_ABNORMAL
		TRANSFER_SCENE_INVALID TRANSFER_SCENE_UNAVAILABLE TRANSFER_REMARK_SET_FAIL RECEIVE_ACCOUNT_NOT_CONFIGURE BLOCK_B2C_USERLIMITAMOUNT_MONTH
		MERCHANT_REJECT MERCHANT_NOT_CONFIRM PAYEE_NOT_EXIST PAYEE_USER_INFO_ERROR EXCEED_LIMIT_SM_AMOUNT PAYER_BALANCE_NOT_ENOUGH
		WITHDRAWAL_WAY TRANSFER_NAME PAYMENT_NOT_CONFIGURED`)
	for _, code := range append(known, "OTHER_FAIL_REASON_TYPE", "", "BRAND_NEW_CODE") {
		w := distribution.Withdrawal{Status: distribution.Failed, Reason: code}
		zh, en := w.Explain("zh"), w.Explain("en")
		for _, said := range []string{zh.Why, zh.Next, zh.Staff} {
			if !han(said) {
				t.Errorf("%s in Chinese: %q", code, said)
			}
		}
		for _, said := range []string{en.Why, en.Next, en.Staff} {
			if said == "" || han(said) {
				t.Errorf("%s in English: %q", code, said)
			}
		}
		if len(known) > 0 && known[0] == code {
			if en.Why == general.Why {
				t.Errorf("%s has only the general words", code)
			}
			known = known[1:]
		}
	}
	if len(known) > 0 {
		t.Errorf("not looked at: %v", known)
	}
	refused := distribution.Withdrawal{Status: distribution.Rejected, Reason: "账号有误", Way: distribution.WayManual}.Explain("en")
	if refused.Why != "账号有误" || refused.Next == "" {
		t.Errorf("refused by staff: %+v", refused)
	}
	for _, s := range distribution.WithdrawalStatuses() {
		if got := (distribution.Withdrawal{Status: s, Reason: "招行 2026"}).Explain("zh"); s != distribution.Failed && s != distribution.Rejected && got != (distribution.Explained{}) {
			t.Errorf("%s: %+v", s, got)
		}
	}
}
