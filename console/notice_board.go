package console

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/notice"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
)

// Messages is what a shop tells and what its staff are told; *notice.Service is one.
type Messages interface {
	Board(ctx context.Context, id tenant.ID, accountID int64, may func(permission string) bool, before int64) (list []notice.Letter, next int64, err error)
	Unseen(ctx context.Context, id tenant.ID, accountID int64, may func(permission string) bool) (int64, error)
	See(ctx context.Context, id tenant.ID, accountID, until int64) error
	Settings(ctx context.Context, id tenant.ID) (notice.Settings, error)
	SaveSettings(ctx context.Context, id tenant.ID, on map[notice.Choice]bool, hours notice.Hours, actor string) error
	SMSAccount(ctx context.Context, id tenant.ID) (notice.SMSAccount, error)
	SetSMS(ctx context.Context, id tenant.ID, in notice.SMSInput) error
	SwitchSMS(ctx context.Context, id tenant.ID, on bool, actor string) error
	SaveSMSTemplate(ctx context.Context, id tenant.ID, t notice.SMSTemplate, actor string) error
	TestSMS(ctx context.Context, id tenant.ID, in notice.SMSTest) (code string, err error)
	MailAccount(ctx context.Context, id tenant.ID) (notice.MailAccount, error)
	SetMail(ctx context.Context, id tenant.ID, in notice.MailInput) error
	SwitchMail(ctx context.Context, id tenant.ID, on bool, actor string) error
	SaveMailTemplate(ctx context.Context, id tenant.ID, t notice.MailTemplate, actor string) error
	TestMail(ctx context.Context, id tenant.ID, in notice.MailTest) (code string, err error)
	MailChoice(ctx context.Context, id tenant.ID, accountID int64) ([]string, error)
	ChooseMail(ctx context.Context, id tenant.ID, accountID int64, events []string, lang string) error
	AskTest(ctx context.Context, id tenant.ID, in notice.Test) error
	SaveTemplate(ctx context.Context, id tenant.ID, t notice.Template, actor string) error
	DropTemplate(ctx context.Context, id tenant.ID, t notice.Template, actor string) error
	Log(ctx context.Context, id tenant.ID, state notice.State, before int64) (list []notice.Entry, next int64, err error)
}

// may reports what the viewer may see, by a permission's name.
func (v *visit) may(permission string) bool { return v.granted[authz.Permission(permission)] }

// noticeList shows what the staff are told.
func (s *Console) noticeList(c *fiber.Ctx, v *visit) error {
	before := cursor(c.Query("before"))
	board := view.Board{OnFirst: before == 0, Done: done(c, v)}
	var err error
	if board.Letters, board.Next, err = s.Messages.Board(c.UserContext(), v.shop.ID, v.session.StaffID, v.may, before); err != nil {
		return err
	}
	return render(c, view.BoardPage(s.page(c, v, v.text.T("notice.title"), ""), board))
}

// ring puts the bell into a page. A number that cannot be read is left out: the page itself is
// worth more.
func (s *Console) ring(c *fiber.Ctx, v *visit, p *view.Page) {
	if p.Bell = v.granted[authz.DashboardRead]; !p.Bell {
		return
	}
	n, err := s.Messages.Unseen(c.UserContext(), v.shop.ID, v.session.StaffID, v.may)
	if err != nil {
		s.note(c, v, err)
	}
	p.Unseen = n
}

// noticeSeen remembers up to where the viewer has looked.
func (s *Console) noticeSeen(c *fiber.Ctx, v *visit) error {
	until, err := strconv.ParseInt(form(c, "until"), 10, 64)
	if err == nil && until > 0 {
		if err := s.Messages.See(c.UserContext(), v.shop.ID, v.session.StaffID, until); err != nil {
			return err
		}
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(noticesPath+"?done=notices_seen"), fiber.StatusSeeOther)
}
