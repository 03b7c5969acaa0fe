package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/payments/account"
)

// relationGroup is the group of WeChat Pay's form that asks who signs.
const relationGroup = 2

// relationOf is the relation of a new account: the page was chosen for it.
func relationOf(c *fiber.Ctx) account.Relation {
	chosen := form(c, "relation")
	if c.Method() == fiber.MethodGet {
		chosen = c.Query("relation")
	}
	if chosen == string(account.ServiceProvider) {
		return account.ServiceProvider
	}
	return account.DirectMerchant
}

// relationShown is the relation as typed, or as the account has it.
func relationShown(c *fiber.Ctx, shown *readmodel.Account) account.Relation {
	if typed := form(c, "relation"); typed != "" {
		return account.Relation(typed)
	}
	if shown != nil && shown.SpMchID != "" {
		return account.ServiceProvider
	}
	return account.DirectMerchant
}

func relationOptions(v *visit) []view.Option {
	options := []view.Option{}
	for _, r := range []account.Relation{account.DirectMerchant, account.ServiceProvider} {
		options = append(options, view.Option{Value: string(r), Label: v.text.T("collect.relation." + string(r))})
	}
	return options
}
