package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
)

// accountList shows the shop's merchant accounts and their callback addresses.
func (s *Console) accountList(c *fiber.Ctx, v *visit) error {
	accounts, err := s.pages.Accounts(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	if v.look != nil {
		for i := range accounts {
			maskFindings(accounts[i].Anomalies)
		}
	}
	cards := make([]view.AccountCard, 0, len(accounts))
	for _, a := range accounts {
		cards = append(cards, view.AccountCard{Account: a, CallbackURL: s.origin + "/notify/" + a.Channel + "/" + a.AccountKey})
	}
	return render(c, view.AccountListPage(s.page(c, v, v.text.T("account.title"), "nav.accounts"), view.AccountList{Accounts: cards}))
}
