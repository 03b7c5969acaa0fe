package app

import (
	"context"
	"errors"
	"fmt"

	"galleria/commerce/notice"
	"galleria/commerce/notice/smtp"
	"galleria/console/authz"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// mailer sends shops' mails. On a development installation a shop may use the desk's server,
// which is started here.
func (g *Ground) mailer() (notice.Mailer, error) {
	if g.Desk == nil {
		return smtp.New(""), nil
	}
	if g.deskMail == nil {
		var err error
		if g.deskMail, err = g.Desk.ListenSMTP(context.Background()); err != nil {
			return nil, fmt.Errorf("mail server of development: %w", err)
		}
	}
	return smtp.New(g.deskMail.Addr()), nil
}

// people are the staff of shops as those who send them mail know them.
type people struct {
	*Ground
	rights *authz.Enforcer
}

// MailOf implements handle.People.
func (p people) MailOf(ctx context.Context, id tenant.ID, accountID int64, permission string) (address, board string, err error) {
	granted, err := p.rights.Granted(ctx, id, accountID)
	if err != nil {
		return "", "", err
	}
	if !granted[authz.Permission(permission)] || !granted[authz.DashboardRead] {
		return "", "", nil
	}
	person, err := p.Staff.ByID(ctx, accountID)
	if errors.Is(err, fault.ErrNotFound) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	shop, err := p.Registry.ByID(ctx, id)
	if err != nil {
		return "", "", fmt.Errorf("whose board: %w", err)
	}
	return person.Mail, p.Config.PublicURL + "/console/" + shop.Handle + "/notices", nil
}
