package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"galleria/cmd/internal/app"
	"galleria/console/readmodel"
	"galleria/tenant"
)

// runReconcile is `galleria reconcile`: it does for one account what its timer does, at
// once, and shows a day. Safe to repeat.
func runReconcile(ctx context.Context, sh shell, args []string) error {
	return onGround(operator(ctx, sh), sh, args, reconcileDay)
}

func reconcileDay(ctx context.Context, sh shell, g *app.Ground, args []string) error {
	flags := flag.NewFlagSet("reconcile", flag.ContinueOnError)
	flags.SetOutput(sh.stderr)
	handle := flags.String("tenant", "", "the shop's `handle`")
	accountID := flags.Int64("account", 0, "`id` of the merchant account; not needed if the shop has one")
	date := flags.String("day", "", "business `day` to show, as 2026-11-20; the last one that is over by default")
	again := flags.Bool("again", false, "fetch the day's bills once more")
	if err := flags.Parse(args); err != nil {
		return parseError(err)
	}
	day, err := time.Parse(time.DateOnly, *date)
	if *date == "" {
		day, err = lastDay(g.Now()), nil
	}
	if err != nil || flags.NArg() > 0 || *handle == "" {
		return usageError{"reconcile -tenant HANDLE [-account ID] [-day YYYY-MM-DD] [-again]"}
	}
	s, err := app.NewServices(g)
	if err != nil {
		return err
	}
	shop, err := s.Registry.ByHandle(ctx, *handle)
	if err != nil {
		return explain(err)
	}
	if *accountID == 0 {
		if *accountID, err = onlyAccount(ctx, s, shop.ID); err != nil {
			return err
		}
	}
	found, err := ranDay(ctx, s, shop.ID, *accountID, day)
	if err == nil && *again {
		if err := s.Reconcile.FetchAgain(ctx, shop.ID, found.ID, "operator"); err != nil {
			return explain(err)
		}
		found, err = ranDay(ctx, s, shop.ID, *accountID, day)
	}
	if err != nil {
		return err
	}
	return showDay(ctx, sh, s, shop.ID, found)
}

// ranDay does what is due for the account and returns how the day stands then.
func ranDay(ctx context.Context, s *app.Services, shop tenant.ID, accountID int64, day time.Time) (readmodel.BillDay, error) {
	if err := s.Reconcile.Run(ctx, shop, accountID); err != nil {
		return readmodel.BillDay{}, explain(err)
	}
	return dayOf(ctx, s, shop, accountID, day)
}

// lastDay is the last business day that is over.
func lastDay(now time.Time) time.Time {
	y, m, d := now.In(time.FixedZone("CST", 8*60*60)).Date()
	return time.Date(y, m, d-1, 0, 0, 0, 0, time.UTC)
}

var (
	errWhichAccount = errors.New("the shop has no merchant account, or several: name one with -account")
	errNoDay        = errors.New("the account has no such day: it began later, or the day is not over")
)

func onlyAccount(ctx context.Context, s *app.Services, shop tenant.ID) (int64, error) {
	page, err := readmodel.New(readmodel.Deps{DB: s.DB, Receivers: s.Members}).BillDays(ctx, shop, readmodel.BillDayFilter{})
	if err != nil {
		return 0, explain(err)
	}
	if len(page.Accounts) != 1 {
		return 0, errWhichAccount
	}
	return page.Accounts[0].ID, nil
}

func dayOf(ctx context.Context, s *app.Services, shop tenant.ID, accountID int64, day time.Time) (found readmodel.BillDay, err error) {
	filter := readmodel.BillDayFilter{AccountID: accountID, BeforeDay: day.AddDate(0, 0, 1), BeforeID: 1}
	page, err := readmodel.New(readmodel.Deps{DB: s.DB, Receivers: s.Members}).BillDays(ctx, shop, filter)
	if err != nil {
		return found, explain(err)
	}
	for _, d := range page.Rows {
		if d.Day.Equal(day) {
			return d, nil
		}
	}
	return found, errNoDay
}

func showDay(ctx context.Context, sh shell, s *app.Services, shop tenant.ID, d readmodel.BillDay) error {
	_, _ = fmt.Fprintf(sh.stdout, "%s %s %s: %s\n", d.Day.Format(time.DateOnly), d.Channel, d.MerchantNo, d.Status)
	_, _ = fmt.Fprintf(sh.stdout, "  paid      %s yuan in %d (bill), %s yuan in %d (ours)\n", d.TheirPaid.Yuan(), d.TheirPaidN, d.OurPaid.Yuan(), d.OurPaidN)
	_, _ = fmt.Fprintf(sh.stdout, "  refunded  %s yuan in %d (bill), %s yuan in %d (ours)\n", d.TheirRefunded.Yuan(), d.TheirRefundN, d.OurRefunded.Yuan(), d.OurRefundN)
	_, _ = fmt.Fprintf(sh.stdout, "  fees %s, paid out %s, %d lines matched\n", d.Fee.Yuan(), d.Settled.Yuan(), d.Matched)
	if d.LastError != "" {
		_, _ = fmt.Fprintf(sh.stdout, "  not had: %s; asked again after %s\n", d.LastError, d.DueAt.Format(time.RFC3339))
	}
	if d.OpenCount == 0 {
		return nil
	}
	_, _ = fmt.Fprintf(sh.stdout, "  to explain: %d differences, %s yuan\n", d.OpenCount, d.Unexplained.Yuan())
	detail, err := readmodel.New(readmodel.Deps{DB: s.DB, Receivers: s.Members}).BillDayDetail(ctx, shop, d.ID, "open", 0)
	if err != nil {
		return explain(err)
	}
	for _, x := range detail.Differences {
		_, _ = fmt.Fprintf(sh.stdout, "    %s %s: %s %s: bill %s, ours %s\n", x.Kind, x.Subject, x.OwnNo, x.ProviderNo, x.Their.Yuan(), x.Our.Yuan())
	}
	return exitError{1}
}
