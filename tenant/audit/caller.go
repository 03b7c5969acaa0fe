package audit

import (
	"context"
	"strings"
)

type callerKey struct{}

// Caller is who acts in a request, and from where.
type Caller struct {
	Actor     string // "staff:12"; empty for somebody unknown
	Name      string // display name, as it is now
	Role      string // code of the role in which the person acts; may be empty
	IP        string
	UserAgent string // header as sent; only its family is recorded
}

// NewContext returns ctx carrying the caller. Entries recorded under it get the address
// and the browser, the actor if they name none ("system" under a context without caller), and the actor's name and role if they name
// the same one.
func NewContext(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// Actor is whom entries written under ctx name as acting: "staff:12", "system".
func Actor(ctx context.Context) string { return callerOf(ctx).Actor }

// callerOf is the caller of ctx: where nobody called, the system acts by itself; a caller
// who is not known is nobody's.
func callerOf(ctx context.Context) Caller {
	c, ok := ctx.Value(callerKey{}).(Caller)
	switch {
	case !ok:
		c.Actor = "system"
	case c.Actor == "":
		c.Actor = "anonymous"
	}
	return c
}

// pair is a word to look for in a User-Agent header and the name of what sends it.
type pair struct{ mark, name string }

// agentFamily names the browser and its system, such as "Chrome, Windows": enough to
// recognise one's own machine, too little to follow a person by.
func agentFamily(header string) string {
	if header == "" {
		return ""
	}
	browser := first(header, "other", []pair{
		{"MicroMessenger", "WeChat"},
		{"AlipayClient", "Alipay"},
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"Firefox/", "Firefox"},
		{"Chrome/", "Chrome"},
		{"CriOS/", "Chrome"},
		{"Safari/", "Safari"},
		{"curl/", "curl"},
		{"Go-http-client", "Go"},
	})
	system := first(header, "", []pair{
		{"Android", "Android"}, {"iPhone", "iOS"}, {"iPad", "iOS"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	})
	if system == "" {
		return browser
	}
	return browser + ", " + system
}

func first(header, otherwise string, of []pair) string {
	for _, p := range of {
		if strings.Contains(header, p.mark) {
			return p.name
		}
	}
	return otherwise
}
