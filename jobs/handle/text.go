package handle

import "time"

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

// shanghai is the time zone of business days and of what buyers read. China has had no
// summer time since 1991, so a fixed zone is exact and needs no zone database.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }
