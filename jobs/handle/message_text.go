package handle

import (
	"time"

	"galleria/commerce/money"
)

// maxThing is the longest text a "thing" keyword of a subscribe message takes.
const maxThing = 20

// shorten cuts a title to what a message template takes.
func shorten(title string) string {
	r := []rune(title)
	if len(r) <= maxThing {
		return title
	}
	return string(r[:maxThing-1]) + "…"
}

// amountText is an amount as the "amount" keyword takes it.
func amountText(f money.Fen) string { return f.Yuan() + "元" }

// timeText is a time as the "time" keyword takes it, on buyers' clocks. China has had no
// summer time since 1991, so a fixed zone is exact and needs no zone database.
func timeText(t time.Time) string {
	return t.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format("2006年1月2日 15:04")
}
