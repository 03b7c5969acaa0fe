package console

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/payments"
	"galleria/payments/account"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Channels tries keys at their provider; *payments.Service is one.
type Channels interface {
	Has(channel payments.Code) bool
	Probe(ctx context.Context, acc payments.Account) error
}

// accountList shows the shop's merchant accounts, and which serves which app.
func (s *Console) accountList(c *fiber.Ctx, v *visit) error {
	accounts, err := s.accountsOf(c, v)
	if err != nil {
		return err
	}
	apps, err := s.MiniPrograms.Apps(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	list := view.AccountList{MayUpdate: v.granted[authz.PaymentAccountUpdate], Done: done(c, v)}
	for _, channel := range []payments.Code{payments.WeChat, payments.Alipay, payments.UnionPay} {
		g := view.AccountGroup{Channel: string(channel), Built: s.Channels.Has(channel)}
		for _, a := range accounts {
			if a.Channel == string(channel) {
				g.Accounts = append(g.Accounts, s.accountCard(a))
			}
		}
		if len(g.Accounts) > 0 {
			list.Groups = append(list.Groups, g)
		}
	}
	for _, a := range apps {
		row := view.ServedApp{AppID: a.ID.String(), Name: a.Name}
		for _, g := range list.Groups {
			cell := view.ServedBy{Channel: g.Channel, Servable: servable(g.Channel, a)}
			if by := server(accounts, g.Channel, a.ID.String()); by != nil {
				cell.ID, cell.Name, cell.Mode, cell.Enabled = by.ID, by.Name, by.Mode, by.Status == "active"
			}
			row.By = append(row.By, cell)
		}
		list.Apps = append(list.Apps, row)
	}
	return render(c, view.AccountListPage(s.page(c, v, v.text.T("account.title"), "nav.accounts"), list))
}

func (s *Console) accountsOf(c *fiber.Ctx, v *visit) ([]readmodel.Account, error) {
	accounts, err := s.pages.Accounts(c.UserContext(), v.shop.ID)
	if err == nil && v.look != nil {
		for i := range accounts {
			maskFindings(accounts[i].Anomalies)
		}
	}
	return accounts, err
}

func (s *Console) accountCard(a readmodel.Account) view.AccountCard {
	return view.AccountCard{
		Account: a, CallbackURL: s.origin + "/notify/" + a.Channel + "/" + a.AccountKey, Now: s.Now(),
		Check: checkView(a.Channel, account.Check{
			At: whenOf(a.CheckedAt), Outcome: account.Outcome(a.CheckOutcome), Code: a.CheckCode, Message: a.CheckMessage, Current: a.CheckCurrent,
		}),
	}
}

// whenOf is a time that may be missing.
func whenOf(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}

func checkView(channel string, found account.Check) *view.KeyCheck {
	return &view.KeyCheck{
		Channel: channel, Outcome: string(found.Outcome), Code: found.Code, Message: found.Message, At: found.At,
		Stale: !found.Current && found.Outcome != account.Unchecked, Wrong: found.Outcome.Wrong(),
	}
}

// accountOf finds the account of the address. Faults: NOT_FOUND.
func (s *Console) accountOf(c *fiber.Ctx, v *visit) (readmodel.Account, error) {
	id, err := pathID(c, "id")
	if err != nil {
		return readmodel.Account{}, err
	}
	accounts, err := s.accountsOf(c, v)
	if err != nil {
		return readmodel.Account{}, err
	}
	for _, a := range accounts {
		if a.ID == id {
			return a, nil
		}
	}
	return readmodel.Account{}, fault.ErrNotFound
}

func accountURL(v *visit, id int64) string {
	return view.Shop{Handle: v.shop.Handle}.URL("/payment-accounts/" + strconv.FormatInt(id, 10))
}

func (s *Console) toAccount(c *fiber.Ctx, v *visit, id int64, did string) error {
	return c.Redirect(accountURL(v, id)+"?done="+did, fiber.StatusSeeOther)
}

// paymentAccountShow shows one account with all that can be done about it.
func (s *Console) paymentAccountShow(c *fiber.Ctx, v *visit) error {
	return s.showPaymentAccount(c, v, view.AccountShow{})
}

func (s *Console) showPaymentAccount(c *fiber.Ctx, v *visit, page view.AccountShow) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	accounts, err := s.accountsOf(c, v)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(accounts, func(a readmodel.Account) bool { return a.ID == id })
	if at < 0 {
		return fault.ErrNotFound
	}
	a := accounts[at]
	apps, err := s.MiniPrograms.Apps(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	page.AccountCard, page.Built = s.accountCard(a), s.Channels.Has(payments.Code(a.Channel))
	page.MayUpdate, page.Done = v.granted[authz.PaymentAccountUpdate], done(c, v)
	if page.NewName == "" {
		page.NewName = a.Name
	}
	for _, app := range apps {
		choice := view.AppChoice{AppID: app.ID.String(), Name: app.Name, Ticked: slices.Contains(a.AppIDs, app.ID.String())}
		if !choice.Ticked && !servable(a.Channel, app) {
			continue
		}
		if by := server(accounts, a.Channel, app.ID.String()); by != nil && by.ID != a.ID {
			choice.By, choice.ByName, choice.ByMode = by.ID, by.Name, by.Mode
		}
		page.Apps = append(page.Apps, choice)
	}
	for _, bound := range a.AppIDs { // an AppID that left the shop is still shown
		if !slices.ContainsFunc(page.Apps, func(app view.AppChoice) bool { return app.AppID == bound }) {
			page.Apps = append(page.Apps, view.AppChoice{AppID: bound, Name: bound, Ticked: true})
		}
	}
	return render(c, view.AccountShowPage(s.page(c, v, a.Name, "nav.accounts"), page))
}

// tryKeys has the provider asked; what comes out stands on the account's page.
func (s *Console) tryKeys(c *fiber.Ctx, v *visit, id int64) {
	_, err := s.Accounts.CheckNow(c.UserContext(), v.shop.ID, account.CheckInput{AccountID: id, Actor: actor(v.session.StaffID), Probe: s.Channels.Probe})
	if err != nil {
		s.note(c, v, err) // it can be asked again
	}
}

// trial is a probe that keeps what came out; anything but fitting keys is an error.
func (s *Console) trial(channel payments.Code, found **account.Check) func(ctx context.Context, acc payments.Account) error {
	return func(ctx context.Context, acc payments.Account) error {
		err := s.Channels.Probe(ctx, acc)
		if err != nil {
			judged := account.Judge(channel, err)
			judged.Current = true
			*found = &judged
		}
		return err
	}
}

// paymentAccountCheck has the keys tried now.
func (s *Console) paymentAccountCheck(c *fiber.Ctx, v *visit) error {
	a, err := s.accountOf(c, v)
	if err != nil {
		return err
	}
	_, err = s.Accounts.CheckNow(c.UserContext(), v.shop.ID, account.CheckInput{AccountID: a.ID, Actor: actor(v.session.StaffID), Probe: s.Channels.Probe})
	if errors.Is(err, account.ErrCheckedJustNow) {
		s.note(c, v, err)
		c.Status(fiber.StatusTooManyRequests)
		return s.showPaymentAccount(c, v, view.AccountShow{Problem: sentence(v, err)})
	}
	if err != nil {
		return err
	}
	return s.toAccount(c, v, a.ID, "account_checked")
}

// paymentAccountRename gives the account another name.
func (s *Console) paymentAccountRename(c *fiber.Ctx, v *visit) error {
	a, err := s.accountOf(c, v)
	if err != nil {
		return err
	}
	name := strings.TrimSpace(form(c, "name"))
	err = s.Accounts.Rename(c.UserContext(), v.shop.ID, a.ID, name, actor(v.session.StaffID))
	if refused, ok := errors.AsType[*fault.Error](err); ok && len(refused.Fields()) > 0 {
		s.note(c, v, err)
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showPaymentAccount(c, v, view.AccountShow{NewName: name, NameBad: refused.Fields()[0].Text(string(v.text.Lang()))})
	}
	if err != nil {
		return err
	}
	return s.toAccount(c, v, a.ID, "account_renamed")
}

// paymentAccountStatus turns the account on or, once confirmed, off.
func (s *Console) paymentAccountStatus(c *fiber.Ctx, v *visit) error {
	a, err := s.accountOf(c, v)
	if err != nil {
		return err
	}
	enable := form(c, "status") == "active"
	if !enable && form(c, "sure") != "1" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showPaymentAccount(c, v, view.AccountShow{Problem: v.text.T("collect.unsure")})
	}
	if err := s.Accounts.SetEnabled(c.UserContext(), v.shop.ID, a.ID, enable, actor(v.session.StaffID)); err != nil {
		return err
	}
	if enable {
		return s.toAccount(c, v, a.ID, "account_enabled")
	}
	return s.toAccount(c, v, a.ID, "account_disabled")
}

