package demo

import (
	"context"
	"errors"
	"fmt"

	"galleria/cmd/internal/tryout"
	"galleria/commerce/notice"
	"galleria/commerce/order"
	"galleria/console/staff"
	"galleria/payments/sandbox"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/provision"
	"galleria/tenant/tenantdb"
)

// shopPlan is a shop as it should become.
type shopPlan struct {
	handle, name  string
	appID, appTag string // the Mini Program and what it is called
	mchID         string
	channels      channelPlan
	templateID    string
	salt          uint64 // makes this shop's history its own
	staff         []staffPlan
	people        []person
	categories    []categoryPlan
	counter       []productPlan // vouchers
}

type staffPlan struct{ login, name, role string }

// finished says whether the shop is there with everything in it.
func finished(ctx context.Context, d Deps, plan shopPlan) (bool, error) {
	shop, err := d.Registry.ByHandle(ctx, plan.handle)
	if errors.Is(err, fault.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	templates, err := d.Notices.Templates(ctx, shop.ID, plan.appID)
	return len(templates) > 0, err
}

func (s *seeding) open(ctx context.Context) (err error) {
	s.shop, err = s.Provision.OpenShop(ctx, provision.ShopInput{RequestKey: "demo:" + s.plan.handle, Handle: s.plan.handle, Name: s.plan.name})
	if err != nil {
		return err
	}
	if err := s.Staff.EnsureRoles(ctx, s.shop); err != nil {
		return err
	}
	// A plan with everything, since the shop shows everything.
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error { return s.Plans.AssignTx(ctx, tx, s.shop.ID, "pro", "system", "demo") })
	if err != nil {
		return err
	}
	app, ok := tenant.ParseAppID(s.plan.appID)
	if !ok {
		return fault.Invalidf("app_id", "%s is no AppID", s.plan.appID)
	}
	s.app = app
	return nil
}

func (s *seeding) hire(ctx context.Context) error {
	for _, p := range s.plan.staff {
		m, err := s.Staff.Add(ctx, staff.AddInput{Login: p.login, Name: p.name, Password: s.Password(p.login), Mail: p.login + mailHost})
		if errors.Is(err, staff.ErrLoginTaken) {
			m, err = s.Staff.ByLogin(ctx, p.login)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.login, err)
		}
		if err := s.Staff.Grant(ctx, s.shop.ID, m.ID, p.role); err != nil {
			return fmt.Errorf("%s: %w", p.login, err)
		}
	}
	return nil
}

// connect makes the shop a merchant at the sandbox and gives it the keys, as its owner
// would paste them in.
func (s *seeding) connect(ctx context.Context) error {
	var err error
	s.merchant, s.accountKey, err = tryout.Connect(ctx,
		tryout.Rooms{Registry: s.Registry, MiniProgram: s.MiniProgram, Accounts: s.Accounts}, tryout.Here{Server: s.Sandbox},
		tryout.ConnectInput{
			Shop: s.shop.ID, AppID: s.plan.appID, AppName: s.plan.appTag, MchID: s.plan.mchID, AccountName: s.plan.name + "（沙箱）",
			SandboxURL: s.SandboxURL, Actor: "",
		})
	return err
}

// mailHost is where the demo's people have their mail; nothing of it leaves the machine.
const mailHost = "@demo.galleria.example"

// mail has the shop's mails go to the desk of development, and its people get what the board tells.
func (s *seeding) mail(ctx context.Context) error {
	if !s.MailDesk {
		return nil
	}
	err := s.Notices.SetMail(ctx, s.shop.ID, notice.MailInput{
		Provider: notice.MailDesk, SenderName: s.plan.name, SenderAddress: s.plan.handle + mailHost, Actor: "system",
	})
	if err != nil {
		return err
	}
	for _, p := range s.plan.staff {
		m, err := s.Staff.ByLogin(ctx, p.login)
		if err != nil {
			return err
		}
		if err := s.Notices.ChooseMail(ctx, s.shop.ID, m.ID, []string{notice.OrderPaid, notice.CaseOpened}, "zh-CN"); err != nil {
			return err
		}
	}
	return nil
}

// PushURL is where an installation takes the messages of an app.
func PushURL(publicURL, appID string) string { return publicURL + "/notify/miniprogram/" + appID }

// push has the sandbox tell the shop what it thinks of pictures. It is entered without the
// question for an echo: nothing answers yet.
func (s *seeding) push(ctx context.Context) error {
	keys, err := s.MiniProgram.NewPush(ctx, s.shop.ID, s.app)
	if err != nil {
		return err
	}
	_, err = s.Sandbox.AddApp(sandbox.AppInput{AppID: s.plan.appID, Push: sandbox.Push{URL: PushURL(s.PublicURL, s.plan.appID), Token: keys.Token, AESKey: keys.AESKey}})
	return err
}

// finish stores the template of the message about a paid order, here and at the provider.
// It is the last step: finished looks for it.
func (s *seeding) finish(ctx context.Context) error {
	s.Clock.Release()
	fields := map[string]string{"character_string1": "order_no", "thing2": "title", "amount3": "amount", "time4": "paid_at"}
	_, err := s.Sandbox.AddTemplate(sandbox.Template{
		AppID: s.plan.appID, TemplateID: s.plan.templateID, Title: "订单支付成功通知", Keywords: []string{"character_string1", "thing2", "amount3", "time4"},
	})
	if err != nil {
		return err
	}
	return s.Notices.PutTemplate(ctx, s.shop.ID, notice.Template{
		AppID: s.plan.appID, Event: string(order.TopicPaid), TemplateID: s.plan.templateID, Page: "pages/order/detail?no={order_no}", Fields: fields,
	})
}
