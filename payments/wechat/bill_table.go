package wechat

import (
	"errors"
	"fmt"

	"galleria/commerce/money"
	"galleria/payments"
	"galleria/payments/internal/billtext"
)

// tradeSums is what the lines of a trade bill come to.
type tradeSums struct {
	lines          int64
	order, refunds money.Fen
	fee            int64
}

// newTradeTable reads a trade bill of type ALL. The amount that counts is the order's
// (订单金额), as queries and callbacks state it, and of a refund what was asked for.
func newTradeTable(acc payments.Account, take func(payments.BillLine) error) table {
	var sums tradeSums
	return table{
		columns: []string{
			"交易时间", "商户号", "特约商户号", "微信订单号", "商户订单号", "交易状态", "货币种类", "微信退款单号", "商户退款单号", "退款状态", "手续费", "应结订单金额", "退款金额", "订单金额", "申请退款金额",
		},
		sums: []string{"总交易单数", "手续费总金额", "订单总金额", "申请退款总金额"},
		line: func(r *billtext.Row) error {
			fee, _ := r.Milli("手续费")
			order, refund := r.Fen("订单金额"), r.Fen("申请退款金额")
			line := payments.BillLine{
				Kind: payments.PaymentLine, ProviderNo: r.Number("微信订单号"), OwnNo: r.Number("商户订单号"), PaymentNo: r.Number("微信订单号"),
				AmountFen: order, SettledFen: r.Fen("应结订单金额"), FeeMilli: fee, At: r.At("交易时间"), State: r.Text("交易状态"), Final: true,
			}
			switch line.State {
			case "SUCCESS":
			case "REFUND", "REVOKED":
				line.Kind, line.AmountFen, line.SettledFen, line.State = payments.RefundLine, refund, r.Fen("退款金额"), r.Text("退款状态")
				line.ProviderNo, line.OwnNo, line.Final = r.Number("微信退款单号"), r.Number("商户退款单号"), line.State == "SUCCESS"
			default:
				return fmt.Errorf("交易状态 %.40q", line.State)
			}
			switch {
			case r.Err() != nil:
				return r.Err()
			case r.Text("商户号") != acc.SignerNo():
				return fmt.Errorf("the bill is of merchant %.20s", r.Text("商户号"))
			case acc.Config.Partner() && r.Text("特约商户号") != acc.MerchantNo:
				return fmt.Errorf("the bill is of sub-merchant %.20s", r.Text("特约商户号"))
			case r.Text("货币种类") != "CNY":
				return fmt.Errorf("货币种类 %.10q", r.Text("货币种类"))
			case line.ProviderNo == "" || line.AmountFen < 0 || (order == 0 && refund == 0):
				return errors.New("a line without number or amount")
			}
			sums.lines, sums.order, sums.refunds, sums.fee = sums.lines+1, sums.order+order, sums.refunds+refund, sums.fee+fee
			return take(line)
		},
		check: func(r *billtext.Row) error {
			fee, decimals := r.Milli("手续费总金额")
			said := tradeSums{r.Count("总交易单数"), r.Fen("订单总金额"), r.Fen("申请退款总金额"), fee}
			got := sums
			got.fee = billtext.Round(got.fee, decimals)
			if r.Err() == nil && said != got {
				return fmt.Errorf("the summary says %+v, the lines say %+v", said, got)
			}
			return r.Err()
		},
	}
}

// fundSums is what the lines of a fund-flow bill come to.
type fundSums struct {
	lines, in, out int64
	inFen, outFen  money.Fen
}

// add counts a movement in its direction.
func (s *fundSums) add(direction string, amount money.Fen) (incoming bool, err error) {
	switch direction {
	case "收入":
		s.in, s.inFen = s.in+1, s.inFen+amount
	case "支出":
		s.out, s.outFen = s.out+1, s.outFen+amount
	default:
		return false, fmt.Errorf("收支类型 %.20q", direction)
	}
	s.lines++
	return direction == "收入", nil
}

// direct gives the amount of a movement its sign. That of a refund has none: refunds go
// out.
func direct(line *payments.BillLine, incoming bool) {
	if (line.Kind == payments.PaymentLine && !incoming) || (line.Kind == payments.RefundLine && incoming) {
		line.Kind = payments.OtherLine // the wrong way round: a person looks at it
	}
	if !incoming && line.Kind != payments.RefundLine {
		line.AmountFen = -line.AmountFen
	}
	line.SettledFen = line.AmountFen
}

// fundKind is what a business of the fund-flow bill is about.
func fundKind(business string) payments.BillLineKind {
	switch business {
	case "交易":
		return payments.PaymentLine
	case "退款":
		return payments.RefundLine
	case "扣除交易手续费", "交易手续费", "手续费", "退还交易手续费":
		return payments.FeeLine
	case "提现":
		return payments.SettlementLine
	}
	return payments.OtherLine
}

// newFundTable reads a fund-flow bill.
func newFundTable(take func(payments.BillLine) error) table {
	var sums fundSums
	return table{
		columns: []string{"记账时间", "微信支付业务单号", "资金流水单号", "业务类型", "收支类型", "收支金额", "业务凭证号"},
		sums:    []string{"资金流水总笔数", "收入笔数", "收入金额", "支出笔数", "支出金额"},
		line: func(r *billtext.Row) error {
			amount := r.Fen("收支金额")
			line := payments.BillLine{
				Kind: fundKind(r.Text("业务类型")), ProviderNo: r.Number("微信支付业务单号"), OwnNo: r.Number("业务凭证号"), PaymentNo: r.Number("微信支付业务单号"),
				AmountFen: amount, At: r.At("记账时间"), State: r.Text("业务类型"), Final: true,
			}
			flow := r.Number("资金流水单号")
			if r.Err() != nil {
				return r.Err()
			}
			if flow == "" || amount < 0 {
				return errors.New("a line without number or amount")
			}
			if line.Kind == payments.SettlementLine || line.Kind == payments.OtherLine {
				line.ProviderNo = flow
			}
			incoming, err := sums.add(r.Text("收支类型"), amount)
			if err != nil {
				return err
			}
			direct(&line, incoming)
			return take(line)
		},
		check: func(r *billtext.Row) error {
			said := fundSums{r.Count("资金流水总笔数"), r.Count("收入笔数"), r.Count("支出笔数"), r.Fen("收入金额"), r.Fen("支出金额")}
			if r.Err() == nil && said != sums {
				return fmt.Errorf("the summary says %+v, the lines say %+v", said, sums)
			}
			return r.Err()
		},
	}
}
