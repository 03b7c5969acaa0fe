package console

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/money"
	"galleria/commerce/sheet"
	"galleria/payments/ledger"
	"galleria/tenant/fault"
)

// booksExport sends the trial balance.
func (s *Console) booksExport(c *fiber.Ctx, v *visit) error {
	shown, period := s.booksPeriod(form(c, "from"), form(c, "to"))
	balances, err := s.Books.TrialBalance(c.UserContext(), v.shop.ID, period)
	if err != nil {
		return err
	}
	names, err := s.bookNames(c.UserContext(), v)
	if err != nil {
		return err
	}
	t := v.text
	return s.export(c, v, table{
		name: "books", title: t.T("books.title"), action: "books.exported", detail: map[string]any{"from": shown.From, "to": shown.To},
		head: []string{t.T("books.col.account"), t.T("books.code"), t.T("books.col.class"), t.T("books.col.debit"), t.T("books.col.credit"), t.T("books.col.balance")},
		rows: func(row func(...sheet.Cell) error) error {
			for _, b := range balances {
				err := row(sheet.Text(names.Title(t, b.Account)), sheet.Text(string(b.Account)), sheet.Text(t.Code("books.class", string(b.Class))),
					sheet.Yuan(b.DebitFen), sheet.Yuan(b.CreditFen), sheet.Yuan(b.BalanceFen))
				if err != nil {
					return err
				}
			}
			return nil
		},
	})
}

// entriesAtOnce is how many lines of an account an export reads at a time: more than a
// journal can have.
const entriesAtOnce = 200

// ledgerAccountExport sends all lines of one account in a period, newest first.
func (s *Console) ledgerAccountExport(c *fiber.Ctx, v *visit) error {
	account := ledger.Account(c.Params("account"))
	if _, ok := account.Class(); !ok {
		return fault.ErrNotFound
	}
	shown, period := s.booksPeriod(form(c, "from"), form(c, "to"))
	names, err := s.bookNames(c.UserContext(), v)
	if err != nil {
		return err
	}
	t, shop := v.text, v.shop.ID
	return s.export(c, v, table{
		name: "account", title: names.Title(t, account), action: "books.account_exported",
		detail: map[string]any{"from": shown.From, "to": shown.To, "account": string(account)},
		head: []string{
			t.T("books.col.when"), t.T("books.code_journal"), t.T("books.col.fact"), t.T("books.code_ref"), t.T("books.col.other"), t.T("books.col.debit"), t.T("books.col.credit"), t.T("books.col.note"),
		},
		stream: func(ctx context.Context, row func(...sheet.Cell) error) error {
			for before := int64(0); ; {
				rows, err := s.Books.Entries(ctx, shop, ledger.EntriesInput{Account: account, Period: period, Before: before, Limit: entriesAtOnce})
				if err != nil {
					return err
				}
				page, next := wholeJournals(rows, entriesAtOnce-1)
				for _, e := range page {
					if err := row(entryCells(t.Code("books.kind", string(e.Kind)), names.Title(t, e.Other), e)...); err != nil {
						return err
					}
				}
				if next == 0 {
					return nil
				}
				before = next
			}
		},
	})
}

func entryCells(kind, other string, e ledger.Entry) []sheet.Cell {
	debit, credit := sheet.Cell{}, sheet.Cell{}
	if e.AmountFen >= 0 {
		debit = sheet.Yuan(e.AmountFen)
	} else {
		credit = sheet.Yuan(money.Fen(0) - e.AmountFen)
	}
	return []sheet.Cell{
		sheet.At(&e.At), sheet.Text(strconv.FormatInt(e.No, 10)), sheet.Text(kind), sheet.Text(e.Ref), sheet.Text(other), debit, credit, sheet.Text(e.Note),
	}
}
