package coupon

import (
	"fmt"
	"strconv"
	"strings"

	"galleria/commerce/money"
)

// Words say what a coupon does, in "en", or else in Chinese: 满100减20.
func (t Terms) Words(of Kind, lang string) string {
	if lang == "en" {
		return t.english(of)
	}
	need := "无门槛"
	switch {
	case t.NeedFen > 0 && t.NeedQty > 0:
		need = fmt.Sprintf("满%s且满%d件", short(t.NeedFen), t.NeedQty)
	case t.NeedFen > 0:
		need = "满" + short(t.NeedFen)
	case t.NeedQty > 0:
		need = fmt.Sprintf("满%d件", t.NeedQty)
	}
	freight := ""
	if of == Shipping {
		freight = "运费"
	}
	switch {
	case t.Free:
		return need + "包邮"
	case t.OffBps >= 10_000:
		return need + freight + "全免" + t.cap("，最高减%s")
	case t.OffBps > 0:
		return need + freight + "打" + decimal(int64(10_000-t.OffBps), 1000) + "折" + t.cap("，最高减%s")
	}
	return need + freight + "减" + short(t.OffFen)
}

func (t Terms) english(of Kind) string {
	off := "¥" + short(t.OffFen) + " off"
	switch {
	case t.Free:
		off = "Free delivery"
	case t.OffBps > 0:
		off = decimal(int64(t.OffBps), 100) + "% off" + t.cap(" (up to ¥%s)")
	}
	if of == Shipping && !t.Free {
		off += " delivery"
	}
	switch {
	case t.NeedFen > 0 && t.NeedQty > 0:
		return fmt.Sprintf("%s from ¥%s and %d pieces", off, short(t.NeedFen), t.NeedQty)
	case t.NeedFen > 0:
		return off + " from ¥" + short(t.NeedFen)
	case t.NeedQty > 0:
		return fmt.Sprintf("%s from %d pieces", off, t.NeedQty)
	}
	return off
}

func (t Terms) cap(format string) string {
	if t.CapFen == 0 {
		return ""
	}
	return fmt.Sprintf(format, short(t.CapFen))
}

// decimal is n/of, of a power of ten, without needless zeros.
func decimal(n, of int64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%0*d", n/of, len(strconv.FormatInt(of, 10))-1, n%of), "0"), ".")
}

// short is an amount without needless zeros: 100, 9.90.
func short(f money.Fen) string { return strings.TrimSuffix(f.Yuan(), ".00") }