// paymentAccountBind makes the account serve an app. Taking it from another account, its
// test account say, has to be confirmed.
func (s *Console) paymentAccountBind(c *fiber.Ctx, v *visit) error {
	a, err := s.accountOf(c, v)
	if err != nil {
		return err
	}
	appID, ok := tenant.ParseAppID(form(c, "app_id"))
	from, err := strconv.ParseInt("0"+form(c, "from"), 10, 64)
	if !ok || err != nil {
		return fault.ErrNotFound
	}
	if from != 0 && form(c, "sure") != "1" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showPaymentAccount(c, v, view.AccountShow{Problem: v.text.T("collect.unsure")})
	}
	err = s.Accounts.Bind(c.UserContext(), v.shop.ID, account.BindInput{AccountID: a.ID, AppID: appID, From: from, Actor: actor(v.session.StaffID)})
	if refused, ok := errors.AsType[*fault.Error](err); ok && (refused.Kind() == fault.Conflict || refused.Kind() == fault.Invalid) {
		s.note(c, v, err)
		c.Status(fiber.StatusConflict)
		page := view.AccountShow{Problem: textOf(v, err)}
		if len(refused.Fields()) > 0 {
			page.Problem = refused.Fields()[0].Text(string(v.text.Lang()))
		}
		return s.showPaymentAccount(c, v, page)
	}
	if err != nil {
		return err
	}
	return s.toAccount(c, v, a.ID, "app_bound")
}

// paymentAccountUnbind ends, once confirmed, that the account serves an app.
func (s *Console) paymentAccountUnbind(c *fiber.Ctx, v *visit) error {
	a, err := s.accountOf(c, v)
	if err != nil {
		return err
	}
	if form(c, "sure") != "1" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showPaymentAccount(c, v, view.AccountShow{Problem: v.text.T("collect.unsure")})
	}
	if err := s.Accounts.Unbind(c.UserContext(), v.shop.ID, a.ID, form(c, "app_id"), actor(v.session.StaffID)); err != nil {
		return err
	}
	return s.toAccount(c, v, a.ID, "app_unbound")
}
