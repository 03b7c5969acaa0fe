package alipay

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/internal/billtext"
	"galleria/tenant/fault"
)

// billSums is what the lines of a file come to.
type billSums struct {
	payments, refunds, in, out int64
	total, inFen, outFen       money.Fen
	fee                        int64
}

// parser reads the files of one bill.
type parser struct {
	merchantNo string
	kind       payments.BillKind
	take       func(payments.BillLine) error

	columns billtext.Columns
	begun   bool // the header was read
	ended   bool // the list's end was
	owner   bool // the account was named
	sums    billSums
}

// cells takes a line apart: values end in a tab, so that a comma in a value is no end.
func cells(line string) []string {
	if strings.Contains(line, "\t,") {
		return strings.Split(line, "\t,")
	}
	return strings.Split(line, ",")
}

// detail reads the list. Lines that begin with # are about the file.
func (p *parser) detail(r io.Reader) error {
	err := billtext.Lines(billtext.Chinese(r), func(number int, line string) error {
		err := p.line(strings.TrimPrefix(line, "\ufeff"))
		if _, ok := errors.AsType[*fault.Error](err); err == nil || ok {
			return err
		}
		return billtext.Bad("line %d: %w", number, err)
	})
	if err == nil && (!p.owner || !p.begun || !p.ended) {
		return billtext.Bad("the list has no beginning or no end")
	}
	return err
}

func (p *parser) line(line string) error {
	switch {
	case strings.HasPrefix(line, "#"):
		return p.remark(line)
	case strings.TrimSpace(line) == "":
		return nil
	case !p.begun:
		var err error
		wanted := []string{"支付宝交易号", "商户订单号", "业务类型", "完成时间", "订单金额", "商家实收", "退款批次号/请求号", "服务费"}
		if p.kind == payments.FundBill {
			wanted = []string{"账务流水号", "业务流水号", "商户订单号", "发生时间", "收入金额", "支出金额", "业务类型"}
		}
		p.columns, err = billtext.NewColumns(cells(line), wanted...)
		p.begun = true
		return err
	case p.ended:
		return errors.New("a line behind the list's end")
	}
	row := p.columns.Row(cells(line))
	if p.kind == payments.FundBill {
		return p.movement(&row)
	}
	return p.trade(&row)
}

var totalPattern = regexp.MustCompile(`^#(支出|收入)合计：([0-9]+)笔，共(-?[0-9.]+)元`)

// remark reads whose file it is, where its list ends, and what it comes to.
func (p *parser) remark(line string) error {
	if account, ok := strings.CutPrefix(line, "#账号："); ok {
		if !strings.HasPrefix(strings.Trim(account, "[] "), p.merchantNo) {
			return fmt.Errorf("the bill is of %.30s", account)
		}
		p.owner = true
	}
	if strings.Contains(line, "列表结束") {
		p.ended = true
	}
	m := totalPattern.FindStringSubmatch(line)
	if m == nil || p.kind != payments.FundBill {
		return nil
	}
	count, total := p.sums.in, p.sums.inFen
	if m[1] == "支出" {
		count, total = p.sums.out, p.sums.outFen
	}
	said, err := billtext.Fen(m[3])
	if err != nil || m[2] != strconv.FormatInt(count, 10) || said != total {
		return fmt.Errorf("the file's total %.60q is not that of its lines", line)
	}
	return nil
}

