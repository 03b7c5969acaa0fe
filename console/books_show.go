package console

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/view"
	"galleria/payments/ledger"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Books are a shop's books; *ledger.Service is one.
type Books interface {
	TrialBalance(ctx context.Context, id tenant.ID, p ledger.Period) ([]ledger.Balance, error)
	Entries(ctx context.Context, id tenant.ID, in ledger.EntriesInput) ([]ledger.Entry, error)
	Show(ctx context.Context, id tenant.ID, no int64) (ledger.Journal, error)
	Reverse(ctx context.Context, in ledger.ReverseInput) error
}

const (
	booksPath = "/console/:handle/books"
	// entriesPage is how many lines of an account a page shows.
	entriesPage = 50
)

// booksTable lists the routes of the books.
func (s *Console) booksTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	return []route{
		{get, booksPath, authz.Require(authz.LedgerRead), s.booksShow},
		{post, booksPath + "/export", authz.Require(authz.LedgerExport), s.booksExport},
		{get, booksPath + "/accounts/:account", authz.Require(authz.LedgerRead), s.ledgerAccountShow},
		{post, booksPath + "/accounts/:account/export", authz.Require(authz.LedgerExport), s.ledgerAccountExport},
		{get, booksPath + "/journals/:no", authz.Require(authz.LedgerRead), s.journalShow},
		{post, booksPath + "/journals/:no/reverse", authz.Require(authz.LedgerReverse).StepUp(), s.journalReverse},
	}
}

// booksPeriod is the business days that a page of the books is about: those asked for, or
// this month up to today.
func (s *Console) booksPeriod(first, last string) (view.BooksPeriod, ledger.Period) {
	now := s.Now().In(s.texts.Shanghai())
	from, until, invalid := s.dateRange(first, last)
	if invalid != "" || from.IsZero() {
		from = time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, s.texts.Shanghai())
	}
	to := until.AddDate(0, 0, -1)
	if invalid != "" || until.IsZero() {
		to = now
	}
	if to.Before(from) { // only the first day was given, and it is to come
		to = from
	}
	shown := view.BooksPeriod{From: from.Format(time.DateOnly), To: to.Format(time.DateOnly), Invalid: invalid}
	return shown, ledger.Period{From: ledger.BusinessDay(from), To: ledger.BusinessDay(to)}
}

// booksShow shows the trial balance.
func (s *Console) booksShow(c *fiber.Ctx, v *visit) error {
	shown, period := s.booksPeriod(c.Query("from"), c.Query("to"))
	balances, err := s.Books.TrialBalance(c.UserContext(), v.shop.ID, period)
	if err != nil {
		return err
	}
	names, err := s.bookNames(c.UserContext(), v)
	if err != nil {
		return err
	}
	return render(c, view.BooksPage(s.page(c, v, v.text.T("books.title"), "nav.books"), view.Books{
		Period: shown, Balances: balances, Names: names, MayExport: v.granted[authz.LedgerExport],
	}))
}

// bookNames is what people call a shop's merchant accounts.
func (s *Console) bookNames(ctx context.Context, v *visit) (view.BookNames, error) {
	accounts, err := s.Accounts.List(ctx, v.shop.ID)
	if err != nil {
		return nil, err
	}
	names := make(view.BookNames, len(accounts))
	for _, a := range accounts {
		names[ledger.Receivable(a.Channel, a.ID)] = a.Name
	}
	return names, nil
}

// ledgerAccountShow shows the lines of one account.
func (s *Console) ledgerAccountShow(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	account := ledger.Account(c.Params("account"))
	shown, period := s.booksPeriod(c.Query("from"), c.Query("to"))
	before := cursor(c.Query("before"))
	rows, err := s.Books.Entries(ctx, v.shop.ID, ledger.EntriesInput{Account: account, Period: period, Before: before, Limit: entriesPage + 1})
	if err != nil {
		return err
	}
	balances, err := s.Books.TrialBalance(ctx, v.shop.ID, period)
	if err != nil {
		return err
	}
	names, err := s.bookNames(ctx, v)
	if err != nil {
		return err
	}
	class, _ := account.Class()
	page := view.LedgerAccount{Period: shown, Names: names, Balance: ledger.Balance{Account: account, Class: class}, OnFirst: before == 0, MayExport: v.granted[authz.LedgerExport]}
	for _, b := range balances {
		if b.Account == account {
			page.Balance = b
		}
	}
	page.Rows, page.Next = wholeJournals(rows, entriesPage)
	return render(c, view.LedgerAccountPage(s.page(c, v, names.Title(v.text, account), "nav.books"), page))
}

// wholeJournals cuts a list of lines to a page without parting the lines of one journal,
// and tells where the next page goes on; 0 at the end.
func wholeJournals(rows []ledger.Entry, size int) (page []ledger.Entry, next int64) {
	if len(rows) <= size {
		return rows, 0
	}
	cut := size
	for cut > 0 && rows[cut-1].No == rows[size].No {
		cut--
	}
	if cut == 0 { // one journal fills the page
		cut = size
	}
	return rows[:cut], rows[cut-1].No
}

// journalShow shows one posted fact.
func (s *Console) journalShow(c *fiber.Ctx, v *visit) error { return s.showJournal(c, v, "", "") }

func (s *Console) showJournal(c *fiber.Ctx, v *visit, reason, problem string) error {
	no := cursor(c.Params("no"))
	journal, err := s.Books.Show(c.UserContext(), v.shop.ID, no)
	if err != nil {
		return err
	}
	names, err := s.bookNames(c.UserContext(), v)
	if err != nil {
		return err
	}
	return render(c, view.JournalPage(s.page(c, v, v.text.T("books.journal", strconv.FormatInt(no, 10)), "nav.books"), view.JournalShow{
		Journal: journal, Names: names, MayReverse: v.granted[authz.LedgerReverse], Reason: reason, Problem: problem,
	}))
}

// journalReverse posts the mirror image of a journal. The books record who did it and why.
func (s *Console) journalReverse(c *fiber.Ctx, v *visit) error {
	reason := strings.TrimSpace(form(c, "reason"))
	problem := ""
	switch {
	case reason == "" || utf8.RuneCountInString(reason) > 200:
		problem = v.text.T("books.reason_invalid")
	case form(c, "confirm") != "yes":
		problem = v.text.T("books.unconfirmed")
	}
	if problem != "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showJournal(c, v, reason, problem)
	}
	no := cursor(c.Params("no"))
	err := s.Books.Reverse(c.UserContext(), ledger.ReverseInput{Tenant: v.shop.ID, No: no, Reason: reason, Actor: actor(v.session.StaffID)})
	if fault.KindOf(err) == fault.Conflict {
		s.note(c, v, err)
		c.Status(fiber.StatusConflict)
		return s.showJournal(c, v, reason, sentence(v, err))
	}
	if err != nil {
		return err
	}
	return c.Redirect(s.shopURL(v, "/books/journals/"+strconv.FormatInt(no, 10)+"?done=reversed"), fiber.StatusSeeOther)
}
