package console

import (
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/inventory"
	"galleria/console/view"
)

// maxStockRows is the most lines of a pasted list.
const maxStockRows = 500

// stockBulkNew shows the form for many changes at once.
func (s *Console) stockBulkNew(c *fiber.Ctx, v *visit) error {
	return s.stockBulkPage(c, v, view.StockBulk{Mode: "add"})
}

func (s *Console) stockBulkPage(c *fiber.Ctx, v *visit, b view.StockBulk) error {
	var err error
	if b.Places, err = s.places(c, v); err != nil {
		return err
	}
	if b.Key == "" {
		b.Key = rand.Text()
	}
	return render(c, view.StockBulkPage(s.page(c, v, v.text.T("stock.bulk"), "nav.stock"), b))
}

// stockBulkCreate checks a list of codes and numbers, or books what is good of it. Every line
// stands for itself; the same list sent twice is booked once.
func (s *Console) stockBulkCreate(c *fiber.Ctx, v *visit) error {
	b := view.StockBulk{Text: form(c, "rows"), Mode: form(c, "mode"), Place: form(c, "place"), Reason: form(c, "reason"), Key: form(c, "key")}
	b.To = form(c, "to")
	document, ok := stockDocument(&b)
	if utf8.ValidString(b.Text) {
		b.Rows = readStock(v, b.Text, b.Mode)
	}
	if !ok || len(b.Rows) == 0 || len(b.Rows) > maxStockRows {
		b.Rows, b.Problem = nil, v.text.T("bulk.bounds", maxStockRows)
		c.Status(fiber.StatusUnprocessableEntity)
		return s.stockBulkPage(c, v, b)
	}
	place, _ := strconv.ParseInt(b.Place, 10, 64)
	to, _ := strconv.ParseInt(b.To, 10, 64)
	if b.Mode == "move" && place == to {
		b.Rows, b.Problem = nil, v.text.T("stock.bad.to")
		c.Status(fiber.StatusUnprocessableEntity)
		return s.stockBulkPage(c, v, b)
	}
	changes, err := s.judgeStock(c, v, &b, place)
	if err != nil {
		return err
	}
	if b.Done = form(c, "do") == "book"; b.Done && len(changes) > 0 {
		if b.Mode == "move" {
			err = s.moveStockEach(c, v, &b, inventory.Transfer{Document: document, From: place, To: to})
		} else {
			err = s.bookStock(c, v, &b, inventory.Correction{Document: document, LocationID: place, Changes: changes})
		}
		if err != nil {
			return err
		}
	}
	for _, row := range b.Rows {
		if row.Problem == "" {
			b.Good++
		}
	}
	return s.stockBulkPage(c, v, b)
}

// bookStock books the changes of a list and tells each row what became of it.
func (s *Console) bookStock(c *fiber.Ctx, v *visit, b *view.StockBulk, in inventory.Correction) error {
	in.Reason, in.Actor = inventory.Reason(b.Reason), actor(v.session.StaffID)
	if b.Mode == "count" {
		in.Reason = inventory.Count
	}
	if !slices.Contains(inventory.Reasons(), in.Reason) {
		in.Reason = inventory.Other
	}
	out, err := s.Products.CorrectStockEach(c.UserContext(), v.shop.ID, in)
	for _, o := range out {
		for i := range b.Rows {
			if row := &b.Rows[i]; row.SKUID == o.SKUID && row.Problem == "" {
				row.Now = o.Now
				if o.Problem != nil {
					row.Problem = sentence(v, o.Problem)
				}
			}
		}
	}
	return err
}

// stockDocument is the number under which a list is booked, and settles its mode.
func stockDocument(b *view.StockBulk) (document string, ok bool) {
	prefix := "PD-"
	switch b.Mode {
	case "count":
	case "move":
		prefix = "DB-"
	default:
		b.Mode = "add"
	}
	return documentOf(prefix, b.Key)
}

// moveStockEach moves what is good of a list and tells each row what became of it.
func (s *Console) moveStockEach(c *fiber.Ctx, v *visit, b *view.StockBulk, in inventory.Transfer) error {
	for _, row := range b.Rows {
		if row.Problem == "" {
			in.Lines = append(in.Lines, inventory.Line{SKUID: row.SKUID, Qty: row.Number})
		}
	}
	in.Actor = actor(v.session.StaffID)
	out, err := s.Products.MoveStockEach(c.UserContext(), v.shop.ID, in)
	for _, o := range out {
		for i := range b.Rows {
			if row := &b.Rows[i]; row.SKUID == o.SKUID && row.Problem == "" && o.Problem != nil {
				row.Problem = sentence(v, o.Problem)
			}
		}
	}
	return err
}