// trade reads a line of the trade bill. Of a refund the amount is negative, and only our
// own number of it is there.
func (p *parser) trade(r *billtext.Row) error {
	total := r.Fen("订单金额")
	fee, _ := r.Milli("服务费")
	line := payments.BillLine{
		Kind: payments.PaymentLine, ProviderNo: r.Number("支付宝交易号"), OwnNo: r.Number("商户订单号"), PaymentNo: r.Number("支付宝交易号"),
		AmountFen: total, SettledFen: r.Fen("商家实收"), FeeMilli: -fee, At: r.At("完成时间"), State: r.Text("业务类型"), Final: true,
	}
	switch line.State {
	case "交易":
		p.sums.payments++
	case "退款":
		line.Kind, line.ProviderNo, line.AmountFen, line.SettledFen = payments.RefundLine, "", -total, -line.SettledFen
		if request := r.Number("退款批次号/请求号"); request != "" {
			line.OwnNo = request
		}
		p.sums.refunds++
	default:
		return fmt.Errorf("业务类型 %.40q", line.State)
	}
	if r.Err() != nil {
		return r.Err()
	}
	if line.PaymentNo == "" || line.AmountFen <= 0 {
		return errors.New("a line without number or amount")
	}
	p.sums.total, p.sums.fee = p.sums.total+total, p.sums.fee+fee
	return p.take(line)
}

// movementKind is what a business of the account's bill is about.
func movementKind(business string) payments.BillLineKind {
	switch business {
	case "在线支付":
		return payments.PaymentLine
	case "交易退款":
		return payments.RefundLine
	case "收费", "退费":
		return payments.FeeLine
	case "提现":
		return payments.SettlementLine
	}
	return payments.OtherLine
}

// movement reads a line of the account's bill.
func (p *parser) movement(r *billtext.Row) error {
	in, out := r.Fen("收入金额"), r.Fen("支出金额")
	line := payments.BillLine{
		Kind: movementKind(r.Text("业务类型")), ProviderNo: r.Number("业务流水号"), OwnNo: r.Number("商户订单号"), PaymentNo: r.Number("业务流水号"),
		AmountFen: in + out, At: r.At("发生时间"), State: r.Text("业务类型"), Final: true,
	}
	flow := r.Number("账务流水号")
	if r.Err() != nil {
		return r.Err()
	}
	if flow == "" || in < 0 || out > 0 || (in != 0) == (out != 0) {
		return errors.New("a line without number or amount")
	}
	if in > 0 {
		p.sums.in, p.sums.inFen = p.sums.in+1, p.sums.inFen+in
	} else {
		p.sums.out, p.sums.outFen = p.sums.out+1, p.sums.outFen+out
	}
	if (line.Kind == payments.PaymentLine && out != 0) || (line.Kind == payments.RefundLine && in != 0) {
		line.Kind = payments.OtherLine // the wrong way round: a person looks at it
	}
	switch line.Kind {
	case payments.RefundLine:
		line.AmountFen = -out
	case payments.SettlementLine, payments.OtherLine:
		line.ProviderNo = flow
	case payments.PaymentLine, payments.FeeLine:
	}
	line.SettledFen = line.AmountFen
	return p.take(line)
}

// summary compares the totals of the other file with the lines.
func (p *parser) summary(r io.Reader) error {
	var columns billtext.Columns
	begun, found := false, false
	err := billtext.Lines(billtext.Chinese(r), func(number int, line string) (err error) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			return nil
		}
		if !begun {
			begun = true
			columns, err = billtext.NewColumns(cells(line), "门店编号", "交易订单总笔数", "退款订单总笔数", "订单金额", "服务费")
			return err
		}
		row := columns.Row(cells(line))
		if row.Text("门店编号") != "合计" {
			return nil
		}
		found = true
		fee, decimals := row.Milli("服务费")
		paid, back, total := row.Count("交易订单总笔数"), row.Count("退款订单总笔数"), row.Fen("订单金额")
		if row.Err() != nil {
			return billtext.Bad("summary, line %d: %w", number, row.Err())
		}
		if paid != p.sums.payments || back != p.sums.refunds || total != p.sums.total || fee != billtext.Round(p.sums.fee, decimals) {
			return billtext.Bad("the summary says %d, %d, %d fen; the lines say %d, %d, %d fen", paid, back, total, p.sums.payments, p.sums.refunds, p.sums.total)
		}
		return nil
	})
	if err == nil && !found {
		return billtext.Bad("the summary has no total")
	}
	return err
}
