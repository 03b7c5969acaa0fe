package payments

import (
	"context"
	"fmt"
	"slices"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Client is where a buyer looks at the shop.
type Client string

// The clients.
const (
	ClientWeChat  Client = "wechat"  // a Mini Program inside WeChat
	ClientAlipay  Client = "alipay"  // a Mini Program inside Alipay
	ClientBrowser Client = "browser" // a phone's browser
	ClientApp     Client = "app"     // the merchant's own app
	ClientPC      Client = "pc"      // a computer
)

// ways lists what may be offered in a client, best first. A Mini Program pays inside its
// provider's app only: neither takes the other's.
func (c Client) ways() (channels []Code, scenes []Scene) {
	all := []Code{WeChat, Alipay, UnionPay}
	switch c {
	case ClientWeChat:
		return []Code{WeChat}, []Scene{MiniProgram}
	case ClientAlipay:
		return []Code{Alipay}, []Scene{MiniProgram}
	case ClientBrowser:
		return all, []Scene{Web}
	case ClientApp:
		return all, []Scene{App}
	case ClientPC:
		return all, []Scene{PC, QR}
	}
	return nil, nil
}

// Text is a name or a sentence for people in both languages.
type Text struct{ ZH, EN string }

// Method is a way to pay: what Pay is to be asked for, and how people call it.
type Method struct {
	Code    string // channel and scene, "wechat_mini_program"; never changes
	Channel Code
	Scene   Scene
	Name    Text
}

// Serving is an account as Methods needs it: no key is read.
type Serving struct {
	Channel Code
	Mode    Mode
	Damaged bool // its keys did not open when they were last tried
}

// Methods says how a bill can be paid.
type Methods struct {
	List []Method
	None *fault.Error // why the list is empty; nil if it is not
}

// MethodsInput asks how a bill can be paid.
type MethodsInput struct {
	BusinessNo string
	AppID      string
	MemberID   int64 // compared with the bill's owner
	Client     Client
	Trial      bool // the shop is not open yet: accounts of the sandbox only
	Home       Code // whose Mini Program the app is: in it, nobody else is paid; empty for any
}

// Methods lists how a bill that can be paid now can be paid where the buyer is, best
// first: the accounts bound to the app, enabled and with keys that open, times the scenes
// that their channels serve there. Asks no provider. Opens a transaction of two statements
// in one round trip: the bill is the business's to read, the accounts are not. Faults:
// those of the BillSource, NOT_FOUND, PAYMENT_EXPIRED.
func (s *Service) Methods(ctx context.Context, id tenant.ID, in MethodsInput) (Methods, error) {
	var accounts []Serving
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		pipe := tx.Pipeline()
		pipe.Add(func(tx tenantdb.Tx) error {
			_, err := s.bill(ctx, tx, PayInput{BusinessNo: in.BusinessNo, AppID: in.AppID, MemberID: in.MemberID})
			return err
		})
		pipe.Add(func(tx tenantdb.Tx) (err error) {
			accounts, err = s.d.Accounts.Serving(ctx, tx, in.AppID)
			return err
		})
		return pipe.Run(ctx)
	})
	if err != nil {
		return Methods{}, fmt.Errorf("payment methods of %s: %w", in.BusinessNo, err)
	}
	return s.methods(accounts, in), nil
}

func (s *Service) methods(accounts []Serving, in MethodsInput) Methods {
	usable := func(a Serving) bool { return !a.Damaged && (a.Mode == Sandbox || !in.Trial) }
	out := Methods{List: []Method{}}
	channels, scenes := in.Client.ways()
	for _, code := range channels {
		ch, built := s.channels[code]
		if !built || !slices.ContainsFunc(accounts, func(a Serving) bool { return a.Channel == code && usable(a) }) {
			continue
		}
		seen := map[string]bool{}
		for _, scene := range scenes {
			if _, ok := served(ch, in.Home, scene); !ok {
				continue
			}
			// What the provider calls the same is offered once.
			if kind := ch.Identity(Account{}, scene, in.AppID).TradeType; kind != "" {
				if seen[kind] {
					continue
				}
				seen[kind] = true
			}
			out.List = append(out.List, Method{Code: string(code) + "_" + string(scene), Channel: code, Scene: scene, Name: methodName(code, scene)})
		}
	}
	switch {
	case len(out.List) > 0:
	case len(accounts) == 0:
		out.None = ErrNoAccount
	case !slices.ContainsFunc(accounts, usable):
		out.None = ErrMethodsPaused
	default:
		out.None = ErrMethodsElsewhere
	}
	return out
}
