package wechat_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/channeltest"
	"galleria/payments/sandbox"
)

const (
	subMchid = "1900000301"
	spAppID  = "wxsp000000000001"
)

// newPartnerBench is a service provider that signs for a merchant. The buyer is in the
// merchant's own app, or in the provider's.
func newPartnerBench(t *testing.T, mode payments.KeyMode, ownApp bool) *bench {
	t.Helper()
	b := newBench(t, mode)
	if _, err := b.server.AddRelation(sandbox.Relation{SpMchID: mchid, SubMchID: subMchid}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.server.AddApp(sandbox.AppInput{AppID: spAppID, MchIDs: []string{mchid}}); err != nil {
		t.Fatal(err)
	}
	b.appID = spAppID
	if ownApp {
		b.appID = "wxsub00000000001"
		if _, err := b.server.AddApp(sandbox.AppInput{AppID: b.appID, MchIDs: []string{subMchid}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.server.Login(b.appID, "li"); err != nil {
		t.Fatal(err)
	}
	b.payer, b.owner = sandbox.OpenID(b.appID, "li"), subMchid
	b.account.MerchantNo, b.account.AppIDs = subMchid, []string{b.appID}
	b.account.Config.SpMchID, b.account.Config.SpAppID = mchid, spAppID
	return b
}

func TestPartnerConformance(t *testing.T) {
	t.Parallel()
	for _, mode := range []payments.KeyMode{payments.KeyModePublicKey, payments.KeyModeCertificate, payments.KeyModeBoth} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			channeltest.Exercise(t, newPartnerBench(t, mode, true).harness())
		})
	}
	for _, scene := range []payments.Scene{payments.MiniProgram, payments.QR, payments.PC, payments.Web, payments.App} {
		t.Run("the provider's app, "+string(scene), func(t *testing.T) {
			t.Parallel()
			h := newPartnerBench(t, payments.KeyModePublicKey, scene != payments.MiniProgram).harness()
			h.Scene = scene
			channeltest.Exercise(t, h)
		})
	}
}

// What the phone is handed is signed for the app in which the buyer is, by the key of who
// signs, and an app is told the merchant's own number.
func TestPartnerParametersAreOfTheBuyersApp(t *testing.T) {
	t.Parallel()
	for _, ownApp := range []bool{true, false} {
		b := newPartnerBench(t, payments.KeyModePublicKey, ownApp)
		in := b.request(t)
		id, err := b.channel.Prepay(t.Context(), b.account, in)
		if err != nil {
			t.Fatal(err)
		}
		p, err := b.channel.ClientParams(t.Context(), b.account, in, id)
		if err != nil {
			t.Fatal(err)
		}
		for _, app := range []string{spAppID, "wxsub00000000001"} {
			_, err := b.server.Pay(sandbox.PayInput{TimeStamp: p.TimeStamp, NonceStr: p.NonceStr, Package: p.Package, SignType: p.SignType, PaySign: p.PaySign, AppID: app, Buyer: "li"})
			if fits := app == b.appID; fits != (err == nil) {
				t.Errorf("own app %v: paid inside %s: %v", ownApp, app, err)
			}
		}
	}
	b := newPartnerBench(t, payments.KeyModePublicKey, true)
	in := b.request(t)
	in.Scene = payments.App
	id, err := b.channel.Prepay(t.Context(), b.account, in)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := b.channel.ClientParams(t.Context(), b.account, in, id); err != nil || p.PartnerID != subMchid {
		t.Errorf("an app is told merchant %q, %v", p.PartnerID, err)
	}
}

func (b *bench) request(t *testing.T) payments.PrepayRequest {
	t.Helper()
	return payments.PrepayRequest{
		Scene: payments.MiniProgram, AppID: b.appID, OutTradeNo: b.newNumber(), Title: "豆", AmountFen: 1, Payer: b.payer,
		ExpiresAt: time.Now().Add(time.Hour), NotifyURL: "http://127.0.0.1:9/notify/wechat/x",
	}
}

// The provider refuses a merchant that is not bound to who signs, an app that is not the
// merchant's, and a service provider that forgets to say for whom.
func TestPartnerRelationsAreChecked(t *testing.T) {
	t.Parallel()
	b := newPartnerBench(t, payments.KeyModePublicKey, true)
	refused := func(what, code string, acc payments.Account, in payments.PrepayRequest) {
		t.Helper()
		acc.Version = acc.Version.Add(time.Second)
		_, err := b.channel.Prepay(t.Context(), acc, in)
		if !errors.Is(err, payments.ErrRefused) || !strings.Contains(err.Error(), code) {
			t.Errorf("%s: %v, want %s", what, err, code)
		}
	}
	in := b.request(t)
	other := b.account
	other.MerchantNo = "1900000302"
	refused("a merchant that is not bound", "受理关系不存在", other, in)
	if err := b.channel.Probe(t.Context(), other); !errors.Is(err, payments.ErrRefused) || !strings.Contains(err.Error(), "NO_AUTH") {
		t.Errorf("probe of a merchant that is not bound: %v", err)
	}
	other = b.account
	other.Config.SpAppID = "wx0123456789abcdee"
	refused("an app that is not the provider's", "sp_appid与sp_mchid不匹配", other, in)
	in.AppID = "wxsub00000000002"
	refused("an app that is not the merchant's", "sub_mch_id与sub_appid不匹配", b.account, in)
	direct := b.account
	direct.MerchantNo, direct.Config.SpMchID, direct.Config.SpAppID = mchid, "", ""
	in = b.request(t)
	in.AppID = "wx0123456789abcdef"
	refused("a provider that says for nobody", "受理机构必须传入sub_mch_id", direct, in)
}

// Two merchants of one service provider have the same keys: a message about one is never
// one about the other.
func TestPartnerMessagesNameTheirMerchant(t *testing.T) {
	t.Parallel()
	b := newPartnerBench(t, payments.KeyModePublicKey, true)
	want := b.channel.Identity(b.account, payments.MiniProgram, b.appID)
	h := b.harness()
	in := b.request(t)
	id, err := b.channel.Prepay(t.Context(), b.account, in)
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.channel.ClientParams(t.Context(), b.account, in, id)
	if err != nil {
		t.Fatal(err)
	}
	h.Pay(t, p)
	for field, value := range map[string]string{"sub_mchid": "1900000302", "sp_mchid": "1900000009", "sp_appid": "wx0000000000000000", "sub_appid": "wx0000000000000000", "": ""} {
		n := b.notice(t, sandbox.NotificationInput{OutTradeNo: in.OutTradeNo, Mutate: func(m map[string]any) {
			if field != "" {
				m[field] = value
			}
		}})
		got, err := b.channel.ParseNotification(t.Context(), b.account, n)
		if err != nil || got.Payment == nil {
			t.Fatalf("%s: %v", field, err)
		}
		if same := got.Payment.Identity == want; same != (field == "") {
			t.Errorf("%q changed: %+v, want %+v", field, got.Payment.Identity, want)
		}
	}
	// In the words of a direct merchant it is of another one, too.
	n := b.notice(t, sandbox.NotificationInput{OutTradeNo: in.OutTradeNo, Mutate: func(m map[string]any) {
		m["mchid"], m["appid"] = subMchid, b.appID
		for _, name := range []string{"sp_mchid", "sub_mchid", "sp_appid", "sub_appid"} {
			delete(m, name)
		}
	}})
	if got, err := b.channel.ParseNotification(t.Context(), b.account, n); err != nil || got.Payment.Identity == want {
		t.Errorf("a direct merchant's message: %+v %v", got.Payment, err)
	}
}

// A sealed bill that was changed on the way does not open, and one whose parts are missing
// or in another order is none.
func TestSealedBillsMustBeWhole(t *testing.T) {
	t.Parallel()
	b := newPartnerBench(t, payments.KeyModePublicKey, true)
	h := b.harness()
	in := b.request(t)
	id, err := b.channel.Prepay(t.Context(), b.account, in)
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.channel.ClientParams(t.Context(), b.account, in, id)
	if err != nil {
		t.Fatal(err)
	}
	h.Pay(t, p)
	day := time.Now().In(time.FixedZone("CST", 8*60*60)).AddDate(0, 0, -2)
	b.server.Backdate(subMchid, in.OutTradeNo, day)
	fetch := func() error {
		_, err := b.channel.FetchBill(t.Context(), b.account, payments.FundBill, day, io.Discard)
		return err
	}
	if err := fetch(); err != nil {
		t.Fatal(err)
	}
	if err := b.server.Arm(sandbox.Fault{Target: sandbox.TargetFundBill, Mode: sandbox.ModeCorruptFile}); err != nil {
		t.Fatal(err)
	}
	if err := fetch(); !errors.Is(err, payments.ErrBillMalformed) {
		t.Errorf("a changed part: %v", err)
	}
	b.account.PrivateKey = newBench(t, payments.KeyModePublicKey).account.PrivateKey
	b.account.Version = b.account.Version.Add(time.Second)
	if err := fetch(); !errors.Is(err, payments.ErrRefused) {
		t.Errorf("another's key: %v", err)
	}
}

// The provider's bill of all its merchants is nobody's.
func TestPartnerTradeBillIsOfOneMerchant(t *testing.T) {
	t.Parallel()
	b := newPartnerBench(t, payments.KeyModePublicKey, true)
	const bill = "\ufeff交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n" +
		"`2026-11-20 13:00:00,`wx,`1900000001,`1900000302,`,`4200000000000000000000000001,`T1,`o,`JSAPI,`SUCCESS,`OTHERS,`CNY,`0.01,`0.00,`,`,`0.00,`0.00,`,`,`豆,`,`0.00000,`0.60%,`0.01,`0.00,`\r\n"
	var file bytes.Buffer
	file.Write(gzipped(t, bill))
	err := b.channel.ReadBill(b.account, payments.TradeBill, time.Now(), bytes.NewReader(file.Bytes()), int64(file.Len()), func(payments.BillLine) error { return nil })
	if !errors.Is(err, payments.ErrBillMalformed) || !strings.Contains(err.Error(), "1900000302") {
		t.Errorf("the bill of another merchant: %v", err)
	}
}

// What an armed lie says is about the merchant, in either mode.
func TestPartnerLies(t *testing.T) {
	t.Parallel()
	b := newPartnerBench(t, payments.KeyModePublicKey, true)
	in := b.request(t)
	if _, err := b.channel.Prepay(t.Context(), b.account, in); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{sandbox.ModeWrongAppID, sandbox.ModeWrongMchID} {
		if err := b.server.Arm(sandbox.Fault{Target: sandbox.TargetQuery, Mode: mode}); err != nil {
			t.Fatal(err)
		}
		got, err := b.channel.Query(t.Context(), b.account, in.OutTradeNo)
		if err != nil || got.AppID == b.appID && got.MerchantNo == subMchid {
			t.Errorf("%s: %+v %v", mode, got.Identity, err)
		}
	}
	if resp, err := http.Get(b.http.URL + "/v3/pay/partner/transactions/id/1"); err != nil || resp.StatusCode == http.StatusOK {
		t.Errorf("unsigned: %v", err)
	} else {
		_ = resp.Body.Close()
	}
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
