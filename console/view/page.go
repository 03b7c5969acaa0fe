package view

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"galleria/console/i18n"
	"galleria/console/readmodel"
)

// Theme is the colour scheme as Tabler's data-bs-theme names it.
type Theme string

// The themes; Light is the default.
const (
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Other returns the theme that the switch leads to.
func (t Theme) Other() Theme {
	if t == Dark {
		return Light
	}
	return Dark
}

// Shop is a shop as the frame around a page names it.
type Shop struct {
	Handle string
	Name   string
	Role   string // name of the viewer's role there
	// Notice says what state the shop is in if it is not simply open; NoticeHref is where
	// something can be done about it. Both may be empty.
	Notice, NoticeHref string
}

// URL returns the address of a page of the shop; rest is "" or begins with "/".
func (s Shop) URL(rest string) string { return "/console/" + s.Handle + rest }

// SessionURL is where session.js asks whose session there is.
const SessionURL = "/console/account/session"

// Person is the signed-in member of staff.
type Person struct {
	Name  string
	Login string
}

// Initial is the letter of the person's mark.
func (p Person) Initial() string {
	for _, r := range p.Name {
		return strings.ToUpper(string(r))
	}
	return "?"
}

// NavItem is one entry of the menu. Entries the viewer may not open are left out by
// the handler: hiding is a courtesy, the route's permission is the wall.
type NavItem struct {
	Key   string // text key
	Icon  string
	Href  string
	Here  bool
	Badge int64  // 0 shows none
	Group string // text key of a heading above this entry, or ""
}

// Page is everything around a page's content.
type Page struct {
	Text  i18n.Printer
	Theme Theme
	// AutoTheme: nobody has said yet which theme it is to be; a script asks the system.
	AutoTheme bool
	CSRF      string                   // token of every form
	Asset     func(name string) string // hashed address of a static file
	Title     string
	Shop      *Shop   // nil outside a shop
	Shops     int     // how many shops the viewer works in
	Person    *Person // nil when signed out
	Nav       []NavItem
	Bell      bool   // the viewer is told what happens in the shop
	Unseen    int64  // of it, that the viewer has not looked at
	Back      string // local address that a language or theme change returns to
	// Refresh is after how many seconds a browser without script looks again; 0 for never.
	Refresh int
	// Platform: a page of the platform's own staff; OnPlatform: the viewer is one of them.
	Platform, OnPlatform bool
	Look                 *LookBanner // the viewer only looks into the shop; nil for its people
	Done                 string      // key of what was just done, "" for nothing
}

// LookBanner is what stands over every page that is looked at.
type LookBanner struct {
	ID     int64
	Ticket string
	Until  time.Time
}

// T is Text.T, the most used word of the templates.
func (p Page) T(key string, args ...any) string { return p.Text.T(key, args...) }

// OtherLang returns the language that the switch leads to.
func (p Page) OtherLang() i18n.Lang {
	if p.Text.Lang() == i18n.ZhCN {
		return i18n.En
	}
	return i18n.ZhCN
}

// link is an address with a query; empty values are left out.
func link(path string, pairs ...string) templ.SafeURL {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if len(query) == 0 {
		return templ.SafeURL(path)
	}
	return templ.SafeURL(path + "?" + query.Encode())
}

// capped prints a count that stopped at the read model's cap.
func capped(p Page, n int64) string {
	if n >= readmodel.CountCap {
		return p.Text.Count(readmodel.CountCap-1) + "+"
	}
	return p.Text.Count(n)
}

// maskPhone hides the middle of a phone number in lists.
func maskPhone(phone string) string {
	r := []rune(phone)
	if len(r) < 7 {
		return phone
	}
	return string(r[:3]) + "****" + string(r[len(r)-4:])
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
