package courier_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"galleria/console/courier"
)

// vendor keeps what it was given, or refuses.
type vendor struct {
	refuses  error
	phone    string
	template string
	values   map[string]string
}

func (v *vendor) SendTemplate(_ context.Context, phone, template string, values map[string]string) error {
	v.phone, v.template, v.values = phone, template, maps.Clone(values)
	return v.refuses
}

// TestTextsAreTemplates: a kind goes by its template with its values, names cut to what vendors
// take; a kind without one, or a mail, does not go; a refusal is a fault, and the log holds neither
// the number nor a value.
func TestTextsAreTemplates(t *testing.T) {
	t.Parallel()
	templates, err := courier.ParseTemplates("signup_code=SMS_1, signup_known=SMS_2, invite=SMS_3")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	v := &vendor{}
	c := courier.NewTemplateSMS(v, templates, slog.New(slog.NewJSONHandler(&log, nil)))
	long := strings.Repeat("很长的店名", 10)
	m := courier.Message{
		Way: courier.SMS, To: "+8613800000000", Kind: courier.Invite, Text: "whole letter",
		Values: map[string]string{courier.ValueShop: long, courier.ValueToken: strings.Repeat("t", 43)},
	}
	if err := c.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if shop := v.values["shop"]; v.phone != m.To || v.template != "SMS_3" || utf8.RuneCountInString(shop) != 20 || !strings.HasPrefix(long, strings.TrimSuffix(shop, "…")) || v.values["token"] != m.Values["token"] {
		t.Errorf("sent %+v", v)
	}
	for _, no := range []courier.Message{
		{Way: courier.SMS, To: "+8613800000000", Kind: courier.PasswordReset},
		{Way: courier.Mail, To: "a@b.test", Kind: courier.SignUpCode},
	} {
		if err := c.Send(t.Context(), no); !errors.Is(err, courier.ErrNoWay) || c.Goes(no.Way, no.Kind) {
			t.Errorf("%s by %s: %v, want MESSAGE_NOT_SENT", no.Kind, no.Way, err)
		}
	}
	v.refuses = errors.New("isv.BUSINESS_LIMIT_CONTROL")
	m.Kind, m.Values = courier.SignUpCode, map[string]string{courier.ValueCode: "123456"}
	if err := c.Send(t.Context(), m); !errors.Is(err, courier.ErrNoWay) {
		t.Errorf("refused: %v, want MESSAGE_NOT_SENT", err)
	}
	if said := log.String(); !strings.Contains(said, "BUSINESS_LIMIT") || strings.Contains(said, "13800") || strings.Contains(said, "123456") || strings.Contains(said, "letter") {
		t.Errorf("the log says %s", said)
	}
}

// TestWaysJoinCouriers: each message goes by who goes its way, and none by nobody.
func TestWaysJoinCouriers(t *testing.T) {
	t.Parallel()
	v := &vendor{}
	desk := courier.NewDesk(nil)
	mail, err := courier.NewSMTP(courier.SMTPConfig{URL: "smtps://mail.test", From: "a@b.test"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	sms := courier.NewTemplateSMS(v, courier.Templates{courier.SignUpCode: "SMS_1"}, slog.New(slog.DiscardHandler))
	for _, ways := range []courier.Ways{{mail, sms}, {sms, desk}} {
		v.template = ""
		if err := ways.Send(t.Context(), courier.Message{Way: courier.SMS, Kind: courier.SignUpCode}); err != nil || v.template != "SMS_1" {
			t.Errorf("%T: %v, %q", ways[0], err, v.template)
		}
	}
	none := courier.Ways{sms}
	if err := none.Send(t.Context(), courier.Message{Way: courier.Mail, Kind: courier.SignUpCode}); !errors.Is(err, courier.ErrNoWay) || none.Goes(courier.Mail, courier.SignUpCode) {
		t.Errorf("nobody: %v, want MESSAGE_NOT_SENT", err)
	}
}
