package notice

import (
	"strconv"
	"strings"
	"time"
)

// English is the language of words that are not Chinese.
const English = "en"

// Title is a message's heading for an audience, in "zh-CN" or English.
func (k Kind) Title(a Audience, lang string) string {
	if lang == English {
		return k.words[a].enTitle
	}
	return k.words[a].zhTitle
}

// Text is a message's words for an audience, in "zh-CN" or English.
func (k Kind) Text(a Audience, f Facts, lang string) string {
	text := k.words[a].zh
	if lang == English {
		text = k.words[a].en
	}
	if open, end := strings.Index(text, "["), strings.Index(text, "]"); open >= 0 && open < end {
		part := text[open+1 : end]
		for _, name := range k.values {
			if strings.Contains(part, "{"+name+"}") && k.value(name, f, lang) == "" {
				part = "" // said only where there is something to say
				break
			}
		}
		text = text[:open] + part + text[end+1:]
	}
	return k.filled(text, f, lang)
}

// filled is a text with values in the place of their names.
func (k Kind) filled(text string, f Facts, lang string) string {
	pairs := make([]string, 0, 2*len(k.values))
	for _, name := range k.values {
		pairs = append(pairs, "{"+name+"}", k.value(name, f, lang))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// testMark stands before what a test shows, where its template shows the goods.
const testMark = "【测试】"

// Sample are facts as they might be, for previews.
func Sample(at time.Time) Facts {
	return Facts{
		OrderNo: "20260131123000123456", CaseNo: "20260201090000654321", Title: "高山云雾绿茶 等 2 件", AmountFen: 12800, Courier: "SF", TrackingNo: "SF1234567890123",
		Status: "awaiting_return", Reason: "double_payment", Points: 120, Count: 2, Level: "金卡", AppID: "wx0123456789abcdef", About: OrderShipped, Left: 3, At: at,
	}
}

// SampleOf are facts as they might be of an event.
func SampleOf(event string, at time.Time) Facts {
	f := Sample(at)
	switch event {
	case LevelChanged:
		f.Reason = "level_upgrade"
	case CouponExpiring:
		f.Title = "满 100 减 20"
	case CouponBudget:
		f.Title, f.Reason = "满 100 减 20", "coupon_spent"
	case SMSBudget:
		f.Reason = "sms_budget_80"
	case Withdrawal:
		f.Status = "sending"
	}
	return f
}

// value is one value as a message shows it.
func (k Kind) value(name string, f Facts, lang string) string {
	switch name {
	case "order_no":
		return f.OrderNo
	case "case_no":
		return f.CaseNo
	case "title":
		return f.Title
	case "amount":
		if lang == English {
			return "¥" + f.AmountFen.Yuan()
		}
		return f.AmountFen.Yuan() + "元"
	case "tracking_no":
		return f.TrackingNo
	case "courier":
		return f.Courier
	case "level":
		return levelText(f.Level, lang)
	case "more", "points", "left":
		return f.number(name)
	case "status":
		return codeWords(f.Status, lang)
	case "reason":
		return codeWords(f.Reason, lang)
	case "about":
		return aboutText(f.About, lang)
	case "code":
		return ProviderWords(f.Reason, lang)
	}
	return timeText(f.At, lang) // every other name is of the event's time
}

// number is a value that is a number, empty where there is nothing to say.
func (f Facts) number(name string) string {
	n := f.Points
	switch name {
	case "left":
		n = f.Left
	case "more":
		if n = f.Count; n < 2 {
			return ""
		}
	}
	return strconv.FormatInt(n, 10)
}

// levelText is the name of a level, or says that there is none.
func levelText(level, lang string) string {
	if level == "" {
		return codeWords("no_level", lang)
	}
	return level
}

// aboutText is what the event of a message is called.
func aboutText(event, lang string) string {
	if kind, ok := KindOf(event); ok {
		if title := kind.Title(Buyer, lang); title != "" {
			return title
		}
		return kind.Title(Staff, lang)
	}
	return event
}

// codeWords are the words of a status or a reason, or the code itself.
func codeWords(code, lang string) string {
	type words struct{ zh, en string }
	said, ok := map[string]words{
		"refunding":           {"已同意，正在退款", "agreed, the money is on its way"},
		"awaiting_return":     {"已同意，请寄回商品", "agreed, please send the goods back"},
		"rejected":            {"商家没有同意，可查看理由", "not agreed, see why"},
		"returned_in_transit": {"退货在路上", "the goods are on their way back"},
		"inspecting":          {"商家正在验货", "the goods are being looked at"},
		"receipt_refused":     {"商家没有收下退货，可查看理由", "the goods were not accepted, see why"},
		"reshipping":          {"换货正在准备", "the exchange is being prepared"},
		"reshipped":           {"换货已发出", "the exchange was sent"},
		"refunded":            {"已退款", "refunded"},
		"refund_stopped":      {"退款没有成功，商家会处理", "the refund did not go through; the shop is looking into it"},
		"timeout_closed":      {"没有按时寄回，已关闭", "closed, the goods were not sent back in time"},
		"withdrawn":           {"已撤回", "withdrawn"},
		"closed":              {"已完成", "done"},
		"invoice_asked":       {"待开票", "asked for"},
		"invoice_issued":      {"已开出，可查看下载", "made out, ready to download"},
		"invoice_refused":     {"没有开出，可查看原因", "not made out, see why"},
		"invoice_voided":      {"已红冲，可重新申请", "voided by a red-letter invoice; you may ask again"},
		"invoice_red_due":     {"订单有退款，需要红冲", "money went back, it has to be voided"},
		"no_level":            {"普通会员", "a member without a level"},
		"requested":           {"等待审核", "to be looked at"},
		"sending":             {"已发出，如微信提示请确认收款", "on its way; confirm it in WeChat if asked"},
		"succeeded":           {"已到账", "arrived"},
		"failed":              {"没有成功，金额已退回佣金余额", "did not go through, the amount is back in your account"},
		"declined":            {"没有通过审核，可查看原因", "not agreed, see why"},
		"sms_budget_80":       {"已用 80%", "80 % are spent"},
		"sms_budget_100":      {"已用完，不再发短信，下月恢复，也可提高预算", "all of it is spent; no more are sent until next month, unless it is raised"},
		"level_upgrade":       {"升级", "you moved up"},
		"level_downgrade":     {"降级", "you moved down"},
		"level_ended":         {"原等级已取消", "your level is no more"},
		"coupon_near":         {"的预算已用超过八成，用完后会自动停发、停用", "more than four fifths of its budget are spent; it stops by itself when all is"},
		"coupon_spent":        {"的预算已用完，已自动停发、停用；提高预算后恢复", "its budget is used up. It is neither given nor used any more, until you raise it"},
		"coupon_issued":       {"已全部发出，已自动停发；已领取的仍可使用", "all of them were given, and no more are. Who has one can use it"},
		"double_payment":      {"重复付款，原路退回", "it was paid twice"},
		"late_payment":        {"订单已关闭，原路退回", "the order was closed"},
	}[code]
	switch {
	case !ok:
		return code
	case lang == English:
		return said.en
	}
	return said.zh
}

// timeText is a time on buyers' clocks; in Chinese as the "time" keyword takes it. China has
// had no summer time since 1991, so a fixed zone is exact and needs no zone database.
func timeText(t time.Time, lang string) string {
	layout := "2006年1月2日 15:04"
	if lang == English {
		layout = "2006-01-02 15:04"
	}
	return t.In(beijing()).Format(layout)
}

func beijing() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// keywordLimits are how many characters the keywords of a message take; "keyword" is
// Alipay's. What exceeds them is refused, nothing is cut by the provider.
func keywordLimits() map[string]int {
	return map[string]int{"thing": 20, "character_string": 32, "phrase": 5, "name": 10, "letter": 32, "symbol": 5, "number": 32, "phone_number": 17, "car_number": 8, "keyword": 50}
}

// fitted is a value cut to what a keyword ("thing1") takes.
func fitted(keyword, value string) string {
	limit, ok := keywordLimits()[strings.TrimRight(keyword, "0123456789")]
	if !ok {
		return value
	}
	return shortened(value, limit)
}

// shortened is a value cut to so many characters.
func shortened(value string, limit int) string {
	r := []rune(value)
	if len(r) <= limit {
		return value
	}
	return string(r[:limit-1]) + "…"
}
