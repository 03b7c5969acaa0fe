package campaign

import (
	"fmt"
	"strconv"
	"strings"

	"galleria/commerce/money"
)

// Words say what a campaign does, in "en", or else in Chinese: 满100减20，满200包邮.
func (in Input) Words(lang string) string {
	switch in.Kind {
	case Flash:
		if lang == "en" {
			return "Flash sale"
		}
		return "限量秒杀"
	case Group:
		if lang == "en" {
			return fmt.Sprintf("Group of %d, %d hours to fill", in.Seats, in.FillHours)
		}
		return fmt.Sprintf("%d人团，%d小时成团", in.Seats, in.FillHours)
	case Timed:
		switch {
		case in.OffBps == 0 && lang == "en":
			return "Special prices"
		case in.OffBps == 0:
			return "限时特价"
		case lang == "en":
			return decimal(int64(in.OffBps), 100) + "% off"
		}
		return "限时" + decimal(int64(10_000-in.OffBps), 1000) + "折"
	case Reduction:
	}
	words := make([]string, len(in.Tiers))
	for i, t := range in.Tiers {
		words[i] = t.words(lang)
	}
	if lang == "en" {
		return strings.Join(words, "; ")
	}
	return strings.Join(words, "，")
}

func (t Tier) words(lang string) string {
	if lang == "en" {
		return t.english()
	}
	need := "满" + short(t.NeedFen)
	if t.NeedQty > 0 {
		need = fmt.Sprintf("满%d件", t.NeedQty)
	}
	if t.Each {
		need = "每" + need
	}
	var gives []string
	switch {
	case t.OffFen > 0:
		gives = append(gives, "减"+short(t.OffFen))
	case t.OffBps >= 10_000:
		gives = append(gives, "全免")
	case t.OffBps > 0:
		gives = append(gives, "打"+decimal(int64(10_000-t.OffBps), 1000)+"折")
	}
	if t.Free {
		gives = append(gives, "包邮")
	}
	if t.GiftSKU > 0 {
		gives = append(gives, fmt.Sprintf("送赠品%d件", t.GiftQty))
	}
	words := need + strings.Join(gives, "且")
	if t.CapFen > 0 {
		words += "（最高减" + short(t.CapFen) + "）"
	}
	return words
}

func (t Tier) english() string {
	var gives []string
	switch {
	case t.OffFen > 0:
		gives = append(gives, "¥"+short(t.OffFen)+" off")
	case t.OffBps > 0:
		gives = append(gives, decimal(int64(t.OffBps), 100)+"% off")
	}
	if t.Free {
		gives = append(gives, "free delivery")
	}
	switch {
	case t.GiftQty == 1:
		gives = append(gives, "a gift")
	case t.GiftSKU > 0:
		gives = append(gives, fmt.Sprintf("%d gifts", t.GiftQty))
	}
	need := "from ¥" + short(t.NeedFen)
	switch {
	case t.NeedQty > 0:
		need = fmt.Sprintf("from %d pieces", t.NeedQty)
	case t.Each:
		need = "for each ¥" + short(t.NeedFen)
	}
	words := strings.Join(gives, " and ") + " " + need
	if t.CapFen > 0 {
		words += " (up to ¥" + short(t.CapFen) + ")"
	}
	return words
}

// decimal is n/of, of a power of ten, without needless zeros.
func decimal(n, of int64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%0*d", n/of, len(strconv.FormatInt(of, 10))-1, n%of), "0"), ".")
}

// short is an amount without needless zeros: 100, 9.90.
func short(f money.Fen) string { return strings.TrimSuffix(f.Yuan(), ".00") }
