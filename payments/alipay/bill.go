package alipay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"galleria/payments"
	"galleria/payments/internal/billtext"
	"galleria/payments/internal/wire"
	"galleria/tenant/fault"
)

const (
	billMethod  = "alipay.data.dataservice.bill.downloadurl.query"
	billHost    = "dwbillcenter.alipay.com"
	billHour    = 9 // of the morning after, in Beijing
	billTimeout = 5 * time.Minute
)

var _ payments.BillReader = (*Channel)(nil)

// Bills implements payments.BillReader.
func (*Channel) Bills() []payments.BillKind {
	return []payments.BillKind{payments.TradeBill, payments.FundBill}
}

// BillSpan implements payments.BillReader.
func (*Channel) BillSpan(day time.Time) (from, until time.Time) { return billtext.Span(day) }

// BillReady implements payments.BillReader.
func (*Channel) BillReady(day time.Time) time.Time { return billtext.Ready(day, billHour) }

// FetchBill implements payments.BillReader. The address lives for half a minute, so that it
// is asked for and used in one go. The file is a ZIP archive.
func (c *Channel) FetchBill(ctx context.Context, acc payments.Account, kind payments.BillKind, day time.Time, to io.Writer) (name string, err error) {
	billType, name := "trade", "alipay-trade-"
	if kind == payments.FundBill {
		billType, name = "signcustomer", "alipay-signcustomer-"
	}
	var answer struct {
		URL string `json:"bill_download_url"`
	}
	q := question{method: billMethod, fields: map[string]any{"bill_type": billType, "bill_date": billtext.Date(day)}}
	if err := c.call(ctx, acc, callTimeout, q, &answer); err != nil {
		return "", billFault(err)
	}
	from, err := url.Parse(answer.URL)
	if err != nil || from.Host == "" {
		return "", payments.ErrBadResponse.Because(errors.New("the bill's address is none"))
	}
	if err := c.download(ctx, acc, from, to); err != nil {
		return "", err
	}
	return name + acc.MerchantNo + "-" + billtext.Date(day) + ".zip", nil
}

// billFault says what a refusal means for a bill. The provider does not tell a day without
// trades from a bill that is not made yet.
func billFault(err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || !errors.Is(err, payments.ErrRefused) {
		return err
	}
	code, _ := f.Data()["provider_code"].(string)
	switch strings.ToUpper(strings.TrimPrefix(code, "isp.")) {
	case "BILL_NOT_EXIST", "NO_BILL_DATA", "BILL_DATE_BEFORE_REGISTRATION":
		return payments.ErrBillNone.Because(err)
	}
	return err
}

// download fetches a file without a signature, from nowhere but the provider's bill centre.
// The address may say http; we do not.
func (c *Channel) download(ctx context.Context, acc payments.Account, from *url.URL, to io.Writer) error {
	transport, err := wire.NewAccountTransport(c.transport, acc, billHost, c.d.Now)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(wire.WithLimit(ctx, billtext.MostFile), billTimeout)
	defer cancel()
	from.Scheme = "https"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from.String(), nil)
	if err != nil {
		return payments.ErrBadResponse.Because(errors.New("the bill's address is none"))
	}
	client := &http.Client{Transport: transport, CheckRedirect: wire.NoRedirect, Jar: nil, Timeout: 0}
	resp, err := client.Do(req)
	if err != nil {
		return wire.Classify(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return payments.ErrProviderBusy.Because(fmt.Errorf("HTTP %d at the bill's address", resp.StatusCode))
	}
	// What is no archive is a page that says why: not worth keeping as a bill.
	head := make([]byte, 4)
	if _, err := io.ReadFull(resp.Body, head); err != nil {
		return payments.ErrBadResponse.Because(errors.New("the bill breaks off"))
	}
	if !bytes.Equal(head, []byte("PK\x03\x04")) {
		return payments.ErrBadResponse.Because(errors.New("the bill is no archive"))
	}
	if _, err := to.Write(head); err != nil {
		return fmt.Errorf("keep bill: %w", err)
	}
	if _, err := io.Copy(to, resp.Body); err != nil {
		return wire.Classify(err)
	}
	return nil
}

// ReadBill implements payments.BillReader.
func (*Channel) ReadBill(acc payments.Account, kind payments.BillKind, _ time.Time, file io.ReaderAt, size int64, take func(payments.BillLine) error) error {
	entries, err := billtext.Archive(file, size)
	if err != nil {
		return err
	}
	title := "业务明细"
	if kind == payments.FundBill {
		title = "账务明细"
	}
	var detail, summary *billtext.Entry
	for i, e := range entries {
		switch {
		case strings.Contains(e.Name, title) && strings.Contains(e.Name, "汇总"):
			summary = &entries[i]
		case strings.Contains(e.Name, title) && detail != nil:
			return billtext.Bad("two files %s", title)
		case strings.Contains(e.Name, title):
			detail = &entries[i]
		}
	}
	if detail == nil || summary == nil {
		return billtext.Bad("no file %s, or no summary of it", title)
	}
	p := &parser{merchantNo: acc.MerchantNo, kind: kind, take: take}
	if err := detail.Read(p.detail); err != nil {
		return err
	}
	if kind == payments.FundBill {
		return nil // its totals are behind its lines
	}
	return summary.Read(p.summary)
}
