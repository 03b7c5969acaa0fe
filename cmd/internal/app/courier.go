package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/google/uuid"

	"galleria/commerce/notice"
	"galleria/console/courier"
	"galleria/tenant/vault"
)

// mail is the courier of mail where a server is configured, else none.
func (c Config) mail(log *slog.Logger) (courier.Ways, error) {
	if c.SMTPURL == "" {
		return nil, nil
	}
	smtp, err := courier.NewSMTP(courier.SMTPConfig{URL: c.SMTPURL, From: c.MailFrom}, log)
	return courier.Ways{smtp}, err
}

var errSMSAccount = errors.New("want all of GALLERIA_SMS_KEY_ID, GALLERIA_SMS_KEY_SECRET, GALLERIA_SMS_SIGN and GALLERIA_SMS_TEMPLATES, or none")

// texts is the courier of text messages where an account is configured, else none.
func (c Config) texts(vendor notice.Texter, log *slog.Logger) (courier.Ways, error) {
	account := []string{c.SMSKeyID, c.SMSKeySecret, c.SMSSign, c.SMSTemplates}
	switch {
	case !slices.ContainsFunc(account, func(v string) bool { return v != "" }):
		return nil, nil
	case slices.Contains(account, ""):
		return nil, errSMSAccount
	}
	templates, err := courier.ParseTemplates(c.SMSTemplates)
	key := notice.SMSKey{Provider: notice.SMSVendor, KeyID: c.SMSKeyID, Secret: vault.NewSecret([]byte(c.SMSKeySecret)), SignName: c.SMSSign}
	return courier.Ways{courier.NewTemplateSMS(staffTexts{vendor, key}, templates, log)}, err
}

// Courier is what sends messages to people who work in the console: mail where a server is
// configured, text messages by a vendor where an account is.
func (c Config) Courier(vendor notice.Texter, log *slog.Logger) (courier.Ways, error) {
	mail, err := c.mail(log)
	if err != nil {
		return nil, err
	}
	texts, err := c.texts(vendor, log)
	return append(mail, texts...), err
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
