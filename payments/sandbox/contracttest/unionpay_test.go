package contracttest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"galleria/payments"
	"galleria/payments/sandbox/unionpaygw"
	"galleria/payments/unionpay"
	"galleria/tenant"
	"galleria/tenant/vault"
)

const merID = "777290058110048"

// unionBench is UnionPay's gateway with one merchant, and the product's channel.
type unionBench struct {
	t       *testing.T
	dir     string // the merchant's files, and what the tools write
	url     string
	now     atomic.Int64 // offset of the clock
	gateway *unionpaygw.Gateway
	keys    unionpaygw.Merchant
	channel *unionpay.Channel
	account payments.Account
}

func (b *unionBench) clock() time.Time { return time.Now().Add(time.Duration(b.now.Load())) }

func newUnionBench(t *testing.T) *unionBench {
	t.Helper()
	b := &unionBench{t: t, dir: t.TempDir()}
	var err error
	if b.gateway, err = unionpaygw.Open(unionpaygw.Config{Now: b.clock, RefundDelay: -1, RetrySchedule: []time.Duration{}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.gateway.Close() })
	mux := http.NewServeMux()
	b.gateway.Routes(mux)
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	b.url = web.URL
	if b.keys, err = b.gateway.AddMerchant(unionpaygw.MerchantInput{MerID: merID, Name: "山野咖啡", Password: "123456"}); err != nil {
		t.Fatal(err)
	}
	b.channel = unionpay.New(unionpay.Deps{Now: b.clock, Signers: 2})
	b.account = payments.Account{
		TenantID: tenant.NewID(), ID: 1, Channel: payments.UnionPay, Mode: payments.Sandbox, MerchantNo: merID, Enabled: true,
		Config:     payments.AccountConfig{MerchantSerial: b.keys.CertID, KeyMode: payments.KeyModeCertificate, BaseURL: b.url},
		PrivateKey: vault.NewSecret([]byte(b.keys.PrivateKey)), Version: time.Now(),
		ProviderKeys: []payments.ProviderKey{{Serial: "1", PEM: b.keys.MiddlePEM}, {Serial: "2", PEM: b.keys.RootPEM}},
	}
	for name, content := range map[string][]byte{
		"own.pfx": b.keys.PFX, "own.pem": []byte(b.keys.CertPEM), "own.key": []byte(b.keys.PrivateKey), "root.pem": []byte(b.keys.RootPEM), "middle.pem": []byte(b.keys.MiddlePEM),
	} {
		b.write(name, content)
	}
	return b
}

func (b *unionBench) write(name string, content []byte) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), content, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// tool runs an independent program in the bench's folder.
func (b *unionBench) tool(stdin []byte, name string, args ...string) ([]byte, error) {
	b.t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		b.t.Skipf("%s is not installed", name)
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = b.dir, bytes.NewReader(stdin), &out, &errs
	if err := cmd.Run(); err != nil {
		b.t.Logf("%s %v: %v\n%s", name, args, err, errs.String())
		return nil, err
	}
	return out.Bytes(), nil
}

