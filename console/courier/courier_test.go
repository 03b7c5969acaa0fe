package courier_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"galleria/console/courier"
)

func TestDeskKeepsTheNewest(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	desk := courier.NewDesk(func() time.Time { return at })
	for i := range 103 {
		if err := desk.Send(t.Context(), courier.Message{Way: courier.SMS, To: "+8613800000000", Text: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	got := desk.Messages()
	if len(got) != 100 || got[0].Text != "102" || got[99].Text != "3" || !got[0].At.Equal(at) {
		t.Errorf("%d messages from %q to %q, want 100 from 102 to 3", len(got), got[0].Text, got[len(got)-1].Text)
	}
}

func TestMessageIsNotLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	m := courier.Message{Way: courier.Mail, To: "who@example.com", Kind: "signup_code", Subject: "subject", Text: "code 123456"}
	slog.New(slog.NewJSONHandler(&log, nil)).Info("sent", "message", m)
	for _, secret := range []string{"who@", "subject", "123456"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log shows %q: %s", secret, log.String())
		}
	}
}
