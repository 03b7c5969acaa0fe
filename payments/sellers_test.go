package payments_test

import (
	"net/http"
	"net/url"
	"testing"

	"galleria/payments"
	"galleria/payments/sandbox/alipaygw"
	"galleria/payments/sandbox/unionpaygw"
	"galleria/tenant/tenanttest"
)

// seller is a shop that is paid through one channel, as its provider and its buyers see it:
// what is asked of every channel is asked of it. The provider's own callbacks are lost; only
// what a test hands over comes in.
type seller struct {
	*kit
	account payments.Account
	channel payments.Channel
	good    string // what the provider reads as "taken"

	// start asks for a payment, and returns its number and what the buyer does with it.
	start func(businessNo string) (no string, buy func() error)
	// tell is the provider's message about a number, after change and truly signed.
	tell func(no string, change func(map[string]string)) payments.Notice
	// number is what the message calls our number.
	number string
	// forge are messages about a number that nobody but a stranger would send.
	forge func(no string) map[string]payments.Notice
	// refunds are our numbers of the refunds that the provider has made.
	refunds func() []string
	// spoil makes the provider's next answer to a refund go wrong.
	spoil func(mode string) error
}

// process is one more process of the shop.
func (s *seller) process() *payments.Service {
	return s.serviceOf(oneAccount{s.account}, s.channel)
}

func sellers() map[string]func(*testing.T, ...tenanttest.Option) *seller {
	return map[string]func(*testing.T, ...tenanttest.Option) *seller{"alipay": newAlipaySeller, "unionpay": newUnionSeller}
}

// eachSeller runs a test for every channel beside WeChat Pay, whose own has the same name
// without the channel.
func eachSeller(t *testing.T, run func(t *testing.T, s *seller), options ...tenanttest.Option) {
	t.Helper()
	for name, open := range sellers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, open(t, options...))
		})
	}
}

// formOf is a message whose form was changed after it was signed.
func formOf(n payments.Notice, change func(url.Values)) payments.Notice {
	form, _ := url.ParseQuery(string(n.Body))
	change(form)
	return payments.Notice{Header: n.Header.Clone(), Body: []byte(form.Encode())}
}

// spoiled are the ways to spoil a signed form that every channel knows.
func spoiled(genuine payments.Notice, signature, amount string) map[string]payments.Notice {
	with := func(value string) payments.Notice {
		return formOf(genuine, func(v url.Values) { v.Set(signature, value) })
	}
	return map[string]payments.Notice{
		"no headers":             {Header: http.Header{}, Body: genuine.Body},
		"no signature":           formOf(genuine, func(v url.Values) { v.Del(signature) }),
		"empty signature":        with(""),
		"garbage signature":      with("!!!"),
		"body changed by a byte": formOf(genuine, func(v url.Values) { v.Set(amount, v.Get(amount)+"0") }),
		"WeChat Pay's form":      {Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"id":"EV-1"}`)},
	}
}

func newAlipaySeller(t *testing.T, options ...tenanttest.Option) *seller {
	t.Helper()
	k := newAlipayKit(t, options...)
	gateway := k.provider.Alipay()
	s := &seller{kit: k, account: k.opened, channel: alipayChannel(), good: "success", number: "out_trade_no"}
	s.start = func(businessNo string) (string, func() error) {
		brings, no := k.beginAlipay(businessNo, payments.MiniProgram)
		return no, func() error {
			_, err := gateway.Pay(brings)
			return err
		}
	}
	s.tell = func(no string, change func(map[string]string)) payments.Notice {
		return k.alipayNotice(alipaygw.NotificationInput{OutTradeNo: no, Status: "TRADE_SUCCESS", Mutate: change})
	}
	s.forge = func(no string) map[string]payments.Notice {
		signed := func(with alipaygw.SignWith) payments.Notice {
			return k.alipayNotice(alipaygw.NotificationInput{OutTradeNo: no, Status: "TRADE_SUCCESS", SignWith: with})
		}
		forged := spoiled(s.tell(no, nil), "sign", "total_amount")
		forged["other key's signature"], forged["signature of another text"] = signed(alipaygw.SignStranger), signed(alipaygw.SignOther)
		return forged
	}
	s.refunds = func() (numbers []string) {
		for _, r := range gateway.Books().Refunds {
			numbers = append(numbers, r.OutRequestNo)
		}
		return numbers
	}
	s.spoil = func(mode string) error { return gateway.Arm(alipaygw.Fault{Target: alipaygw.TargetRefund, Mode: mode}) }
	return s
}

func newUnionSeller(t *testing.T, options ...tenanttest.Option) *seller {
	t.Helper()
	k := newUnionKit(t, options...)
	s := &seller{kit: k.kit, account: k.account, channel: k.channel(), good: "ok", number: "orderId"}
	s.start = func(businessNo string) (string, func() error) {
		params, a := k.begin(businessNo, payments.App)
		return a.OutTradeNo, func() error {
			_, err := k.gateway.Pay(unionpaygw.PayInput{TN: params.TN})
			return err
		}
	}
	notice := func(in unionpaygw.NotificationInput) payments.Notice {
		in.MerID = unionMerchant
		h, body, err := k.gateway.Notification(in)
		if err != nil {
			t.Fatal(err)
		}
		return payments.Notice{Header: h, Body: body}
	}
	s.tell = func(no string, change func(map[string]string)) payments.Notice {
		return notice(unionpaygw.NotificationInput{OrderID: no, Mutate: change})
	}
	s.forge = func(no string) map[string]payments.Notice {
		forged := spoiled(s.tell(no, nil), "signature", "txnAmt")
		forged["certificate swapped"] = formOf(s.tell(no, nil), func(v url.Values) { v.Set("certId", "1"+v.Get("certId")) })
		for name, with := range map[string]unionpaygw.SignWith{
			"other key's signature": unionpaygw.SignWrongKey, "other chain": unionpaygw.SignOtherChain, "another merchant's": unionpaygw.SignOtherMerchant,
		} {
			forged[name] = notice(unionpaygw.NotificationInput{OrderID: no, Sign: with})
		}
		return forged
	}
	s.refunds = func() (numbers []string) {
		for _, trade := range k.gateway.Books().Trades {
			if trade.TxnType != "01" {
				numbers = append(numbers, trade.OrderID)
			}
		}
		return numbers
	}
	s.spoil = func(mode string) error {
		return k.gateway.Arm(unionpaygw.Fault{Target: unionpaygw.TargetRefund, Mode: mode})
	}
	return s
}

// handTo gives a message to a process, at the address of an account.
func (s *seller) handTo(process *payments.Service, key string, n payments.Notice) (payments.Ack, error) {
	return process.HandleNotification(s.t.Context(), s.Tenant.ID, key, n)
}

func (s *seller) hand(n payments.Notice) (payments.Ack, error) {
	return s.handTo(s.service, s.account.Key, n)
}

// wantTaken fails unless a message is answered as the provider wants it and nothing else.
func (s *seller) wantTaken(n payments.Notice) {
	s.t.Helper()
	if ack, err := s.hand(n); err != nil || ack.Status != http.StatusOK || string(ack.Body) != s.good {
		s.t.Errorf("genuine: %d %q %v, want exactly %q", ack.Status, ack.Body, err, s.good)
	}
}

// wantNotTaken fails if an answer could be read as "taken".
func (s *seller) wantNotTaken(name string, ack payments.Ack, err error) {
	s.t.Helper()
	if err == nil || ack.Status < http.StatusBadRequest || string(ack.Body) == s.good {
		s.t.Errorf("%s: %d %q %v, want not ok", name, ack.Status, ack.Body, err)
	}
}
