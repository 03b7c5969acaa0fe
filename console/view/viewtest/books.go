package viewtest

import (
	"time"

	"galleria/console/view"
	"galleria/payments"
	"galleria/payments/ledger"
)

func bookNames() view.BookNames {
	return view.BookNames{ledger.Receivable(payments.WeChat, 1): "山野咖啡 微信支付"}
}

func balances() []ledger.Balance {
	return []ledger.Balance{
		{Account: ledger.Receivable(payments.WeChat, 1), Class: ledger.Asset, DebitFen: 128_050, CreditFen: 8_800, BalanceFen: 319_250},
		{Account: ledger.Bank, Class: ledger.Asset, DebitFen: 0, CreditFen: 0, BalanceFen: 90_000},
		{Account: ledger.Surplus, Class: ledger.Liability, DebitFen: 0, CreditFen: 3_000, BalanceFen: 3_000},
		{Account: ledger.Sales, Class: ledger.Income, CreditFen: 125_050, BalanceFen: 420_000},
		{Account: ledger.Refunds, Class: ledger.Income, DebitFen: 8_000, BalanceFen: -12_950},
		{Account: ledger.Fees(payments.WeChat), Class: ledger.Expense, DebitFen: 800, BalanceFen: 800},
	}
}

func journal() ledger.Journal {
	return ledger.Journal{
		No: 42, Kind: ledger.KindCapture, Ref: "P26112100000000000042", Day: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), At: ago(3 * time.Hour), Actor: "provider",
		Transfers: []ledger.Transfer{{Debit: ledger.Receivable(payments.WeChat, 1), Credit: ledger.Sales, AmountFen: 12_800}},
	}
}

func (f Frame) books() []Sample {
	period := view.BooksPeriod{From: "2026-11-01", To: "2026-11-21"}
	page := func(key string, args ...any) view.Page { return f.page("nav.books", f.Text.T(key, args...)) }
	refund, reversed := journal(), journal()
	refund.No, refund.Kind, refund.Ref, refund.At = 41, ledger.KindRefund, "R26112000000000000007", ago(30*time.Hour)
	reversed.ReversedBy, reversed.Note = 43, "<b>记错了</b>"
	return []Sample{
		{"books", view.BooksPage(page("books.title"), view.Books{Period: period, Balances: balances(), Names: bookNames(), MayExport: true})},
		{"books_none", view.BooksPage(page("books.title"), view.Books{Period: view.BooksPeriod{From: "2026-11-21", To: "2026-11-01", Invalid: "filter.bad_range"}})},
		{"books_account", view.LedgerAccountPage(page("books.account.receivable"), view.LedgerAccount{
			Period: period, Names: bookNames(), Balance: balances()[0], OnFirst: true, Next: 41,
			Rows: []ledger.Entry{{Journal: journal(), Other: ledger.Sales, AmountFen: 12_800}, {Journal: refund, Other: ledger.Refunds, AmountFen: -8_000}},
		})},
		{"books_account_none", view.LedgerAccountPage(page("books.account.bank"), view.LedgerAccount{Period: period, Balance: balances()[1], OnFirst: true})},
		{"books_journal", view.JournalPage(page("books.journal", "42"), view.JournalShow{Journal: journal(), Names: bookNames(), MayReverse: true})},
		{"books_journal_refused", view.JournalPage(page("books.journal", "42"), view.JournalShow{Journal: journal(), Names: bookNames(), MayReverse: true, Reason: "x", Problem: f.Text.T("books.unconfirmed")})},
		{"books_journal_reversed", view.JournalPage(page("books.journal", "42"), view.JournalShow{Journal: reversed, Names: bookNames(), MayReverse: true})},
	}
}
