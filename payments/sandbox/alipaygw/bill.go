package alipaygw

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"galleria/commerce/money"
)

// linkLife is how long a download address works.
const linkLife = 30 * time.Second

type billLink struct {
	sellerID string
	kind     string
	from, to time.Time
	madeAt   time.Time
	fault    *Fault
}

// billHour is when the bill of a day is there on the morning after.
const billHour = 9

// bill is alipay.data.dataservice.bill.downloadurl.query.
func (g *Gateway) bill(c *call) (any, *refusal) {
	kind := c.text("bill_type")
	if kind != "trade" && kind != "signcustomer" {
		return nil, business("TYPE_NOT_SUPPORTED", "账单类型不支持")
	}
	from, to, ok := billSpan(c.text("bill_date"))
	now := g.now()
	if !ok || to.After(now) {
		return nil, business("INVAILID_ARGUMENTS", "入参不合法") // the provider's spelling
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	link := billLink{sellerID: c.keys.SellerID, kind: kind, from: from, to: to, madeAt: now, fault: c.fault}
	if lines := g.billLines(link); len(lines) == 0 || now.Before(to.Add(billHour*time.Hour)) || c.fault.Is(ModeLate) {
		return nil, business("isp.bill_not_exist", "账单不存在")
	}
	token := g.letters(32)
	g.links[token] = link
	return struct {
		URL string `json:"bill_download_url"`
	}{"http://" + c.r.Host + "/alipay/bill/" + token}, nil
}

func billSpan(text string) (from, to time.Time, ok bool) {
	if day, err := time.ParseInLocation(time.DateOnly, text, beijing()); err == nil {
		return day, day.AddDate(0, 0, 1), true
	}
	month, err := time.ParseInLocation("2006-01", text, beijing())
	return month, month.AddDate(0, 1, 0), err == nil
}

// billLine is one movement of money in a bill.
type billLine struct {
	trade  Trade
	refund *Refund
	at     time.Time
	amount money.Fen // negative: it went back
	kept   money.Fen // as a fee, beyond the usual
}

// fee is the provider's six in a thousand.
func (l billLine) fee() money.Fen {
	if l.refund != nil {
		return l.kept
	}
	return (l.amount*6+500)/1000 + l.kept
}

// bendLines is what a fault does to a bill. Its value is our number of the line; the first
// line otherwise.
func bendLines(f *Fault, lines []billLine) []billLine {
	if f == nil || len(lines) == 0 {
		return lines
	}
	at := 0
	for i, l := range lines {
		if f.Value != "" && (l.refund == nil && l.trade.OutTradeNo == f.Value || l.refund != nil && l.refund.OutRequestNo == f.Value) {
			at = i
		}
	}
	switch f.Mode {
	case ModeRowMissing:
		return append(lines[:at:at], lines[at+1:]...)
	case ModeRowExtra:
		extra := lines[at]
		extra.refund, extra.amount = nil, extra.trade.TotalFen
		extra.trade.OutTradeNo, extra.trade.TradeNo = "STRANGER"+extra.trade.OutTradeNo[8:], "9"+extra.trade.TradeNo[1:]
		return append(lines, extra)
	case ModeRowAmount:
		if lines[at].amount++; lines[at].refund != nil {
			lines[at].amount -= 2
		}
	case ModeRowFee:
		lines[at].kept++
	}
	return lines
}

// billLines collects the movements of a span. g.mu must be held.
func (g *Gateway) billLines(link billLink) (lines []billLine) {
	within := func(at time.Time) bool { return !at.Before(link.from) && at.Before(link.to) }
	for _, key := range g.books.tradeOrder {
		t := g.books.trades[key]
		if t.SellerID == link.sellerID && within(t.PaidAt) {
			lines = append(lines, billLine{trade: t, at: t.PaidAt, amount: t.TotalFen})
		}
	}
	for _, key := range g.books.refundOrder {
		r := g.books.refunds[key]
		if r.SellerID == link.sellerID && r.Done && within(r.DoneAt) {
			lines = append(lines, billLine{trade: g.books.trades[pair{r.SellerID, r.OutTradeNo}], refund: &r, at: r.DoneAt, amount: -r.AmountFen})
		}
	}
	return lines
}

// download is the address that a bill is fetched from: unsigned, and dead soon.
func (g *Gateway) download(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	link, ok := g.links[r.PathValue("token")]
	lines := bendLines(link.fault, g.billLines(link))
	g.mu.Unlock()
	if !ok || g.now().Sub(link.madeAt) > linkLife {
		http.Error(w, "expired", http.StatusForbidden)
		return
	}
	raw, err := packBill(link, lines)
	if err != nil {
		http.Error(w, "bill", http.StatusInternalServerError)
		return
	}
	if link.fault.Is(ModeCorruptFile) {
		raw[len(raw)/3] ^= 0xff
	}
	w.Header().Set("Content-Type", "application/zip")
	_, _ = w.Write(raw)
}

// packBill writes the detail and the summary into a ZIP, names and texts in GB18030.
func packBill(link billLink, lines []billLine) ([]byte, error) {
	stem := link.sellerID + "0156_" + link.from.Format("20060102")
	detail, summary := tradeBill(link, lines), billSummary(link, lines)
	names := [2]string{stem + "_业务明细.csv", stem + "_业务明细(汇总).csv"}
	if link.kind == "signcustomer" {
		detail = fundBillText(link, lines)
		names = [2]string{stem + "_账务明细.csv", stem + "_账务明细(汇总).csv"}
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i, text := range []string{detail, summary} {
		name, err := simplifiedchinese.GB18030.NewEncoder().String(names[i])
		if err != nil {
			return nil, fmt.Errorf("bill name: %w", err)
		}
		body, err := simplifiedchinese.GB18030.NewEncoder().String(text)
		if err != nil {
			return nil, fmt.Errorf("bill text: %w", err)
		}
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, NonUTF8: true, Method: zip.Deflate})
		if err == nil {
			_, err = f.Write([]byte(body))
		}
		if err != nil {
			return nil, fmt.Errorf("bill: %w", err)
		}
	}
	err := z.Close()
	return out.Bytes(), err
}