func (b *unionBench) must(stdin []byte, name string, args ...string) []byte {
	b.t.Helper()
	out, err := b.tool(stdin, name, args...)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// inner is the first hash by OpenSSL, as the lower-case text that is signed.
func (b *unionBench) inner(f url.Values) []byte {
	b.t.Helper()
	names := make([]string, 0, len(f))
	for name := range f {
		if name != "signature" {
			names = append(names, name)
		}
	}
	// Python sorts and joins, so that not even that is ours.
	raw, err := json.Marshal(f)
	if err != nil {
		b.t.Fatal(err)
	}
	text := b.must(raw, "python3", "-c", `
import json, sys
fields = json.load(sys.stdin)
sys.stdout.buffer.write("&".join(k + "=" + fields[k][0] for k in sorted(fields) if k != "signature" and fields[k][0]).encode("utf-8"))`)
	if len(names) == 0 || len(text) == 0 {
		b.t.Fatal("nothing to sign")
	}
	sum := b.must(text, "openssl", "dgst", "-sha256", "-r")
	return sum[:64]
}

// opensslVerifies says whether OpenSSL finds the signature of f right under a certificate.
func (b *unionBench) opensslVerifies(f url.Values, certFile string) bool {
	b.t.Helper()
	sig, err := base64.StdEncoding.DecodeString(f.Get("signature"))
	if err != nil {
		b.t.Fatal(err)
	}
	b.write("hash.txt", b.inner(f))
	b.write("sig.bin", sig)
	b.write("pub.pem", b.must(nil, "openssl", "x509", "-in", certFile, "-pubkey", "-noout"))
	out, err := b.tool(nil, "openssl", "dgst", "-sha256", "-verify", "pub.pem", "-signature", "sig.bin", "hash.txt")
	return err == nil && strings.Contains(string(out), "Verified OK")
}

func (b *unionBench) request(scene payments.Scene) payments.PrepayRequest {
	return payments.PrepayRequest{
		Scene: scene, OutTradeNo: b.clock().UTC().Format("20060102150405") + "ABCDEFGHJKMN", Title: "龙井茶 & 山野 250g", AmountFen: 8880, ExpiresAt: b.clock().Add(time.Hour),
		NotifyURL: "http://127.0.0.1:9/notify/unionpay/k", ReturnURL: "https://shop.example/orders?id=1&from=pay",
	}
}

// The PFX that the sandbox hands out is one that OpenSSL opens, and its key is the one that
// signs.
func TestOpenSSLReadsTheMerchantsFiles(t *testing.T) {
	t.Parallel()
	b := newUnionBench(t)
	out, err := b.tool(nil, "openssl", "pkcs12", "-in", "own.pfx", "-passin", "pass:123456", "-nodes", "-legacy")
	if err != nil {
		t.Skip("this OpenSSL has no legacy provider")
	}
	if n := bytes.Count(out, []byte("BEGIN CERTIFICATE")); n != 3 || !bytes.Contains(out, []byte("PRIVATE KEY")) {
		t.Errorf("%d certificates in the PFX, want own, middle and root", n)
	}
	serial := b.must(nil, "openssl", "x509", "-in", "own.pem", "-noout", "-serial")
	decimal := b.must(serial, "python3", "-c", `import sys; print(int(sys.stdin.read().strip().split("=")[1], 16), end="")`)
	if string(decimal) != b.keys.CertID {
		t.Errorf("certId %s, OpenSSL says %s", b.keys.CertID, decimal)
	}
	if out := b.must(nil, "openssl", "verify", "-CAfile", "root.pem", "-untrusted", "middle.pem", "own.pem"); !strings.Contains(string(out), "OK") {
		t.Errorf("chain: %s", out)
	}
}

// OpenSSL verifies what our channel signs and what the gateway signs.
func TestOpenSSLVerifiesBothSides(t *testing.T) {
	t.Parallel()
	b := newUnionBench(t)
	in := b.request(payments.PC)
	p, err := b.channel.ClientParams(t.Context(), b.account, in, "")
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{}
	for name, value := range p.Form.Fields {
		form.Set(name, value)
	}
	if !b.opensslVerifies(form, "own.pem") {
		t.Error("OpenSSL does not verify our form")
	}
	form.Set("txnAmt", "1")
	if b.opensslVerifies(form, "own.pem") {
		t.Error("OpenSSL verifies a changed form")
	}
	_, body, err := b.gateway.Notification(unionpaygw.NotificationInput{MerID: merID})
	if err != nil {
		t.Fatal(err)
	}
	notice, err := url.ParseQuery(string(body))
	if err != nil {
		t.Fatal(err)
	}
	b.write("unionpay.pem", []byte(notice.Get("signPubKeyCert")))
	if !b.opensslVerifies(notice, "unionpay.pem") {
		t.Error("OpenSSL does not verify the gateway's notification")
	}
	if out := b.must(nil, "openssl", "verify", "-CAfile", "root.pem", "-untrusted", "middle.pem", "unionpay.pem"); !strings.Contains(string(out), "OK") {
		t.Errorf("chain of the gateway: %s", out)
	}
}

// The vector of the protocol's notes: the first hash of a known text.
func TestSignStringVector(t *testing.T) {
	t.Parallel()
	b := &unionBench{t: t, dir: t.TempDir()}
	f, err := url.ParseQuery("accessType=0&backUrl=https://api.example.test/notify/unionpay/c1&bizType=000201&certId=68759663125&channelType=08&currencyCode=156&encoding=UTF-8&frontUrl=https://m.example.test/pay/return&merId=777290058110048&orderId=T202501021530450001&signMethod=01&txnAmt=1234&txnSubType=01&txnTime=20250102153045&txnType=01&version=5.1.0")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(b.inner(f)); got != "60c29f7b29b2bfdbab619b7828ab2c6d2b3902db1c52e8deae7ecc2efdf272e3" {
		t.Errorf("first hash %s", got)
	}
}

// A UnionPay made of OpenSSL alone: its own root, middle and signer, and a notification that
// our live side believes; and a request that the gateway believes.
func TestOpenSSLMakesMessagesThatWeVerify(t *testing.T) {
	t.Parallel()
	b := newUnionBench(t)
	b.write("ca.ext", []byte("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"))
	b.write("leaf.ext", []byte("basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"))
	ssl := func(args ...string) { b.must(nil, "openssl", args...) }
	ssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "r.key", "-out", "r.pem", "-days", "2", "-subj", "/C=CN/O=CFCA/CN=CFCA CS CA", "-addext", "keyUsage=keyCertSign")
	ssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "m.key", "-out", "m.csr", "-subj", "/C=CN/O=CFCA/CN=CFCA OCA1")
	ssl("x509", "-req", "-sha1", "-in", "m.csr", "-CA", "r.pem", "-CAkey", "r.key", "-out", "m.pem", "-days", "2", "-extfile", "ca.ext")
	ssl("req", "-utf8", "-newkey", "rsa:2048", "-nodes", "-keyout", "l.key", "-out", "l.csr", "-subj", "/C=CN/O=CFCA/CN=041@Z12@中国银联股份有限公司@00000012")
	ssl("x509", "-req", "-sha1", "-in", "l.csr", "-CA", "m.pem", "-CAkey", "m.key", "-out", "l.pem", "-days", "2", "-extfile", "leaf.ext")
	read := func(name string) string {
		raw, err := os.ReadFile(filepath.Join(b.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	sign := func(f url.Values, key string) {
		b.write("hash.txt", b.inner(f))
		ssl("dgst", "-sha256", "-sign", key, "-out", "sig.bin", "hash.txt")
		f.Set("signature", base64.StdEncoding.EncodeToString([]byte(read("sig.bin"))))
	}
	notice := url.Values{}
	for name, value := range map[string]string{
		"version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "txnType": "01", "txnSubType": "01", "bizType": "000201", "accessType": "0", "merId": merID,
		"orderId": "20250102073045ABCDEFGHJKMN", "txnTime": "20250102153045", "txnAmt": "8880", "currencyCode": "156", "queryId": "202501021530451234567",
		"respCode": "00", "respMsg": "成功[0000000]", "settleAmt": "8880", "settleDate": "0102", "traceNo": "123456", "traceTime": "0102153050",
		"signPubKeyCert": strings.ReplaceAll(read("l.pem"), "\n", "\r\n"),
	} {
		notice.Set(name, value)
	}
	sign(notice, "l.key")
	live := b.account
	live.TenantID, live.Mode, live.Config.BaseURL = tenant.NewID(), payments.Live, ""
	live.ProviderKeys = []payments.ProviderKey{{Serial: "1", PEM: read("m.pem")}, {Serial: "2", PEM: read("r.pem")}}
	n := payments.Notice{Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(notice.Encode())}
	got, err := b.channel.ParseNotification(t.Context(), live, n)
	if err != nil || got.Payment == nil || got.Payment.State != payments.PaymentPaid || got.Payment.PaidAt.Format(time.RFC3339) != "2025-01-02T07:30:50Z" {
		t.Errorf("notification of OpenSSL: %+v %v", got.Payment, err)
	}

	request := url.Values{}
	now := b.clock().In(time.FixedZone("CST", 8*60*60)).Format("20060102150405")
	for name, value := range map[string]string{
		"version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "certId": b.keys.CertID, "txnType": "01", "txnSubType": "01", "bizType": "000201", "accessType": "0",
		"merId": merID, "orderId": "T20250102153045", "txnTime": now, "txnAmt": "8880", "currencyCode": "156", "channelType": "08", "backUrl": "http://127.0.0.1:9/n",
	} {
		request.Set(name, value)
	}
	sign(request, "own.key")
	resp, err := http.PostForm(b.url+"/unionpay/gateway/api/appTransReq.do", request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer bytes.Buffer
	_, _ = answer.ReadFrom(resp.Body)
	if !strings.Contains(answer.String(), "respCode=00") || !strings.Contains(answer.String(), "tn=") {
		t.Errorf("the gateway on a request of OpenSSL: %s", answer.String())
	}
}

// readFile opens what type 76 answers with Python's own zlib, zipfile and GBK, by the
// columns of the protocol's notes.
const readFile = `
import base64, io, json, sys, zipfile, zlib
fields, raw = {}, sys.stdin.buffer.read().decode("utf-8")
for part in raw.split("&"):
    name, _, value = part.partition("=")
    fields[name] = value
archive = zipfile.ZipFile(io.BytesIO(zlib.decompress(base64.b64decode(fields["fileContent"]))))
widths = [3,11,11,6,10,19,12,4,2,21,2,32,2,6,10,13,13,4,15,2,2,6,2,4,32,1,21,15,1,15,32,13,13,8,32,13,13,12,2,1,131]
lines = []
for name in archive.namelist():
    if "ZM_" not in name:
        continue
    for line in archive.read(name).split(b"\r\n"):
        if not line:
            continue
        at, columns = 0, []
        for width in widths:
            columns.append(line[at:at+width].decode("gbk").strip())
            assert line[at+width:at+width+1] == b" ", (name, at)
            at += width + 1
        assert at == len(line)
        lines.append(columns)
json.dump({"names": sorted(archive.namelist()), "lines": lines}, sys.stdout)`

func TestPythonReadsTheDailyFile(t *testing.T) {
	t.Parallel()
	b := newUnionBench(t)
	in := b.request(payments.App)
	tn, err := b.channel.Prepay(t.Context(), b.account, in)
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := b.gateway.Pay(unionpaygw.PayInput{TN: tn})
	if err != nil {
		t.Fatal(err)
	}
	refund := payments.RefundRequest{
		OutTradeNo: in.OutTradeNo, TransactionID: receipt.QueryID, OutRefundNo: b.clock().UTC().Format("20060102150405") + "REFVND000001", RefundFen: 880, TotalFen: 8880, NotifyURL: in.NotifyURL,
	}
	if _, err := b.channel.Refund(t.Context(), b.account, refund); err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		got, err := b.channel.QueryRefund(t.Context(), b.account, in.OutTradeNo, refund.OutRefundNo)
		if err != nil || i == 500 {
			t.Fatal(err)
		}
		if got.State == payments.RefundDone {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	settleDate := b.clock().In(time.FixedZone("CST", 8*60*60)).Add(time.Hour).Format("0102") // the clearing day ends at 23:00
	ask := func() string {
		f := url.Values{}
		for name, value := range map[string]string{
			"version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "certId": b.keys.CertID, "txnType": "76", "txnSubType": "01", "bizType": "000000", "accessType": "0",
			"merId": merID, "txnTime": b.clock().In(time.FixedZone("CST", 8*60*60)).Format("20060102150405"), "settleDate": settleDate, "fileType": "00",
		} {
			f.Set(name, value)
		}
		b.write("hash.txt", b.inner(f))
		b.must(nil, "openssl", "dgst", "-sha256", "-sign", "own.key", "-out", "sig.bin", "hash.txt")
		sig, err := os.ReadFile(filepath.Join(b.dir, "sig.bin"))
		if err != nil {
			t.Fatal(err)
		}
		f.Set("signature", base64.StdEncoding.EncodeToString(sig))
		resp, err := http.PostForm(b.url+"/unionpay/filedownload/", f)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		var out bytes.Buffer
		_, _ = out.ReadFrom(resp.Body)
		return out.String()
	}
	if early := ask(); !strings.Contains(early, "respCode=98") {
		t.Errorf("on the day itself: %.200s", early)
	}
	b.now.Store(int64(48 * time.Hour))
	var file struct {
		Names []string
		Lines [][]string
	}
	if err := json.Unmarshal(b.must([]byte(ask()), "python3", "-c", readFile), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Names) != 3 || len(file.Lines) != 2 {
		t.Fatalf("%v", file)
	}
	paid, back := file.Lines[0], file.Lines[1]
	if paid[0] != "S22" || paid[6] != "000000008880" || paid[9] != receipt.QueryID || paid[11] != in.OutTradeNo || paid[16] != "C000000008880" || paid[27] != merID || paid[30] != "沙箱商户" {
		t.Errorf("payment: %v", paid)
	}
	if back[0] != "S30" || back[6] != "000000000880" || back[11] != refund.OutRefundNo || back[26] != receipt.QueryID || back[34] != in.OutTradeNo || back[16] != "D000000000880" {
		t.Errorf("refund: %v", back)
	}
}
