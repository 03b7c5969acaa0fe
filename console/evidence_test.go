package console_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"galleria/commerce/picture"
	"galleria/tenant/tenantdb"
)

// hasAll is a store in which every file lies.
type hasAll struct{ picture.Store }

func (hasAll) Get(context.Context, string) ([]byte, error) { return []byte("\x89PNG"), nil }

// parts is a form with files.
func parts(t *testing.T, fields map[string]string, files map[string][]byte) (contentType string, body []byte) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for name, raw := range files {
		part, err := w.CreateFormFile("evidence_file", name)
		if err == nil {
			_, err = part.Write(raw)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), out.Bytes()
}

// stuckRefund is a refund of the till that waits for a person, of which no provider heard.
func (d *desk) stuckRefund(t *testing.T, orderNo string) (outRefundNo string) {
	t.Helper()
	d.till(t, orderNo)
	b := d.signedIn(t, d.owner)
	to, _ := b.refund(d.env.Tenant.Handle, orderNo, "18.00")
	outRefundNo = to[strings.LastIndex(to, "/")+1:]
	err := d.env.DB.InTenant(t.Context(), d.env.Tenant.ID, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE refund SET status = 'waiting', hold = 'balance' WHERE out_refund_no = $1", outRefundNo)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return outRefundNo
}

// Files that prove a refund made by hand are kept with it: what they are is what their bytes
// say, they are counted, recorded, read by people who may see refunds, and public nowhere.
func TestRefundEvidence(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	shop := "/console/" + d.env.Tenant.Handle
	no := d.stuckRefund(t, "ORDEREVID1")
	b := d.signedIn(t, d.owner)
	pdf, png := []byte("%PDF-1.7 receipt"), []byte("\x89PNG\r\n\x1a\nreceipt")
	settle := func(files map[string][]byte) answer {
		b.get(shop + "/refunds/" + no)
		csrf := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(b.page)
		kind, body := parts(t, map[string]string{"csrf": csrf[1], "means": "elsewhere", "evidence": "已转账", "evidence_ref": "回单 1", "sure": "1"}, files)
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, shop+"/refunds/"+no+"/settle", bytes.NewReader(body))
		req.Header.Set("Content-Type", kind)
		return b.do(req)
	}
	for name, c := range map[string]struct {
		files map[string][]byte
		words string
	}{
		"a page that calls itself a picture": {map[string][]byte{"a.png": []byte("<html><script>")}, "只支持 JPG、PNG"},
		"one bad among good":                 {map[string][]byte{"a.pdf": pdf, "b.exe": []byte("MZ")}, "只支持 JPG、PNG"},
		"too large":                          {map[string][]byte{"a.pdf": append([]byte("%PDF-"), make([]byte, 5<<20)...)}, "超过 5 MB"},
		"too many":                           {map[string][]byte{"a.pdf": pdf, "b.pdf": pdf, "c.pdf": pdf, "d.pdf": pdf}, "最多上传 3 个"},
	} {
		if res := settle(c.files); res.StatusCode < 400 || res.StatusCode >= 500 {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
		if !strings.Contains(b.page, c.words) {
			t.Errorf("%s: no %q %.3000s", name, c.words, b.page)
		}
		b.see("已转账")
	}
	if res := settle(map[string][]byte{`..\回单"1.pdf`: pdf, "photo.png": png}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("settle: %d %.300s", res.StatusCode, b.page)
	}
	b.wantStatus(shop+"/refunds/"+no, http.StatusOK)
	links := regexp.MustCompile(`/refunds/`+no+`/evidence/[0-9]+`).FindAllString(b.page, -1)
	if len(links) != 2 {
		t.Fatalf("%d files on the page, want 2", len(links))
	}
	for _, link := range links {
		res := b.get(shop + link)
		if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") || res.Header.Get("Cache-Control") != "private, no-store" ||
			!strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") || res.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(b.page, "receipt") {
			t.Errorf("%s: %d %v", link, res.StatusCode, res.Header)
		}
	}
	var keys []string
	var stored, used int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT array_agg(key), sum(bytes)::bigint FROM refund_evidence").Scan(&keys, &stored)
	})
	err := d.env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT coalesce(sum(used), 0)::bigint FROM platform.quota_usage WHERE tenant_id = $1 AND quota = 'storage'", d.env.Tenant.ID.String()).Scan(&used)
	})
	if err != nil || used != stored || stored != int64(len(pdf)+len(png)) {
		t.Errorf("%d bytes stored, %d counted: %v", stored, used, err)
	}
	public := picture.New(picture.Deps{Store: hasAll{}})
	for _, key := range keys {
		if _, _, err := public.Find(t.Context(), "/media/shop/"+key); err == nil {
			t.Errorf("%s is public", key)
		}
	}
	b.wantStatus(shop+"/audit?group=refund", http.StatusOK)
	b.see("上传了退款凭证", "查看了退款凭证", "登记了人工退款")
	b.get(shop)
	d.signedIn(t, d.clerk).wantStatus(shop+links[0], http.StatusForbidden)
	b.wantStatus(shop+"/refunds/NOSUCHREFUND"+links[0][strings.LastIndex(links[0], "/evidence"):], http.StatusNotFound)
}

