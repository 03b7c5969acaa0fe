package expressgw

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Account is a customer of the service.
type Account struct {
	Customer string `json:"customer"`
	Key      string `json:"key"`
}

// Scan is what a courier said of a number.
type Scan struct {
	Company string    `json:"company"`
	Number  string    `json:"number"`
	Code    string    `json:"code"` // of the state, basic or finer
	Text    string    `json:"text"`
	Place   string    `json:"place,omitempty"`
	At      time.Time `json:"at,omitzero"`
}

// Subscription is a number that somebody wants to be told of.
type Subscription struct {
	Customer    string `json:"customer"`
	Company     string `json:"company"`
	Number      string `json:"number"`
	Phone       string `json:"phone,omitempty"`
	CallbackURL string `json:"callback_url"`
	Salt        string `json:"salt,omitempty"`
	Ended       bool   `json:"ended,omitempty"`
}

// Push is one message to a callback address and how far it got.
type Push struct {
	ID       int       `json:"id"`
	Company  string    `json:"company"`
	Number   string    `json:"number"`
	URL      string    `json:"url"`
	Salt     string    `json:"salt,omitempty"`
	Param    string    `json:"param"`
	Statuses []int     `json:"statuses"`         // of the attempts; 0 when no answer came
	NextAt   time.Time `json:"next_at,omitzero"` // zero: nothing more will be sent
	Accepted bool      `json:"accepted,omitempty"`
}

type number struct{ company, no string }

type subscriber struct {
	customer string
	number   number
}

type entry struct {
	At           time.Time     `json:"at"`
	Account      *Account      `json:"account,omitempty"`
	Scan         *Scan         `json:"scan,omitempty"`
	Subscription *Subscription `json:"subscription,omitempty"`
	Push         *Push         `json:"push,omitempty"`
	Pushes       []Push        `json:"pushes,omitempty"`
}

type books struct {
	accounts      map[string]Account // by customer
	scans         map[number][]Scan  // oldest first
	subscriptions map[subscriber]Subscription
	order         []subscriber
	pushes        []Push
}

func newBooks() books {
	return books{accounts: map[string]Account{}, scans: map[number][]Scan{}, subscriptions: map[subscriber]Subscription{}}
}

func (b *books) apply(e entry) {
	if e.Account != nil {
		b.accounts[e.Account.Customer] = *e.Account
	}
	if e.Scan != nil {
		key := number{e.Scan.Company, e.Scan.Number}
		b.scans[key] = append(slices.Clip(b.scans[key]), *e.Scan)
		slices.SortStableFunc(b.scans[key], func(x, y Scan) int { return x.At.Compare(y.At) })
	}
	if s := e.Subscription; s != nil {
		key := subscriber{s.Customer, number{s.Company, s.Number}}
		if _, known := b.subscriptions[key]; !known {
			b.order = append(b.order, key)
		}
		b.subscriptions[key] = *s
	}
	for _, p := range e.Pushes {
		b.put(p)
	}
	if e.Push != nil {
		b.put(*e.Push)
	}
}

func (b *books) put(p Push) {
	if p.ID < len(b.pushes) {
		b.pushes[p.ID] = p
		return
	}
	b.pushes = append(b.pushes, p)
}

// Books is what the service knows, oldest first, without keys and salts.
type Books struct {
	Customers     []string       `json:"customers"`
	Subscriptions []Subscription `json:"subscriptions"`
	Pushes        []Push         `json:"pushes"`
}

// Books returns a copy of the books as they are now.
func (g *Gateway) Books() Books {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := Books{Customers: slices.SortedFunc(maps.Keys(g.books.accounts), strings.Compare)}
	for _, key := range g.books.order {
		s := g.books.subscriptions[key]
		s.Salt = ""
		out.Subscriptions = append(out.Subscriptions, s)
	}
	for _, p := range g.books.pushes {
		p.Salt, p.Statuses = "", slices.Clone(p.Statuses)
		out.Pushes = append(out.Pushes, p)
	}
	return out
}
