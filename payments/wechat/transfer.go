package wechat

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the provider's OAEP uses SHA-1
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"

	"galleria/payments"
	"galleria/payments/internal/wire"
)

const (
	transferPath = consts.WechatPayAPIServer + "/v3/fund-app/mch-transfer/transfer-bills"
	mostRemark   = 32 // characters
	// nameFrom is the amount from which the provider must be told the receiver's name, and
	// nameAbove the one below which it must not.
	nameFrom  = 2_000_00
	nameAbove = 30
)

var _ payments.Transferrer = (*Channel)(nil)

type transferBody struct {
	AppID     string           `json:"appid"`
	OutBillNo string           `json:"out_bill_no"`
	SceneID   string           `json:"transfer_scene_id"`
	OpenID    string           `json:"openid"`
	UserName  string           `json:"user_name,omitempty"`
	Amount    int64            `json:"transfer_amount"`
	Remark    string           `json:"transfer_remark"`
	NotifyURL string           `json:"notify_url"`
	Reports   []transferReport `json:"transfer_scene_report_infos"`
}

type transferReport struct {
	Type    string `json:"info_type"`
	Content string `json:"info_content"`
}

// transferBill is a transfer as answers and notifications show it.
type transferBill struct {
	MchID       string `json:"mch_id"`
	OutBillNo   string `json:"out_bill_no"`
	BillNo      string `json:"transfer_bill_no"`
	State       string `json:"state"`
	Amount      number `json:"transfer_amount"`
	OpenID      string `json:"openid"`
	FailReason  string `json:"fail_reason"`
	PackageInfo string `json:"package_info"`
	UpdateTime  string `json:"update_time"`
}

// Transfer implements payments.Transferrer.
func (c *Channel) Transfer(ctx context.Context, acc payments.Account, in payments.TransferRequest) (payments.TransferResult, error) {
	if in.ReceiverKind != payments.ReceiverOpenID {
		return payments.TransferResult{}, payments.ErrRefused.Because(errors.New("only openids are paid"))
	}
	if acc.Config.Partner() { // the product has no partner mode: the provider would be the one who pays
		return payments.TransferResult{}, payments.ErrRefused.WithData(map[string]any{payments.DataProviderCode: "PARTNER"}).
			Because(errors.New("a sub-merchant pays people with an account of its own"))
	}
	body := transferBody{
		AppID: in.AppID, OutBillNo: in.OutBillNo, SceneID: in.Terms.SceneID, OpenID: in.Receiver, Amount: int64(in.AmountFen),
		Remark: cutRunes(in.Title, mostRemark), NotifyURL: in.NotifyURL, Reports: make([]transferReport, 0, len(in.Terms.Reports)),
	}
	for _, r := range in.Terms.Reports {
		body.Reports = append(body.Reports, transferReport{Type: r.Type, Content: cutRunes(r.Content, mostRemark)})
	}
	if in.Name != "" && in.AmountFen >= nameAbove {
		sealed, err := c.seal(ctx, acc, in.Name)
		if err != nil {
			return payments.TransferResult{}, err
		}
		body.UserName = sealed
	} else if in.AmountFen >= nameFrom {
		return payments.TransferResult{}, payments.ErrRefused.WithData(map[string]any{payments.DataProviderCode: "NAME_REQUIRED"}).
			Because(errors.New("the receiver's name is needed from 2000 yuan on"))
	}
	return c.transferCall(ctx, acc, in.OutBillNo, "", func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Post(ctx, transferPath, body)
	})
}

// QueryTransfer implements payments.Transferrer.
func (c *Channel) QueryTransfer(ctx context.Context, acc payments.Account, outBillNo string) (payments.TransferResult, error) {
	return c.transferCall(ctx, acc, outBillNo, "", func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Get(ctx, transferPath+"/out-bill-no/"+url.PathEscape(outBillNo))
	})
}

// FindTransfer implements payments.Transferrer. The provider remembers thirty days.
func (c *Channel) FindTransfer(ctx context.Context, acc payments.Account, providerNo string) (payments.TransferResult, error) {
	return c.transferCall(ctx, acc, "", providerNo, func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Get(ctx, transferPath+"/transfer-bill-no/"+url.PathEscape(providerNo))
	})
}

