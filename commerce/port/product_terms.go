package port

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/catalog"
	"galleria/tenant/tenantdb"
)

// freights are the names of the shop's freight templates.
func (s *Service) freights(ctx context.Context, q tenantdb.Querier) (map[int64]string, error) {
	rows, err := s.q.FreightNames(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("list freight templates: %w", err)
	}
	names := make(map[int64]string, len(rows))
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	return names, nil
}

// clockForm is how a cell says a moment. Merchants read the clock of Shanghai, which has had no
// summer time since 1991.
const clockForm = "2006-01-02 15:04"

func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// clockText is a moment as a cell shows it; seconds only where there are any.
func clockText(at *time.Time) string {
	switch {
	case at == nil:
		return ""
	case at.Second() != 0:
		return at.In(shanghai()).Format(time.DateTime)
	}
	return at.In(shanghai()).Format(clockForm)
}

// lastDay is the day at whose end a voucher is void.
func lastDay(until *time.Time) string {
	if until == nil {
		return ""
	}
	return until.Add(-time.Second).In(shanghai()).Format(time.DateOnly)
}

// clock reads a moment as people and spreadsheets write it.
func clock(cell string) (at time.Time, ok bool) {
	cell = strings.NewReplacer("/", "-", "T", " ").Replace(cell)
	for _, form := range []string{"2006-1-2 15:4", "2006-1-2 15:4:5", "2006-1-2"} {
		if at, err := time.ParseInLocation(form, cell, shanghai()); err == nil {
			return at.UTC(), plausible(at)
		}
	}
	days, err := strconv.ParseFloat(cell, 64)
	if err != nil || days < 1 || days > 100_000 {
		return time.Time{}, false
	}
	// A spreadsheet counts days from the end of 1899 (ECMA-376 part 1, 18.17.4).
	at = time.Date(1899, time.December, 30, 0, 0, int(math.Round(days*24*60))*60, 0, shanghai())
	return at.UTC(), plausible(at)
}

func plausible(at time.Time) bool { return at.Year() >= 2020 && at.Year() <= 2100 }

// termCells are the cells of what a product is sold under.
func termCells(e catalog.Entered, freights map[int64]string, lang string) []string {
	least := e.Limits.MinQty
	if least == 1 {
		least = 0
	}
	out := []string{
		said(string(e.Kind), lang), freights[e.FreightID], some(least), some(e.Limits.MaxPerOrder), some(e.Limits.MaxLifetime), clockText(e.OnAt), clockText(e.OffAt),
	}
	if e.Kind != catalog.Voucher {
		return append(out, "", "", "", "")
	}
	refunds := "no"
	if e.Voucher.Refunds {
		refunds = "yes"
	}
	return append(out, some(e.Voucher.Uses), some(e.Voucher.Days), lastDay(e.Voucher.Until), said(refunds, lang))
}

// terms takes over what the product is sold under.
func (w *wish) terms() {
	w.kind()
	w.freight()
	w.pieces("min_qty", &w.in.Limits.MinQty, catalog.MaxPieces)
	w.pieces("max_per_order", &w.in.Limits.MaxPerOrder, catalog.MaxPieces)
	w.pieces("max_lifetime", &w.in.Limits.MaxLifetime, catalog.MaxLifetime)
	w.moment("on_at", &w.in.OnAt)
	w.moment("off_at", &w.in.OffAt)
	w.voucher()
}

func (w *wish) kind() {
	value, r := w.cell("kind")
	if r == nil {
		return
	}
	to := catalog.Kind(words()[strings.ToLower(value)])
	is := w.in.Kind
	if is == "" {
		is = catalog.Physical
	}
	switch to {
	case is:
	case catalog.Physical, catalog.VirtualCard, catalog.Voucher, catalog.PickupOnly:
		lang := ""
		if value[0] < 0x80 {
			lang = english
		}
		w.changed(r, "kind", said(string(is), lang), value)
		w.in.Kind = to
	default:
		r.fail(about(Products, "kind", ErrBadChoice))
	}
}

func (w *wish) freight() {
	value, r := w.cell("freight")
	now := w.have.freights[w.in.FreightID]
	if r == nil || value == now {
		return
	}
	to := int64(0)
	for id, name := range w.have.freights {
		if name == value {
			to = id
		}
	}
	switch {
	case to == 0 && !isClear(value):
		r.fail(about(Products, "freight", ErrNoFreight))
	case to != w.in.FreightID:
		w.changed(r, "freight", now, value)
		w.in.FreightID = to
	}
}

