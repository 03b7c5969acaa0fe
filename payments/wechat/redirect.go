package wechat

import (
	"context"
	"net/url"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"

	"galleria/payments"
)

var _ payments.Redirector = (*Channel)(nil)

type redirectBody struct {
	SubMchID    *string `json:"sub_mchid,omitempty"`
	OutRefundNo string  `json:"out_refund_no"`
	Type        string  `json:"type"`
	BankType    string  `json:"bank_type,omitempty"`
	BankAccount string  `json:"bank_account,omitempty"`
	RealName    string  `json:"real_name,omitempty"`
}

// Banks implements payments.Redirector: debit cards of these.
func (*Channel) Banks() []string {
	return []string{
		"ICBC_DEBIT", "ABC_DEBIT", "BOC_DEBIT", "CCB_DEBIT", "COMM_DEBIT", "PSBC_DEBIT", "CMB_DEBIT", "CITIC_DEBIT", "CEB_DEBIT", "CMBC_DEBIT",
		"PAB_DEBIT", "SPDB_DEBIT", "CIB_DEBIT", "GDB_DEBIT", "NBCB_DEBIT",
	}
}

// RedirectRefund implements payments.Redirector.
func (c *Channel) RedirectRefund(ctx context.Context, acc payments.Account, in payments.Redirect) (payments.RefundResult, error) {
	body := redirectBody{SubMchID: merchantOf(acc), OutRefundNo: in.OutRefundNo, Type: "MERCHANT_BANK_CARD"}
	if in.To == payments.ToBuyerBank {
		body.Type, body.BankType = "USER_BANK_CARD", in.Bank
		var err error
		if body.BankAccount, err = c.seal(ctx, acc, in.Card); err != nil {
			return payments.RefundResult{}, err
		}
		if body.RealName, err = c.seal(ctx, acc, in.Holder); err != nil {
			return payments.RefundResult{}, err
		}
	}
	return c.refundCall(ctx, acc, in.OutRefundNo, func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Post(ctx, consts.WechatPayAPIServer+"/v3/refund/domestic/refunds/"+url.PathEscape(in.RefundID)+"/apply-abnormal-refund", body)
	})
}
