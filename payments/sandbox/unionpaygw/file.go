package unionpaygw

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"galleria/commerce/money"
)

// fileHour is when the file of a clearing day is ready on the morning after.
const fileHour = 9

// file is 76/01: everything that was cleared on a day.
func (g *Gateway) file(c *call) (map[string]string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	day, ok := g.cleared(c.fields["settleDate"])
	if !ok {
		return nil, refuse(codeFormat, "settleDate %s", c.fields["settleDate"])
	}
	var moved []movement
	for _, key := range g.books.tradeOrder {
		t := g.books.trades[key]
		if t.MerID == c.merID && t.done() && clearingDay(t.TracedAt).Format(time.DateOnly) == day.Format(time.DateOnly) {
			moved = append(moved, movement{t, feeOf(t)})
		}
	}
	var lines []string
	for _, m := range bendLines(c.fault, moved) {
		lines = append(lines, g.fileLine(m))
	}
	ready := time.Date(day.Year(), day.Month(), day.Day()+1, fileHour, 0, 0, 0, beijing())
	if len(lines) == 0 || g.now().Before(ready) || c.fault.Is(ModeLate) {
		return nil, refuse(codeNoFile, "settleDate %s", c.fields["settleDate"])
	}
	content, err := packFile(day, c.merID, lines)
	if err != nil {
		return nil, err
	}
	if c.fault.Is(ModeCorruptFile) {
		content = content[:len(content)/2/4*4]
	}
	return map[string]string{"fileName": c.merID + "_" + day.Format("20060102") + ".zip", "fileContent": content}, nil
}

// cleared is the last clearing day with that MMDD that is over. g.mu must be held.
func (g *Gateway) cleared(settleDate string) (time.Time, bool) {
	now := clearingDay(g.now())
	for _, year := range []int{now.Year(), now.Year() - 1} {
		day, err := time.ParseInLocation("20060102", fmt.Sprintf("%d%s", year, settleDate), beijing())
		if err == nil && !day.After(now) {
			return day, true
		}
	}
	return time.Time{}, false
}

// movement is a trade in a file.
type movement struct {
	Trade
	fee money.Fen
}

// feeOf is six in a thousand of what was collected and not undone.
func feeOf(t Trade) money.Fen {
	if t.TxnType != typeConsume || t.Undone {
		return 0
	}
	return (t.AmountFen*6 + 500) / 1000
}

// bendLines is what a fault does to a file. Its value is the orderId of the line; the first
// line otherwise.
func bendLines(f *Fault, lines []movement) []movement {
	if f == nil || len(lines) == 0 {
		return lines
	}
	at := max(0, slices.IndexFunc(lines, func(m movement) bool { return m.OrderID == f.Value }))
	switch f.Mode {
	case ModeRowMissing:
		return slices.Delete(lines, at, at+1)
	case ModeRowExtra:
		extra := lines[at]
		extra.OrderID, extra.QueryID = "STRANGER"+extra.OrderID[8:], "9"+extra.QueryID[1:]
		return append(lines, extra)
	case ModeRowAmount:
		lines[at].AmountFen++
	case ModeRowFee:
		lines[at].fee++
	}
	return lines
}

// fileLine is one line of the detail file: columns of fixed width in bytes of GBK, with one
// separator behind each.
func (g *Gateway) fileLine(t movement) string {
	code, sign, orig := "S22", "C", Trade{}
	if t.TxnType != typeConsume {
		code, sign, orig = "S30", "D", g.books.trades[g.books.byQueryID[t.OrigQueryID]]
	}
	if t.TxnType == typeUndo {
		code = "S31"
	}
	amount := fmt.Sprintf("%012d", t.AmountFen)
	net := fmt.Sprintf("%s%012d", sign, t.AmountFen-t.fee)
	if t.TxnType != typeConsume {
		net = fmt.Sprintf("%s%012d", sign, t.AmountFen+t.fee)
	}
	origTime := ""
	if orig.QueryID != "" {
		origTime = stamp(orig.TracedAt)[4:]
	}
	columns := []struct {
		width int
		value string
	}{
		{3, code},
		{11, "00010000"},
		{11, "00010000"},
		{6, t.TraceNo},
		{10, stamp(t.TracedAt)[4:]},
		{19, "6216***********0018"},
		{12, amount},
		{4, "5311"},
		{2, t.ChannelType},
		{21, t.QueryID},
		{2, "01"},
		{32, t.OrderID},
		{2, "01"},
		{6, orig.TraceNo},
		{10, origTime},
		{13, fmt.Sprintf("D%012d", t.fee)},
		{13, sign + amount},
		{4, "0001"},
		{15, ""},
		{2, t.TxnType},
		{2, t.TxnSubType},
		{6, t.BizType},
		{2, "01"},
		{4, ""},
		{32, ""},
		{1, "0"},
		{21, t.OrigQueryID},
		{15, t.MerID},
		{1, "0"},
		{15, ""},
		{32, textShop},
		{13, ""},
		{13, net},
		{8, ""},
		{32, t.ReqReserved},
		{13, ""},
		{13, ""},
		{12, ""},
		{2, ""},
		{1, "0"},
		{131, orig.OrderID},
	}
	var line strings.Builder
	for _, c := range columns {
		text, err := simplifiedchinese.GBK.NewEncoder().String(c.value)
		if err != nil {
			text = ""
		}
		text = text[:min(len(text), c.width)]
		line.WriteString(text + strings.Repeat(" ", c.width-len(text)) + " ")
	}
	return line.String()
}

// packFile is Base64 of a DEFLATE stream of a ZIP archive with names in GBK.
func packFile(day time.Time, merID string, lines []string) (string, error) {
	var archive, packed bytes.Buffer
	z := zip.NewWriter(&archive)
	prefix := "INN" + day.Format("060102") + "88"
	for _, f := range []struct{ name, content string }{
		{prefix + "ZM_" + merID, strings.Join(lines, "\r\n") + "\r\n"},
		{prefix + "ZME_" + merID, ""},
		{prefix + "SUM_" + merID, fmt.Sprintf("%06d\r\n", len(lines))},
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, NonUTF8: true})
		if err == nil {
			_, err = w.Write([]byte(f.content))
		}
		if err != nil {
			return "", fmt.Errorf("pack file: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return "", fmt.Errorf("pack file: %w", err)
	}
	deflate := zlib.NewWriter(&packed)
	if _, err := deflate.Write(archive.Bytes()); err != nil {
		return "", fmt.Errorf("pack file: %w", err)
	}
	if err := deflate.Close(); err != nil {
		return "", fmt.Errorf("pack file: %w", err)
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}