// pieces takes over a number that is the product's.
func (w *wish) pieces(key string, into *int32, most int64) {
	value, r := w.cell(key)
	if r == nil {
		return
	}
	if isClear(value) {
		value = "0"
	}
	n, ok := wholeNumber(&Row{Cells: map[string]string{key: value}}, key, most)
	switch {
	case !ok:
		r.fail(about(Products, key, ErrBadCount))
	case int32(n) != *into && (key != "min_qty" || max(n, 1) != int64(max(*into, 1))):
		w.changed(r, key, strconv.Itoa(int(*into)), value)
		*into = int32(n)
	}
}

func (w *wish) moment(key string, into **time.Time) {
	value, r := w.cell(key)
	now := clockText(*into)
	if r == nil || value == now || isClear(value) && now == "" {
		return
	}
	var to *time.Time
	if !isClear(value) {
		at, ok := clock(value)
		if !ok {
			r.fail(about(Products, key, ErrBadTime))
			return
		}
		if to = &at; clockText(to) == now {
			return
		}
	}
	w.changed(r, key, now, clockText(to))
	*into = to
}

// voucher takes over what a voucher is good for.
func (w *wish) voucher() {
	for _, key := range []string{"voucher_uses", "voucher_days", "voucher_until", "voucher_refunds"} {
		if _, r := w.cell(key); r != nil && w.in.Kind != catalog.Voucher {
			r.fail(about(Products, key, ErrNotVoucher))
			return
		}
	}
	if w.in.Kind != catalog.Voucher {
		return
	}
	if w.in.Voucher == (catalog.VoucherTerms{}) {
		w.in.Voucher = catalog.UsualVoucher()
	}
	t := &w.in.Voucher
	w.pieces("voucher_uses", &t.Uses, catalog.MaxVoucherUses)
	w.voucherEnd(t)
	value, r := w.cell("voucher_refunds")
	if r == nil {
		return
	}
	choice := words()[strings.ToLower(value)]
	switch {
	case choice != "yes" && choice != "no":
		r.fail(about(Products, "voucher_refunds", ErrBadChoice))
	case (choice == "yes") != t.Refunds:
		w.changed(r, "voucher_refunds", "", value)
		t.Refunds = !t.Refunds
	}
}

// voucherEnd takes over the days, or the last day in their place.
func (w *wish) voucherEnd(t *catalog.VoucherTerms) {
	days, ofDays := w.cell("voucher_days")
	until, ofDay := w.cell("voucher_until")
	if isClear(days) {
		ofDays = nil // there is always an end: the other column says it, or the usual days
	}
	switch {
	case ofDays != nil && ofDay != nil && !isClear(until):
		ofDay.fail(whole(ErrTwoEnds))
	case ofDays != nil:
		if w.pieces("voucher_days", &t.Days, catalog.MaxVoucherDays); t.Days > 0 {
			t.Until = nil
		}
	case ofDay != nil:
		w.voucherUntil(t, until, ofDay)
	}
}

func (w *wish) voucherUntil(t *catalog.VoucherTerms, until string, r *Row) {
	now := lastDay(t.Until)
	if isClear(until) {
		if t.Until != nil {
			w.changed(r, "voucher_until", now, until)
			t.Until, t.Days = nil, catalog.UsualVoucher().Days
		}
		return
	}
	at, ok := clock(until)
	if !ok {
		r.fail(about(Products, "voucher_until", ErrBadTime))
		return
	}
	at = at.In(shanghai())
	end := time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, shanghai()).UTC() // to the end of that day
	if lastDay(&end) != now {
		w.changed(r, "voucher_until", now, lastDay(&end))
		t.Until, t.Days = &end, 0
	}
}

// awaits says at the product's first row that what was done waits to be approved.
func (w *wish) awaits(awaits bool) {
	r := w.rows[0]
	if awaits && !slices.ContainsFunc(r.Changes, func(c Change) bool { return c.What == ChangeAwaits }) {
		r.Changes = append(r.Changes, Change{What: ChangeAwaits})
	}
}