// judgeStock finds the SKUs of a list and what is to be changed of them.
func (s *Console) judgeStock(c *fiber.Ctx, v *visit, b *view.StockBulk, place int64) ([]inventory.Change, error) {
	codes := make([]string, 0, len(b.Rows))
	for _, row := range b.Rows {
		codes = append(codes, row.Code)
	}
	found, err := s.Products.FindStock(c.UserContext(), v.shop.ID, codes, place)
	if err != nil {
		return nil, err
	}
	by := map[string][]inventory.Code{}
	for _, f := range found {
		by[f.Code] = append(by[f.Code], f)
	}
	var changes []inventory.Change
	seen, shown := map[int64]bool{}, shownStock(formAll(c, "seen"))
	for i := range b.Rows {
		row := &b.Rows[i]
		if row.Problem != "" {
			continue
		}
		switch skus := by[row.Code]; {
		case len(skus) == 0:
			row.Problem = v.text.T("stock.bulk.unknown")
		case len(skus) > 1:
			row.Problem = v.text.T("stock.bulk.ambiguous", v.text.Count(int64(len(skus))))
		case seen[skus[0].SKUID]:
			row.Problem = v.text.T("stock.bulk.twice")
		default:
			f := skus[0]
			seen[f.SKUID] = true
			if was, checked := shown[f.SKUID]; checked {
				f.OnHand, f.Version = was[0], was[1]
			}
			row.SKUID, row.Title, row.Spec, row.Before, row.Version = f.SKUID, f.Title, f.Spec, f.OnHand, f.Version
			delta := row.Number
			switch b.Mode {
			case "count":
				delta -= f.OnHand
			case "move":
				delta = -delta
			}
			row.Now = f.OnHand + delta
			if row.Now < 0 {
				row.Problem = v.text.T("stock.bulk.below")
			} else if delta != 0 {
				changes = append(changes, inventory.Change{SKUID: f.SKUID, Delta: delta, Version: f.Version})
			}
		}
	}
	return changes, nil
}

// shownStock is what the checked list has shown of each SKU, on hand and version: a count is
// booked as the difference to that, so that what was sold meanwhile stays sold.
func shownStock(fields []string) map[int64][2]int64 {
	shown := make(map[int64][2]int64, len(fields))
	for _, field := range fields[:min(len(fields), maxStockRows)] {
		parts := strings.Split(field, ":")
		numbers := make([]int64, 0, 3)
		for _, part := range parts {
			if n, err := strconv.ParseInt(part, 10, 64); err == nil && n >= 0 {
				numbers = append(numbers, n)
			}
		}
		if len(parts) == 3 && len(numbers) == 3 {
			shown[numbers[0]] = [2]int64{numbers[1], numbers[2]}
		}
	}
	return shown
}

// readStock reads a code and a number of each line, in a spreadsheet's or a person's way of
// parting them. Empty lines and a heading are left out.
func readStock(v *visit, text, mode string) []view.StockBulkRow {
	var rows []view.StockBulkRow
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		line = strings.TrimSpace(strings.ReplaceAll(line, `"`, ""))
		if line == "" {
			continue
		}
		cells := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("\t ,，;；", r) })
		if len(cells) == 0 {
			continue
		}
		row, ok := stockRow(cells, mode)
		if !ok && i == 0 && len(cells) > 1 {
			continue // a heading
		}
		if !ok {
			row.Problem = v.text.T("stock.bulk.number")
		}
		row.Line = i + 1
		rows = append(rows, row)
	}
	return rows
}

// stockRow reads one line; ok is false if its number is none that mode can do with.
func stockRow(cells []string, mode string) (row view.StockBulkRow, ok bool) {
	row.Code = strings.TrimPrefix(cells[0], "'")
	if len(cells) != 2 {
		return row, false
	}
	row.Number, ok = readPieces(cells[1])
	return row, ok && wantedPieces(row.Number, mode)
}

// wantedPieces says whether a number is one that can be counted or one that changes something.
func wantedPieces(n int64, mode string) bool {
	switch mode {
	case "count":
		return n >= 0
	case "move":
		return n > 0
	}
	return n != 0
}