// Where an abnormal refund is to go: the form says what is missing without showing the card
// again, needs a confirmation, and is the business of people who settle refunds.
func TestRefundRedirectForm(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	shop := "/console/" + d.env.Tenant.Handle
	no := d.stuckRefund(t, "ORDERABNO1")
	err := d.env.DB.InTenant(t.Context(), d.env.Tenant.ID, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE refund SET status = 'abnormal', hold = 'abnormal', tries = 1, sent_at = now() WHERE out_refund_no = $1", no)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b := d.signedIn(t, d.owner)
	b.wantStatus(shop+"/refunds/"+no, http.StatusOK)
	b.see("/refunds/"+no+"/redirect", `name="card"`, `name="bank"`)
	const card = "6222021234567890123"
	path := shop + "/refunds/" + no + "/redirect"
	for name, c := range map[string]struct {
		form url.Values
		want int
	}{
		"not sure":     {url.Values{"to": {"buyer_bank"}, "bank": {"ICBC_DEBIT"}, "card": {card}, "holder": {"李小满"}}, http.StatusUnprocessableEntity},
		"no bank":      {url.Values{"to": {"buyer_bank"}, "card": {card}, "holder": {"李小满"}, "sure": {"1"}}, http.StatusUnprocessableEntity},
		"a wrong card": {url.Values{"to": {"buyer_bank"}, "bank": {"ICBC_DEBIT"}, "card": {"62-no-card-of-a-bank"}, "holder": {"李小满"}, "sure": {"1"}}, http.StatusUnprocessableEntity},
		"no holder":    {url.Values{"to": {"buyer_bank"}, "bank": {"ICBC_DEBIT"}, "card": {card}, "sure": {"1"}}, http.StatusUnprocessableEntity},
	} {
		if res := b.post(path, c.form); res.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", name, res.StatusCode, c.want)
		}
		if strings.Contains(b.page, card) || strings.Contains(b.page, "62-no-card-of-a-bank") {
			t.Errorf("%s: the card is shown again", name)
		}
		if c.form.Get("holder") != "" {
			b.see("李小满")
		}
	}
	// The provider cannot be reached: the page says so, and nothing has changed.
	if res := b.post(path, url.Values{"to": {"merchant_bank"}, "sure": {"1"}}); res.StatusCode < 500 && res.StatusCode != http.StatusConflict {
		t.Errorf("without a provider: %d", res.StatusCode)
	}
	b.wantStatus(shop+"/refunds/"+no, http.StatusOK)
	b.see("/redirect")
	if res := d.signedIn(t, d.clerk).post(path, url.Values{"to": {"merchant_bank"}, "sure": {"1"}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("a clerk: %d, want 403", res.StatusCode)
	}
}
