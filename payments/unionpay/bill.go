package unionpay

import (
	"compress/zlib"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/internal/billtext"
	"galleria/payments/internal/wire"
	"galleria/tenant/fault"
)

const (
	billHost    = "filedownload.95516.com"
	billHour    = 9 // of the morning after the clearing day, in Beijing
	billTimeout = 2 * time.Minute
	mostBill    = 64 << 20 // the file is inside an answer that is verified as a whole
	codeNoFile  = "98"
)

var _ payments.BillReader = (*Channel)(nil)

// Bills implements payments.BillReader.
func (*Channel) Bills() []payments.BillKind { return []payments.BillKind{payments.TradeBill} }

// BillSpan implements payments.BillReader: a clearing day ends at 23:00.
func (*Channel) BillSpan(day time.Time) (from, until time.Time) {
	from, until = billtext.Span(day)
	return from.Add(-time.Hour), until.Add(-time.Hour)
}

// BillReady implements payments.BillReader.
func (*Channel) BillReady(day time.Time) time.Time { return billtext.Ready(day, billHour) }

// FetchBill implements payments.BillReader. What is written is the ZIP archive.
func (c *Channel) FetchBill(ctx context.Context, acc payments.Account, _ payments.BillKind, day time.Time, to io.Writer) (name string, err error) {
	f := fields{
		"version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "certId": acc.Config.MerchantSerial, "txnType": "76", "txnSubType": "01",
		"bizType": "000000", "accessType": "0", "merId": acc.MerchantNo, "txnTime": inBeijing(c.d.Now()), "settleDate": day.Format("0102"), "fileType": "00",
	}
	out, err := c.fetch(wire.WithLimit(ctx, mostBill), acc, f)
	if errors.Is(err, payments.ErrRefused) && out["respCode"] == codeNoFile {
		return "", payments.ErrBillNone.Because(err)
	}
	if err != nil {
		return "", err
	}
	packed, err := zlib.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(out["fileContent"])))
	if err != nil {
		return "", billtext.Bad("fileContent: %w", err)
	}
	if _, err := io.Copy(to, billtext.Bounded(packed, billtext.MostFile)); err != nil {
		return "", billtext.Bad("fileContent: %w", err)
	}
	return "unionpay-" + acc.MerchantNo + "-" + billtext.Date(day) + ".zip", nil
}

// fetch asks where the files are.
func (c *Channel) fetch(ctx context.Context, acc payments.Account, f fields) (fields, error) {
	made, err := c.client(acc)
	if err != nil {
		return nil, err
	}
	transport, err := wire.NewAccountTransport(c.transport, acc, billHost, c.d.Now)
	if err != nil {
		return nil, err
	}
	files := *made
	httpClient := *made.http
	httpClient.Transport = transport
	files.http = &httpClient
	to := "https://" + billHost + "/"
	if acc.Mode == payments.Sandbox {
		to = strings.TrimRight(acc.Config.BaseURL, "/") + "/unionpay/filedownload/"
	}
	ctx, cancel := context.WithTimeout(ctx, billTimeout)
	defer cancel()
	return c.exchange(ctx, &files, to, f)
}

// ReadBill implements payments.BillReader.
func (*Channel) ReadBill(acc payments.Account, _ payments.BillKind, day time.Time, file io.ReaderAt, size int64, take func(payments.BillLine) error) error {
	entries, err := billtext.Archive(file, size)
	if err != nil {
		return err
	}
	prefix := "INN" + day.Format("060102") + "88"
	p := &parser{merID: acc.MerchantNo, day: day, take: take}
	found := false
	for _, e := range entries {
		switch {
		case e.Name == prefix+"ZM_"+acc.MerchantNo && !found:
			found = true
			err = e.Read(func(r io.Reader) error { return billtext.Lines(r, p.read(p.trade)) })
		case e.Name == prefix+"ZME_"+acc.MerchantNo:
			err = e.Read(func(r io.Reader) error { return billtext.Lines(r, p.read(p.adjustment)) })
		default: // read for its checksum: no part of the file may be broken
			err = e.Read(func(r io.Reader) error { return billtext.Lines(r, func(int, string) error { return nil }) })
		}
		if err != nil {
			return err
		}
	}
	if !found {
		return billtext.Bad("no file %sZM_%s in the archive", prefix, acc.MerchantNo)
	}
	return p.settle()
}

// The columns of the detail file that are read: where they begin and how many bytes of GBK
// they have. Every column has one byte of separator behind it.
type column struct{ from, width int }

func (c column) of(line string) string { return strings.TrimSpace(line[c.from : c.from+c.width]) }

// columnWidths is the whole layout of a line.
func columnWidths() []int {
	return []int{
		3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 131,
	}
}

// columnAt is a column by its number in the provider's table, from 1.
func columnAt(number int) column {
	at := 0
	widths := columnWidths()
	for _, w := range widths[:number-1] {
		at += w + 1
	}
	return column{at, widths[number-1]}
}

// lineWidth is how long a line must be at least: the reserve at its end may be cut.
func lineWidth() int { return columnAt(len(columnWidths())).from }

