package wechat

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha1" //nolint:gosec // the provider's own check of the file; nothing else rests on it
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"

	"galleria/payments"
	"galleria/payments/internal/billtext"
	"galleria/payments/internal/wire"
	"galleria/tenant/fault"
)

const (
	billHour     = 10 // of the morning after, in Beijing
	billTimeout  = 5 * time.Minute
	downloadPath = "/v3/billdownload/file"
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

// billAnswer is where a bill lies.
type billAnswer struct {
	HashType    string `json:"hash_type"`
	HashValue   string `json:"hash_value"`
	DownloadURL string `json:"download_url"`
}

// FetchBill implements payments.BillReader. The file is packed with gzip; the provider's
// hash is of what is in it.
func (c *Channel) FetchBill(ctx context.Context, acc payments.Account, kind payments.BillKind, day time.Time, to io.Writer) (name string, err error) {
	target, name := "/v3/bill/tradebill?bill_type=ALL&", "wechat-trade-"
	if kind == payments.FundBill {
		target, name = "/v3/bill/fundflowbill?account_type=BASIC&", "wechat-fundflow-"
	}
	name += acc.MerchantNo + "-" + billtext.Date(day) + ".csv.gz"
	if kind == payments.FundBill && acc.Config.Partner() {
		return name, c.fetchSealedBill(ctx, acc, day, to)
	}
	target = ofMerchant(acc, target+"bill_date="+billtext.Date(day)+"&tar_type=GZIP", "&")
	var answer billAnswer
	err = c.call(ctx, acc, callTimeout, &answer, func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Get(ctx, consts.WechatPayAPIServer+target)
	})
	if err != nil {
		return "", billFault(err)
	}
	address, err := answer.address()
	if err != nil {
		return "", err
	}
	return name, c.download(ctx, acc, address, func(file io.Reader) error { return c.keep(file, answer.HashValue, to) })
}

// address is where to fetch the file: the path that was answered, at the provider.
func (a billAnswer) address() (string, error) {
	from, err := url.Parse(a.DownloadURL)
	if err != nil || a.HashType != "SHA1" || len(a.HashValue) != 2*sha1.Size || from.Path != downloadPath {
		return "", payments.ErrBadResponse.Because(errors.New("the bill's address is none"))
	}
	return consts.WechatPayAPIServer + from.RequestURI(), nil
}

// billFault says what a refusal means for a bill.
func billFault(err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || !errors.Is(err, payments.ErrRefused) {
		return err
	}
	switch f.Data()["provider_code"] {
	case "NO_STATEMENT_EXIST":
		return payments.ErrBillNone.Because(err)
	case "STATEMENT_CREATING":
		return payments.ErrBillNotReady.Because(err)
	}
	return err
}

// download fetches a file: a signed request, whose answer is not signed.
func (c *Channel) download(ctx context.Context, acc payments.Account, target string, take func(file io.Reader) error) error {
	client, err := c.client(ctx, acc)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(wire.WithLimit(ctx, billtext.MostFile), billTimeout)
	defer cancel()
	result, err := client.files.Get(ctx, target)
	if err != nil {
		return classify(err)
	}
	defer func() { _ = result.Response.Body.Close() }()
	if result.Response.StatusCode != http.StatusOK {
		return payments.ErrBadResponse.Because(fmt.Errorf("HTTP %d", result.Response.StatusCode))
	}
	return take(result.Response.Body)
}

// keep writes a packed bill and sees that its text has the hash that a signed answer named.
func (*Channel) keep(file io.Reader, hash string, to io.Writer) error {
	packed := io.TeeReader(file, to)
	text, err := gzip.NewReader(packed)
	if err != nil {
		return broken(err)
	}
	sum := sha1.New() //nolint:gosec // see above
	if _, err := io.Copy(sum, billtext.Bounded(text, billtext.MostText)); err != nil {
		return broken(err)
	}
	if _, err := io.Copy(io.Discard, packed); err != nil {
		return broken(err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); !strings.EqualFold(got, hash) {
		return billtext.Bad("the hash is %s and should be %s", got, wire.Cut(hash, 2*sha1.Size))
	}
	return nil
}

// broken tells a file that is none from a line that broke.
func broken(err error) error {
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, billtext.ErrTooLarge) || errors.Is(err, wire.ErrAnswerTooLarge) {
		return billtext.Bad("no gzip: %w", err)
	}
	return wire.Classify(err)
}

// ReadBill implements payments.BillReader.
func (*Channel) ReadBill(acc payments.Account, kind payments.BillKind, _ time.Time, file io.ReaderAt, size int64, take func(payments.BillLine) error) error {
	text, err := gzip.NewReader(bufio.NewReader(io.NewSectionReader(file, 0, size)))
	if err != nil {
		return billtext.Bad("no gzip: %w", err)
	}
	var bill table
	switch kind {
	case payments.TradeBill:
		bill = newTradeTable(acc, take)
	case payments.FundBill:
		bill = newFundTable(take)
	}
	p := parser{table: bill}
	err = billtext.Lines(text, func(number int, line string) error {
		if err := p.line(number, line); err != nil {
			if _, ok := errors.AsType[*fault.Error](err); ok {
				return err
			}
			return billtext.Bad("line %d: %w", number, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if p.at != billEnd {
		return billtext.Bad("the file ends before its summary")
	}
	return nil
}

// table is what the two bills differ in.
type table struct {
	columns, sums []string // that are needed
	line          func(r *billtext.Row) error
	check         func(sums *billtext.Row) error
}

// billPart is where in a file its parser stands.
type billPart int

const (
	billHeader billPart = iota
	billLines
	billSums
	billEnd
)

// parser reads what both bills have in common: a header, lines, another header, the sums.
type parser struct {
	table   table
	at      billPart
	columns billtext.Columns
}

func (p *parser) line(number int, line string) (err error) {
	if number == 1 {
		line = strings.TrimPrefix(line, "\ufeff")
	}
	if line == "" && p.at == billEnd {
		return nil
	}
	switch p.at {
	case billHeader:
		p.columns, err = billtext.NewColumns(strings.Split(line, ","), p.table.columns...)
		p.at = billLines
		return err
	case billLines:
		if cells, ok := ticked(line); ok {
			row := p.columns.Row(cells)
			if row.Err() != nil {
				return row.Err()
			}
			return p.table.line(&row)
		}
		p.columns, err = billtext.NewColumns(strings.Split(line, ","), p.table.sums...)
		p.at = billSums
		return err
	case billSums:
		cells, ok := ticked(line)
		if !ok {
			return errors.New("the sums have no back-ticks")
		}
		row := p.columns.Row(cells)
		p.at = billEnd
		if err := p.table.check(&row); err != nil {
			return err
		}
		return row.Err()
	case billEnd:
	}
	return errors.New("more lines behind the sums")
}

// ticked takes a line of data apart: every cell begins with a back-tick.
func ticked(line string) ([]string, bool) {
	rest, ok := strings.CutPrefix(line, "`")
	if !ok {
		return nil, false
	}
	return strings.Split(rest, ",`"), true
}
