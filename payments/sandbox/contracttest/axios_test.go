package contracttest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"galleria/payments/sandbox"
)

type axiosNotice struct {
	Event    string
	Verified bool
	Content  struct {
		OutTradeNo    string `json:"out_trade_no"`
		TransactionID string `json:"transaction_id"`
		TradeState    string `json:"trade_state"`
		RefundStatus  string `json:"refund_status"`
		Amount        struct{ Total, Refund int }
	}
}

type axiosReport struct {
	Before, After, Refund string
	Receipt               sandbox.Receipt
	Payment, Refunded     axiosNotice
	Closed                int
	Missing               struct {
		Status int
		Code   string
	}
}

func TestAxiosPluginBuysAndRefunds(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat(filepath.Join("node_modules", "wechatpay-axios-plugin")); err != nil {
		t.Skip("run npm ci in payments/sandbox/contracttest first")
	}
	for _, mode := range []string{sandbox.KeyModePublicKey, sandbox.KeyModeCertificate, sandbox.KeyModeBoth} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			b := setup(t, mode)
			got := runAxios(t, node, b)
			if got.Before != "NOTPAY" || got.After != "SUCCESS" || got.Refund != "PROCESSING" || got.Closed != 204 {
				t.Errorf("states: %+v", got)
			}
			if p := got.Payment; !p.Verified || p.Event != "TRANSACTION.SUCCESS" || p.Content.TransactionID != got.Receipt.TransactionID ||
				p.Content.TradeState != "SUCCESS" || p.Content.Amount.Total != 8880 {
				t.Errorf("payment callback: %+v", p)
			}
			if r := got.Refunded; !r.Verified || r.Event != "REFUND.SUCCESS" || r.Content.RefundStatus != "SUCCESS" || r.Content.Amount.Refund != 880 {
				t.Errorf("refund callback: %+v", r)
			}
			if got.Missing.Status != 404 || got.Missing.Code != "ORDER_NOT_EXIST" {
				t.Errorf("unknown order: %+v", got.Missing)
			}
		})
	}
}

func runAxios(t *testing.T, node string, b *bench) axiosReport {
	t.Helper()
	certs := map[string]string{}
	if b.merchant.PublicKeyID != "" {
		certs[b.merchant.PublicKeyID] = b.merchant.PublicKeyPEM
	}
	if b.merchant.PlatformSerial != "" {
		certs[b.merchant.PlatformSerial] = b.merchant.PlatformCertificate
	}
	settings, err := json.Marshal(map[string]any{
		"baseURL": b.url + "/", "mchid": b.merchant.MchID, "serial": b.merchant.CertificateSerial, "privateKey": b.merchant.PrivateKeyPEM,
		"certs": certs, "apiv3": b.merchant.APIv3Key, "appid": appID, "openid": b.openid,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "purchase.js")
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(settings), &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("purchase.js: %v\n%s", err, errs.String())
	}
	var report axiosReport
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("purchase.js printed %q: %v", out.String(), err)
	}
	return report
}