// parser reads the files of one clearing day.
type parser struct {
	merID string
	day   time.Time
	take  func(payments.BillLine) error
	lines int64
	net   money.Fen // what is paid out for the day
}

func (p *parser) read(f func(line string) error) func(int, string) error {
	return func(number int, line string) error {
		if strings.TrimSpace(line) == "" {
			return nil
		}
		err := f(line)
		if _, ok := errors.AsType[*fault.Error](err); err == nil || ok {
			return err
		}
		return billtext.Bad("line %d: %w", number, err)
	}
}

// trade reads a line of the detail file. The fee and what the provider pays out must add up
// to the amount: a slip in the columns does not.
func (p *parser) trade(line string) error {
	if err := checkLayout(line); err != nil {
		return err
	}
	if got := columnAt(28).of(line); got != p.merID {
		return fmt.Errorf("the line is of merchant %.20s", got)
	}
	amount, err := digits(columnAt(7).of(line))
	if err != nil {
		return fmt.Errorf("amount: %w", err)
	}
	fee, err := signedFen(columnAt(16).of(line))
	if err != nil {
		return fmt.Errorf("fee: %w", err)
	}
	net, err := signedFen(columnAt(33).of(line))
	if err != nil {
		return fmt.Errorf("net amount: %w", err)
	}
	at, err := tracedAt(columnAt(5).of(line), time.Date(p.day.Year(), p.day.Month(), p.day.Day(), 3, 0, 0, 0, time.UTC))
	if err != nil {
		return err
	}
	out := payments.BillLine{
		Kind: payments.PaymentLine, ProviderNo: columnAt(10).of(line), OwnNo: columnAt(12).of(line), PaymentNo: columnAt(10).of(line),
		AmountFen: amount, SettledFen: amount, FeeMilli: -int64(fee) * 1000, At: at, State: columnAt(1).of(line), Final: true,
	}
	moved := amount
	switch out.State {
	case "S22":
	case "S30", "S31":
		out.Kind, out.PaymentNo, moved = payments.RefundLine, columnAt(27).of(line), -amount
	default:
		return fmt.Errorf("trade code %.10q", out.State)
	}
	if out.ProviderNo == "" || amount <= 0 {
		return errors.New("a line without number or amount")
	}
	if net != moved+fee {
		return fmt.Errorf("%d fen and a fee of %d do not make %d", moved, fee, net)
	}
	p.lines, p.net = p.lines+1, p.net+net
	return p.take(out)
}

// checkLayout refuses a line whose columns are not where they belong.
func checkLayout(line string) error {
	if len(line) < lineWidth() {
		return fmt.Errorf("%d bytes, %d are needed", len(line), lineWidth())
	}
	for i, w := 0, columnWidths(); i < len(w)-1; i++ { // a column that slipped has no blank behind it
		c := columnAt(i + 1)
		if line[c.from+c.width] != ' ' && line[c.from+c.width] != '|' {
			return fmt.Errorf("no separator behind column %d", i+1)
		}
	}
	if _, err := simplifiedchinese.GBK.NewDecoder().String(line); err != nil {
		return errors.New("the text is not GBK")
	}
	return nil
}

// adjustment is a line of the file of chargebacks and corrections, which a person looks at.
func (p *parser) adjustment(line string) error {
	if len(line) < lineWidth() {
		return fmt.Errorf("%d bytes, %d are needed", len(line), lineWidth())
	}
	net, err := signedFen(columnAt(33).of(line))
	if err != nil {
		return fmt.Errorf("net amount: %w", err)
	}
	p.net += net
	return p.take(payments.BillLine{
		Kind: payments.OtherLine, ProviderNo: columnAt(10).of(line), OwnNo: columnAt(12).of(line), PaymentNo: columnAt(27).of(line), AmountFen: net, SettledFen: net,
		At: time.Date(p.day.Year(), p.day.Month(), p.day.Day(), 4, 0, 0, 0, time.UTC), State: columnAt(1).of(line), Final: true,
	})
}

// settle is what the clearing day comes to: it is paid into the shop's bank account.
func (p *parser) settle() error {
	if p.net == 0 {
		return nil
	}
	return p.take(payments.BillLine{
		Kind: payments.SettlementLine, ProviderNo: "settle-" + p.merID + "-" + p.day.Format("20060102"), AmountFen: -p.net, SettledFen: -p.net,
		At: time.Date(p.day.Year(), p.day.Month(), p.day.Day(), 15, 0, 0, 0, time.UTC), State: "settlement", Final: true,
	})
}

// digits reads fen in digits, filled with zeros.
func digits(text string) (money.Fen, error) {
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%.20q is no amount", text)
		}
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.20q is no amount", text)
	}
	return money.Fen(v), nil
}

// signedFen reads an amount behind a C (to the shop) or a D (from it); blank is nothing.
func signedFen(text string) (money.Fen, error) {
	if text == "" {
		return 0, nil
	}
	fen, err := digits(text[1:])
	switch {
	case err != nil:
		return 0, err
	case text[0] == 'C':
		return fen, nil
	case text[0] == 'D':
		return -fen, nil
	}
	return 0, fmt.Errorf("%.20q is no amount", text)
}