// CancelTransfer implements payments.Transferrer. Cancelling again is no error.
func (c *Channel) CancelTransfer(ctx context.Context, acc payments.Account, outBillNo string) error {
	_, err := c.transferCall(ctx, acc, outBillNo, "", func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Post(ctx, transferPath+"/out-bill-no/"+url.PathEscape(outBillNo)+"/cancel", struct{}{})
	})
	return err
}

func (c *Channel) transferCall(ctx context.Context, acc payments.Account, outBillNo, billNo string, do request) (payments.TransferResult, error) {
	var out transferBill
	if err := c.call(ctx, acc, refundTimeout, &out, do); err != nil {
		return payments.TransferResult{}, err
	}
	if (outBillNo != "" && out.OutBillNo != outBillNo) || (billNo != "" && out.BillNo != billNo) {
		return payments.TransferResult{}, payments.ErrBadResponse.Because(
			fmt.Errorf("asked about %s%s, answered about %s", outBillNo, billNo, wire.Cut(out.OutBillNo+" "+out.BillNo, 70)))
	}
	return out.result()
}

func (b transferBill) result() (payments.TransferResult, error) {
	r := payments.TransferResult{
		OutBillNo: b.OutBillNo, ProviderNo: wire.Cut(b.BillNo, 64), ProviderState: wire.Cut(b.State, 40), PackageInfo: b.PackageInfo,
		FailReason: wire.Cut(b.FailReason, 64), MerchantNo: b.MchID, Receiver: b.OpenID,
	}
	if b.Amount != "" {
		r.Amount = b.Amount.amount()
	}
	switch b.State {
	case "ACCEPTED":
		r.State = payments.TransferAccepted
	case "PROCESSING", "TRANSFERING", "TRANSFERRING": //nolint:misspell // the provider spells it with one R
		r.State = payments.TransferProcessing
	case "WAIT_USER_CONFIRM":
		r.State = payments.TransferWaiting
	case "SUCCESS":
		r.State = payments.TransferDone
	case "FAIL":
		r.State = payments.TransferFailed
	case "CANCELING":
		r.State = payments.TransferCancelling
	case "CANCELLED":
		r.State = payments.TransferCancelled
	default:
		return r, payments.ErrBadResponse.Because(fmt.Errorf("transfer state %.40q", b.State))
	}
	if at, err := time.Parse(time.RFC3339, b.UpdateTime); err == nil && r.State == payments.TransferDone {
		r.DoneAt = at.UTC()
	}
	return r, nil
}

// seal encrypts for the provider, with the key that the request's Wechatpay-Serial names.
func (c *Channel) seal(ctx context.Context, acc payments.Account, text string) (string, error) {
	client, err := c.client(ctx, acc)
	if err != nil {
		return "", err
	}
	key, err := client.verifier.encryptionKey(ctx)
	if err != nil {
		return "", err
	}
	sealed, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, key, []byte(text), nil) //nolint:gosec // as above
	if err != nil {
		return "", payments.ErrRefused.Because(errors.New("the text is too long to be encrypted"))
	}
	return base64.StdEncoding.EncodeToString(sealed), nil
}

// encryptionKey is the key of GetAcceptSerial, which the SDK names in the request.
func (v *verifier) encryptionKey(ctx context.Context) (*rsa.PublicKey, error) {
	if v.public != nil {
		return v.public, nil
	}
	serial := v.certs.GetNewestSerial(ctx)
	if serial == "" { // none was ever fetched
		if err := v.channel.downloadCertificates(ctx, v); err != nil {
			return nil, err
		}
		serial = v.certs.GetNewestSerial(ctx)
	}
	cert, ok := v.certs.Get(ctx, serial)
	if !ok {
		return nil, payments.ErrBadResponse.Because(errors.New("the provider has no certificate to encrypt for"))
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, payments.ErrBadResponse.Because(errors.New("the provider's certificate is not RSA"))
	}
	return key, nil
}

// cutRunes is the beginning of a text that the provider measures in characters.
func cutRunes(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}
