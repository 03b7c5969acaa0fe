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
// which is started here, the first time; without it such mails do not go.
func (g *Ground) mailer() notice.Mailer {
	if g.Desk == nil {
		return smtp.New("")
	}
	if g.deskMail == nil {
		server, err := g.Desk.ListenSMTP(context.Background())
		if err != nil {
			g.Log.Error("the mail server of development does not listen", "error", err)
			return smtp.New("")
		}
		g.deskMail = server
	}
	return smtp.New(g.deskMail.Addr())
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
