package verify_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"galleria/console/courier"
	"galleria/console/verify"
	"galleria/tenant/tenanttest"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"li@shop.example": "li@shop.example", " Li.Hua+x@Shop.EXAMPLE ": "li.hua+x@shop.example",
		"13800000000": "13800000000", "+86 138-0000-0000": "13800000000", "8613800000000": "13800000000",
		"": "", "li": "", "li@shop": "", "@shop.example": "", "li@": "", "Li <li@shop.example>": "", "li@shop.example, x@y.zz": "",
		"li@shop.example\r\nBcc: x@y.zz": "", "li@-shop.example": "", "李@shop.example": "", "li@[127.0.0.1]": "",
		"12345678901": "", "1380000000": "", "+1 415 555 0100": "", "１３８００００００００": "",
		strings.Repeat("a", 120) + "@shop.example": "",
	} {
		got, ok := verify.ParseAddress(typed)
		if ok != (want != "") || (ok && got.Text != want) {
			t.Errorf("%q: %+v, %v; want %q", typed, got, ok, want)
		}
	}
	phone, _ := verify.ParseAddress("13812345678")
	mail, _ := verify.ParseAddress("lihua@shop.example")
	if phone.To() != "+8613812345678" || phone.Masked() != "138****5678" || mail.Masked() != "li***@shop.example" {
		t.Errorf("%s %s %s", phone.To(), phone.Masked(), mail.Masked())
	}
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "nonsense": "unknown",
	} {
		if got := verify.Network(ip); got != want {
			t.Errorf("%s: %s, want %s", ip, got, want)
		}
	}
}

// Parallel requests for one address from many places send one message; parallel guesses
// count one by one; only a digest of the code is stored.
func TestCountsHoldInParallel(t *testing.T) {
	t.Parallel()
	env := tenanttest.NewAlone(t)
	desk := courier.NewDesk(env.Clock().Now)
	s := verify.New(verify.Deps{DB: env.DB, Courier: desk, Secret: []byte(strings.Repeat("v", 32))})
	address, _ := verify.ParseAddress("li@shop.example")
	var wait sync.WaitGroup
	begun := make([]error, 12)
	for i := range begun {
		wait.Go(func() {
			begun[i] = s.Begin(t.Context(), verify.BeginInput{
				Visitor: "one", Purpose: verify.SignUp, Address: address, Network: fmt.Sprintf("192.0.2.%d", i),
				Message: func(code string) courier.Message { return courier.Message{Text: code} },
			})
		})
	}
	wait.Wait()
	for _, err := range begun {
		if err != nil && !errors.Is(err, verify.ErrTooSoon) {
			t.Error(err)
		}
	}
	if n := len(desk.Messages()); n != 1 {
		t.Fatalf("%d messages to one address at once, want 1", n)
	}
	code := desk.Messages()[0].Text
	guesses := make([]error, 12)
	for i := range guesses {
		wait.Go(func() { guesses[i] = s.Check(t.Context(), "one", verify.SignUp, "x"+code) })
	}
	wait.Wait()
	wrong := 0
	for _, err := range guesses {
		if errors.Is(err, verify.ErrWrongCode) {
			wrong++
		}
	}
	if wrong != verify.MaxTries-1 {
		t.Errorf("%d guesses were told wrong, want %d and then spent", wrong, verify.MaxTries-1)
	}
	if err := s.Check(t.Context(), "one", verify.SignUp, code); !errors.Is(err, verify.ErrSpent) {
		t.Errorf("the right code afterwards: %v", err)
	}
}
