package app

import (
	"context"
	"errors"
	"log/slog"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/console/courier"
	"galleria/tenant/vault"
)

// mail is the courier of mail, nil where no server is configured.
func (c Config) mail(log *slog.Logger) (courier.Courier, error) {
	if c.SMTPURL == "" {
		return nil, nil //nolint:nilnil // mail is a choice
	}
	return courier.NewSMTP(courier.SMTPConfig{URL: c.SMTPURL, From: c.MailFrom}, log)
}

var errSMSAccount = errors.New("want all of GALLERIA_SMS_KEY_ID, GALLERIA_SMS_KEY_SECRET, GALLERIA_SMS_SIGN and GALLERIA_SMS_TEMPLATES, or none")

// sms is the templates of text messages and the account that sends them; no templates where none
// is configured.
func (c Config) sms() (courier.Templates, notice.SMSKey, error) {
	given := 0
	for _, v := range []string{c.SMSKeyID, c.SMSKeySecret, c.SMSSign, c.SMSTemplates} {
		if v != "" {
			given++
		}
	}
	switch given {
	case 0:
		return nil, notice.SMSKey{}, nil
	case 4: //nolint:mnd // all of them
	default:
		return nil, notice.SMSKey{}, errSMSAccount
	}
	t, err := courier.ParseTemplates(c.SMSTemplates)
	return t, notice.SMSKey{Provider: notice.SMSVendor, KeyID: c.SMSKeyID, Secret: vault.NewSecret([]byte(c.SMSKeySecret)), SignName: c.SMSSign}, err
}

// Courier is what sends messages to people who work in the console: mail where a server is
// configured, text messages by a vendor where an account is.
func (c Config) Courier(vendor notice.Texter, log *slog.Logger) (courier.Courier, error) {
	var ways courier.Ways
	mail, err := c.mail(log)
	if err != nil {
		return nil, err
	}
	if mail != nil {
		ways = append(ways, mail)
	}
	templates, key, err := c.sms()
	if err != nil {
		return nil, err
	}
	if len(templates) > 0 {
		ways = append(ways, courier.NewTemplateSMS(staffTexts{vendor, key}, templates, log))
	}
	if len(ways) == 0 {
		return courier.None{}, nil
	}
	return ways, nil
}

// staffTexts sends the installation's own text messages, to merchants and staff, by the account
// that it has at the vendor.
type staffTexts struct {
	vendor notice.Texter
	key    notice.SMSKey
}

// SendTemplate implements courier.Texter.
func (s staffTexts) SendTemplate(ctx context.Context, phone, template string, values map[string]string) error {
	_, err := s.vendor.SendText(ctx, s.key, notice.Text{Phone: vault.NewSecret([]byte(phone)), Template: template, Values: values, OutID: uuid.NewString()})
	return err
}
