package kuaidi100

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"galleria/commerce/delivery"
	"galleria/tenant/vault"
)

// result is where a number is, as answers and callbacks say it, newest word first.
type result struct {
	Number  string  `json:"nu"`
	Company string  `json:"com"`
	State   text    `json:"state"`
	Status  text    `json:"status"`
	Data    []trace `json:"data"`
}

type trace struct {
	Time       string `json:"time"`
	Context    string `json:"context"`
	Status     string `json:"status"`     // a word for the state
	StatusCode text   `json:"statusCode"` // its code, or that of a finer state
	AreaName   string `json:"areaName"`
}

const (
	timeForm   = "2006-01-02 15:04:05"
	beijing    = 8 * 60 * 60
	mostTraces = 500
)

// events returns the words oldest first. Two of one second keep the service's order.
func (r result) events() ([]delivery.Event, error) {
	if len(r.Data) > mostTraces {
		return nil, fmt.Errorf("%d words of one number", len(r.Data))
	}
	zone := time.FixedZone("Asia/Shanghai", beijing)
	list := make([]delivery.Event, 0, len(r.Data))
	for i, t := range slices.Backward(r.Data) {
		at, err := time.ParseInLocation(timeForm, t.Time, zone)
		if err != nil {
			return nil, errors.New("a time is not of the documented form")
		}
		state, known := stateOf(string(t.StatusCode))
		if !known {
			state, known = stateOfWord(t.Status)
		}
		if !known && i == 0 { // the state of the whole is that of its newest word
			state, known = stateOf(string(r.State))
		}
		if !known {
			state = delivery.Transit
		}
		list = append(list, delivery.Event{At: at.UTC(), State: state, Text: printable(t.Context), Place: printable(t.AreaName)})
	}
	slices.SortStableFunc(list, func(a, b delivery.Event) int { return a.At.Compare(b.At) })
	return list, nil
}

func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "")))
}

// stateOf reads a state's code: one of the basic states, or a finer one that begins with it.
func stateOf(code string) (delivery.State, bool) {
	switch code {
	case "401", "210": // the order was withdrawn before a courier had it
		return delivery.Exception, true
	case "501", "1", "101", "102", "103", "5": // 501: lies in a locker or a shop, to be fetched
		if code[0] == '5' {
			return delivery.OutForDelivery, true
		}
		return delivery.Accepted, true
	case "4", "6", "14": // refused and signed for by the sender; on its way back; refused
		return delivery.Returned, true
	case "0", "7", "8", "1001", "1002", "1003", "10", "11", "12":
		return delivery.Transit, true
	case "13": // stopped by customs
		return delivery.Exception, true
	}
	switch {
	case code == "3" || (len(code) == 3 && code[0] == '3'):
		return delivery.Delivered, true
	case code == "2" || (len(code) == 3 && code[0] == '2'):
		return delivery.Exception, true
	}
	return "", false
}

// notice is what the service sends to a callback address.
type notice struct {
	Status     string `json:"status"` // polling, shutdown (ended well), abort, updateall
	Message    string `json:"message"`
	AutoCheck  text   `json:"autoCheck"` // 1: the service found that the courier is another one
	ComOld     string `json:"comOld"`
	LastResult result `json:"lastResult"`
}

// Read implements delivery.Tracker. The courier is the one that was subscribed: what the
// service would rather have is not ours to change.
func (*Client) Read(salt vault.Secret, body []byte) (delivery.News, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil || len(form["param"]) != 1 || len(form["sign"]) != 1 {
		return delivery.News{}, delivery.ErrTrackingNews
	}
	param := form.Get("param")
	if salt.IsZero() || !signed(form.Get("sign"), param, string(salt.Reveal())) {
		return delivery.News{}, delivery.ErrTrackingSignature
	}
	var n notice
	if err := json.Unmarshal([]byte(param), &n); err != nil {
		return delivery.News{}, delivery.ErrTrackingNews.Because(errors.New("param is not JSON of the documented form"))
	}
	news, err := n.news()
	if err != nil {
		return delivery.News{}, delivery.ErrTrackingNews.Because(err)
	}
	return news, nil
}

func (n notice) news() (delivery.News, error) {
	company := n.LastResult.Company
	if n.AutoCheck == "1" && n.ComOld != "" {
		company = n.ComOld
	}
	i := slices.IndexFunc(delivery.Couriers(), func(c delivery.Courier) bool { return c.Kuaidi100 == company })
	if i < 0 || n.LastResult.Number == "" {
		return delivery.News{}, fmt.Errorf("of courier %.40q", company)
	}
	out := delivery.News{Courier: delivery.Couriers()[i].Code, TrackingNo: strings.ToUpper(n.LastResult.Number)}
	switch n.Status {
	case "polling", "updateall":
	case "shutdown":
		out.Ended = true
	case "abort":
		out.Ended, out.Problem = true, printable(n.Message)
	default:
		return delivery.News{}, fmt.Errorf("status %.20q", n.Status)
	}
	var err error
	out.Events, err = n.LastResult.events()
	return out, err
}
