package contracttest_test

import (
	"net/http"
	"testing"

	"github.com/go-pay/gopay"
	wechat "github.com/go-pay/gopay/wechat/v3"

	"galleria/payments/sandbox"
)

func bill(b *bench, outBillNo string, fen int) gopay.BodyMap {
	bm := gopay.BodyMap{}
	bm.Set("appid", appID).Set("out_bill_no", outBillNo).Set("transfer_scene_id", "1005").Set("openid", b.openid).
		Set("transfer_amount", fen).Set("transfer_remark", "推广佣金").Set("notify_url", b.notifyURL).
		Set("transfer_scene_report_infos", []map[string]string{
			{"info_type": "岗位类型", "info_content": "推广员"}, {"info_type": "报酬说明", "info_content": "推广佣金"},
		})
	return bm
}

// A transfer waits for its receiver, is told of once confirmed, and one that nobody confirmed
// is taken back. gopay verifies every answer and the notification.
func TestGopayPaysPeople(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{sandbox.KeyModePublicKey, sandbox.KeyModeCertificate} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			b := setup(t, mode)
			c := newGopay(t, b, mode)
			sent, err := c.V3TransferBills(t.Context(), bill(b, "GOPAYT0001", 8800))
			if err != nil || sent.Code != wechat.Success || sent.Response.State != "WAIT_USER_CONFIRM" || sent.Response.PackageInfo == "" {
				t.Fatalf("transfer: %+v, %v", sent, err)
			}
			again, err := c.V3TransferBills(t.Context(), bill(b, "GOPAYT0001", 8800))
			if err != nil || again.Response.TransferBillNo != sent.Response.TransferBillNo {
				t.Errorf("the same again: %+v, %v", again, err)
			}
			other, err := c.V3TransferBills(t.Context(), bill(b, "GOPAYT0001", 8801))
			if err != nil || other.Code != http.StatusBadRequest {
				t.Errorf("the same number, another amount: %+v, %v", other, err)
			}
			if _, err := b.server.ConfirmTransfer(sandbox.ConfirmInput{MchID: b.merchant.MchID, AppID: appID, Package: sent.Response.PackageInfo, Buyer: buyer}); err != nil {
				t.Fatal(err)
			}
			notice := parse(t, b.callback(t), c)
			told, err := notice.DecryptTransferBillsNotifyCipherText(b.merchant.APIv3Key)
			if err != nil || notice.EventType != "MCHTRANSFER.BILL.FINISHED" || told.State != "SUCCESS" || told.OutBillNo != "GOPAYT0001" ||
				told.MchId != b.merchant.MchID || told.TransferAmount != 8800 || told.Openid != b.openid {
				t.Errorf("notification: %+v, %v", told, err)
			}
			byNo, err := c.V3TransferBillsMerchantQuery(t.Context(), "GOPAYT0001")
			if err != nil || byNo.Response.State != "SUCCESS" || byNo.Response.TransferAmount != 8800 {
				t.Errorf("query: %+v, %v", byNo, err)
			}
			byTheirs, err := c.V3TransferBillsQuery(t.Context(), sent.Response.TransferBillNo)
			if err != nil || byTheirs.Response.OutBillNo != "GOPAYT0001" {
				t.Errorf("query by the provider's number: %+v, %v", byTheirs, err)
			}
			gopayTakesBack(t, b, c)
		})
	}
}

func gopayTakesBack(t *testing.T, b *bench, c *wechat.ClientV3) {
	t.Helper()
	if _, err := c.V3TransferBills(t.Context(), bill(b, "GOPAYT0002", 100)); err != nil {
		t.Fatal(err)
	}
	taken, err := c.V3TransferBillsCancel(t.Context(), "GOPAYT0002")
	if err != nil || taken.Code != wechat.Success || taken.Response.State != "CANCELING" {
		t.Errorf("cancel: %+v, %v", taken, err)
	}
	late, err := c.V3TransferBillsCancel(t.Context(), "GOPAYT0001")
	if err != nil || late.Code == wechat.Success {
		t.Errorf("cancel of what has arrived: %+v, %v", late, err)
	}
	missing, err := c.V3TransferBillsMerchantQuery(t.Context(), "GOPAYT0003")
	if err != nil || missing.Code != http.StatusNotFound {
		t.Errorf("an unknown number: %+v, %v", missing, err)
	}
}
