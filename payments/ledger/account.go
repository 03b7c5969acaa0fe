package ledger

import (
	"fmt"
	"regexp"
	"strings"

	"galleria/payments"
)

// Account names an account; doc.go lists them.
type Account string

// The accounts that have one name.
const (
	Bank        Account = "bank"
	Sales       Account = "sales"
	Refunds     Account = "refunds"
	Surplus     Account = "surplus"
	Unexplained Account = "unexplained"
)

// Receivable is what a provider holds for the shop under one merchant account.
func Receivable(channel payments.Code, accountID int64) Account {
	return Account(fmt.Sprintf("receivable:%s:%d", channel, accountID))
}

// Fees is what a provider has kept.
func Fees(channel payments.Code) Account { return Account("fees:" + string(channel)) }

// Payouts is what was paid to members; what says for what.
func Payouts(what string) Account { return Account("payouts:" + what) }

// Payable is what is owed to members; what says for what.
func Payable(what string) Account { return Account("payable:" + what) }

// Discount is what was given to buyers; what says as what.
func Discount(what string) Account { return Account("discount:" + what) }

// Class says on which side of the books an account grows.
type Class string

// The classes.
const (
	Asset     Class = "asset"
	Liability Class = "liability"
	Income    Class = "income"
	Expense   Class = "expense"
)

var accountPattern = regexp.MustCompile(`^[a-z]+(:[a-z0-9_]{1,32}){0,2}$`)

// Class returns the account's class; ok is false for a name that is no account.
func (a Account) Class() (c Class, ok bool) {
	if !accountPattern.MatchString(string(a)) {
		return "", false
	}
	family, rest, _ := strings.Cut(string(a), ":")
	families := map[string]struct {
		class Class
		parts bool // has more parts than its family
	}{
		"receivable": {Asset, true}, "bank": {Asset, false},
		"sales": {Income, false}, "refunds": {Income, false},
		"fees": {Expense, true}, "payouts": {Expense, true}, "discount": {Expense, true},
		"surplus": {Liability, false}, "unexplained": {Liability, false}, "payable": {Liability, true},
	}
	f, known := families[family]
	if !known || f.parts != (rest != "") {
		return "", false
	}
	return f.class, true
}

// DebitIncreases says that the account's balance is shown as debits less credits.
func (c Class) DebitIncreases() bool { return c == Asset || c == Expense }