func row(b *strings.Builder, values ...string) {
	b.WriteString(strings.Join(values, "\t,") + "\t\r\n")
}

func billHead(b *strings.Builder, title string, link billLink) {
	b.WriteString("#支付宝" + title + "\r\n#账号：[" + link.sellerID + "0156]\r\n")
	b.WriteString("#起始日期：[" + clockText(link.from) + "]   终止日期：[" + clockText(link.to) + "]\r\n")
	b.WriteString("#-----------------------------------------" + title + "列表----------------------------------------\r\n")
}

func tradeBill(link billLink, lines []billLine) string {
	var b strings.Builder
	billHead(&b, "业务明细查询", link)
	b.WriteString("支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）," +
		"支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注\r\n")
	paid, back := 0, 0
	for _, l := range lines {
		what, request := "交易", ""
		if paid++; l.refund != nil {
			paid, back, what, request = paid-1, back+1, "退款", l.refund.OutRequestNo
		}
		zero := "0.00"
		row(&b, l.trade.TradeNo, l.trade.OutTradeNo, what, l.trade.Subject, clockText(l.trade.CreatedAt), clockText(l.at), "", "", "", "",
			masked(l.trade.Buyer), signed(l.amount), signed(l.amount), zero, zero, zero, zero, zero, "", zero, zero, request, signed(-l.fee()), zero, "")
	}
	b.WriteString("#-----------------------------------------业务明细列表结束------------------------------------\r\n")
	fmt.Fprintf(&b, "#交易合计：%d笔，商家实收共%s元\r\n#退款合计：%d笔\r\n#导出时间：[%s]\r\n", paid, signed(sum(lines)), back, clockText(link.madeAt))
	return b.String()
}

func billSummary(link billLink, lines []billLine) string {
	var b strings.Builder
	billHead(&b, "业务汇总查询", link)
	b.WriteString("门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,服务费（元）,实收净额（元）\r\n")
	paid, back, fees := 0, 0, money.Fen(0)
	for _, l := range lines {
		if l.refund != nil {
			back++
		} else {
			paid++
		}
		fees += l.fee()
	}
	row(&b, "合计", "", strconv.Itoa(paid), strconv.Itoa(back), signed(sum(lines)), signed(sum(lines)), signed(-fees), signed(sum(lines)-fees))
	return b.String()
}

func fundBillText(link billLink, lines []billLine) string {
	var b strings.Builder
	billHead(&b, "账务明细查询", link)
	b.WriteString("账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注\r\n")
	var balance, came, left money.Fen
	var ins, outs int
	move := func(l billLine, kind string, n money.Fen) {
		in, out := "0.00", "0.00"
		if balance += n; n >= 0 {
			in, ins, came = yuan(n), ins+1, came+n
		} else {
			out, outs, left = signed(n), outs+1, left+n
		}
		row(&b, l.trade.TradeNo[:8]+fmt.Sprintf("%s%04d", l.trade.TradeNo[20:], ins+outs), l.trade.TradeNo, l.trade.OutTradeNo, l.trade.Subject, clockText(l.at), masked(l.trade.Buyer), in, out,
			signed(balance), "支付宝", kind, "")
	}
	for _, l := range lines {
		if l.refund != nil {
			move(l, "交易退款", l.amount)
			continue
		}
		move(l, "在线支付", l.amount)
		if fee := l.fee(); fee > 0 {
			move(l, "收费", -fee)
		}
	}
	b.WriteString("#-----------------------------------------账务明细列表结束------------------------------------\r\n")
	fmt.Fprintf(&b, "#支出合计：%d笔，共%s元\r\n#收入合计：%d笔，共%s元\r\n", outs, signed(left), ins, yuan(came))
	return b.String()
}

func sum(lines []billLine) (total money.Fen) {
	for _, l := range lines {
		total += l.amount
	}
	return total
}

func signed(n money.Fen) string {
	if n < 0 {
		return "-" + yuan(-n)
	}
	return yuan(n)
}
