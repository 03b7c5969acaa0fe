package port

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/delivery"
	"galleria/commerce/money"
	"galleria/commerce/sheet"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/upload"
)

// exportedAtOnce is how many products, SKUs or orders a portion of an export holds.
const exportedAtOnce = 500

// OrderFilter narrows an export of orders; zero fields do not matter.
type OrderFilter struct {
	Status      string
	From, Until time.Time // placed
}

// OrderLine is a line of an order as a file shows it.
type OrderLine struct {
	OrderNo, Status, Title, Spec, SKUCode  string
	PlacedAt                               time.Time
	PaidAt                                 *time.Time
	Qty                                    int64
	Price, LinePayable, Freight, Payable   money.Fen
	Refunded                               money.Fen
	Receiver, Phone, Area, Address, Remark string
	Couriers, TrackingNos                  []string
	First                                  bool // of its order: amounts of the whole order stand there only
}

// exportPortion writes the next part of an export. The part is written before the row that names
// it, so that a crash leaves a part without a name and never a name without a part.
func (s *Service) exportPortion(ctx context.Context, shop tenant.ID, job Job) (more bool, err error) {
	rows, last, err := s.exported(ctx, shop, job)
	if err != nil {
		return false, fmt.Errorf("export %s: %w", job.Kind, err)
	}
	key := ""
	if len(rows) > 0 {
		body, err := packed(rows)
		if err != nil {
			return false, err
		}
		sum := sha256.Sum256(body)
		key = upload.Folder(purpose, shop) + "/" + strconv.FormatInt(job.ID, 10) + "-" + hex.EncodeToString(sum[:12]) + strings.ToLower(rand.Text())[:6] + ".part"
		if err := s.d.Store.Put(ctx, key, body); err != nil {
			return false, fmt.Errorf("keep part: %w", err)
		}
	}
	err = s.locked(ctx, shop, job.ID, func(tx tenantdb.Tx, now Job) error {
		switch {
		case now.State != Running || now.reached != job.reached: // cancelled, or another worker was faster
			more = now.State == Running
			return nil
		case last == 0:
			more = false
			return s.moveTx(ctx, tx, now, EventFinish, nil)
		}
		more = true
		if key == "" {
			return s.q.Advance(ctx, tx, last, 0, job.ID)
		}
		return s.q.AddFile(ctx, tx, key, last, int64(len(rows)), job.ID)
	})
	return more, err
}

// exported are the rows of the next portion, and where it ends; 0 when nothing is left.
func (s *Service) exported(ctx context.Context, shop tenant.ID, job Job) (rows [][]string, last int64, err error) {
	if job.Kind == Orders {
		list, last, err := s.d.Orders.ExportOrders(ctx, shop, OrderFilter{Status: job.Options.Status, From: job.Options.From, Until: job.Options.Until}, job.reached, exportedAtOnce)
		for _, l := range list {
			rows = append(rows, orderCells(l, job.Options))
		}
		return rows, last, err
	}
	err = s.d.DB.Read(ctx, shop, func(r *tenantdb.Reader) (err error) {
		if job.Kind == Products {
			rows, last, err = s.exportedProducts(ctx, r, job)
		} else {
			rows, last, err = s.exportedStock(ctx, r, job)
		}
		return err
	})
	return rows, last, err
}

func (s *Service) exportedStock(ctx context.Context, r *tenantdb.Reader, job Job) (rows [][]string, last int64, err error) {
	places, err := s.d.Inventory.Locations(ctx, r)
	if err != nil {
		return nil, 0, err
	}
	names := map[int64]string{0: mainPlace(job.Options.Lang)}
	for _, p := range places {
		if p.Name != "" {
			names[p.ID] = p.Name
		}
	}
	list, last, err := s.d.Inventory.HeldAfter(ctx, r, job.reached, exportedAtOnce)
	for _, h := range list {
		rows = append(rows, []string{
			strconv.FormatInt(h.SKUID, 10), h.Code, h.Title, h.Spec, names[h.LocationID], strconv.FormatInt(h.OnHand, 10), strconv.FormatInt(h.Reserved, 10),
		})
	}
	return rows, last, err
}

func (s *Service) exportedProducts(ctx context.Context, r *tenantdb.Reader, job Job) (rows [][]string, last int64, err error) {
	const few = exportedAtOnce / 5 // a product has up to 200 rows
	tree, brands, err := s.d.Catalog.Shelves(ctx, r)
	if err != nil {
		return nil, 0, err
	}
	freights, err := s.freights(ctx, r)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.d.Catalog.DraftsAfter(ctx, r, job.reached, few)
	for _, e := range list {
		last = e.ID
		brand := ""
		if i := slices.IndexFunc(brands, func(b catalog.Brand) bool { return b.ID == e.BrandID }); i >= 0 {
			brand = brands[i].Name
		}
		terms := termCells(e, freights, job.Options.Lang)
		for _, k := range e.SKUs {
			rows = append(rows, append(productCells(e, k, joined(pathOf(tree, e.CategoryID)), brand, job.Options.Lang), terms...))
		}
	}
	return rows, last, err
}

func productCells(e catalog.Entered, k catalog.SKUInput, category, brand, lang string) []string {
	names := make([]string, len(e.Specs))
	for i, s := range e.Specs {
		names[i] = s.Name
	}
	shelf := map[catalog.ShelfStatus]string{catalog.OnShelf: "on", catalog.OffShelf: "off", catalog.Draft: "draft"}[e.Status]
	enabled := "yes"
	if k.Disabled {
		enabled = "no"
	}
	// What is not there is empty; what is longer than a cell may be is left as it is.
	amount := func(f money.Fen) string {
		if f == 0 {
			return ""
		}
		return f.Yuan()
	}
	detail := e.Detail
	const longest = 32_000
	if len([]rune(detail)) > longest {
		detail = ""
	}
	return []string{
		strconv.FormatInt(e.ID, 10), e.Code, e.Title, e.Subtitle, category, brand, joined(e.Tags), e.Cover, strings.Join(e.Pictures, "\n"), detail, said(shelf, lang),
		joined(names), k.Code, joined(k.SpecValues), k.PriceFen.Yuan(), amount(k.MarketPriceFen), amount(k.CostFen), k.Barcode, some(k.WeightG), some(k.VolumeCM3),
		sheetText(e.Params), k.Picture, said(enabled, lang), "",
	}
}

// some is a number as its cell shows it; 0 is an empty cell.
func some(n int32) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(int(n))
}

// sheetText writes a product's sheet as a cell.
func sheetText(list []catalog.Param) string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.Name + "：" + p.Value
	}
	return strings.Join(out, "\n")
}

func orderCells(l OrderLine, o Options) []string {
	zone := time.FixedZone("CST", 8*60*60)
	paid, freight, payable, refunded := "", "", "", ""
	if l.PaidAt != nil {
		paid = l.PaidAt.In(zone).Format(time.DateTime)
	}
	if l.First {
		freight, payable, refunded = l.Freight.Yuan(), l.Payable.Yuan(), l.Refunded.Yuan()
	}
	if !o.Reveal {
		l.Receiver, l.Phone, l.Address = masked(l.Receiver, 1, 0), masked(l.Phone, 3, 4), masked(l.Address, 0, 0)
		l.Remark = masked(l.Remark, 0, 0)
	}
	couriers := make([]string, len(l.Couriers))
	for i, code := range l.Couriers {
		c, _ := delivery.CourierOf(code)
		couriers[i] = c.Name
	}
	return []string{
		l.OrderNo, statusWord(l.Status, o.Lang), l.PlacedAt.In(zone).Format(time.DateTime), paid, l.Title, l.Spec, l.SKUCode, l.Price.Yuan(), strconv.FormatInt(l.Qty, 10),
		l.LinePayable.Yuan(), freight, payable, refunded, l.Receiver, l.Phone, l.Area, l.Address, strings.Join(couriers, "、"), strings.Join(l.TrackingNos, "、"), l.Remark,
	}
}

// masked keeps so many characters at both ends.
func masked(s string, begin, end int) string {
	chars := []rune(s)
	switch {
	case len(chars) == 0:
		return ""
	case len(chars) <= begin+end:
		return "***"
	}
	return string(chars[:begin]) + "***" + string(chars[len(chars)-end:])
}

// packed writes rows as a part: a line of JSON for each, compressed.
func packed(rows [][]string) ([]byte, error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	enc := json.NewEncoder(zip)
	for _, row := range rows {
		if err := enc.Encode(row); err != nil {
			return nil, err
		}
	}
	err := zip.Close()
	return out.Bytes(), err
}

// Head writes the head row of a kind's file.
func Head(k Kind, lang string) (cells []sheet.Cell) {
	for _, c := range Columns(k) {
		cells = append(cells, sheet.Text(c.Name(lang)))
	}
	return cells
}

// Sample is a row that shows how a file of a kind is filled in.
func Sample(k Kind) (cells []sheet.Cell) {
	for _, c := range imported(k) {
		cells = append(cells, sheet.Text(c.sample))
	}
	return cells
}

// Taken records that somebody takes an export's file. Faults: NOT_FOUND, PORT_EXPIRED.
func (s *Service) Taken(ctx context.Context, shop tenant.ID, id int64, actor, format string) (job Job, err error) {
	err = s.locked(ctx, shop, id, func(tx tenantdb.Tx, j Job) error {
		job = j
		switch {
		case j.Way != Export || j.State != Done && j.State != Expired:
			return fault.ErrNotFound
		case j.State == Expired || !j.ExpiresAt.After(tx.Now()):
			return ErrGone
		}
		detail := map[string]any{"kind": string(j.Kind), "rows": j.RowsDone, "format": format}
		if j.Options.Reveal {
			detail["personal_data"] = true
		}
		return s.record(ctx, tx, actor, "export.downloaded", id, detail)
	})
	return job, err
}

// EachLine gives every row of an export to take, a part in memory at a time.
func (s *Service) EachLine(ctx context.Context, job Job, take func(...sheet.Cell) error) error {
	columns := Columns(job.Kind)
	for _, key := range job.files {
		body, err := s.d.Store.Get(ctx, key)
		if err != nil {
			return fmt.Errorf("read part: %w", err)
		}
		zip, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("read part: %w", err)
		}
		dec := json.NewDecoder(bufio.NewReader(zip))
		for {
			var row []string
			if err := dec.Decode(&row); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return fmt.Errorf("read part: %w", err)
			}
			cells := make([]sheet.Cell, len(row))
			for i, text := range row {
				cells[i] = cellOf(columns[i].Type, text)
			}
			if err := take(cells...); err != nil {
				return err
			}
		}
	}
	return nil
}

func cellOf(t Type, text string) sheet.Cell {
	switch t {
	case Yuan:
		if fen, err := money.ParseYuan(text); err == nil {
			return sheet.Yuan(fen)
		}
	case Number:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return sheet.Count(n)
		}
	case Words:
	}
	return sheet.Text(text)
}

// Forget lets a job's files and rows go when its time is over. Safe to repeat.
func (s *Service) Forget(ctx context.Context, shop tenant.ID, id int64) error {
	const atOnce = 5000
	job, err := s.Find(ctx, shop, id)
	if errors.Is(err, fault.ErrNotFound) || err == nil && (job.State == Expired || job.ExpiresAt.After(s.d.Now())) {
		return nil
	}
	if err != nil {
		return err
	}
	if job.State.Working() { // stuck for days: it will not come to an end by itself
		if err := s.Cancel(ctx, shop, id, "system"); err != nil {
			return err
		}
		return nil // its timer was set anew
	}
	for _, key := range job.files {
		if err := s.d.Store.Delete(ctx, key); err != nil {
			return fmt.Errorf("forget file: %w", err)
		}
	}
	for {
		n := int64(0)
		err := s.d.DB.InTenant(ctx, shop, func(tx tenantdb.Tx) (err error) {
			n, err = s.q.ForgetRows(ctx, tx, id, atOnce)
			return err
		})
		if err != nil {
			return fmt.Errorf("forget rows: %w", err)
		}
		if n < atOnce {
			break
		}
	}
	return s.locked(ctx, shop, id, func(tx tenantdb.Tx, job Job) error {
		if job.State == Expired {
			return nil
		}
		if err := s.q.ForgetFiles(ctx, tx, id); err != nil {
			return err
		}
		return s.moveTx(ctx, tx, job, EventForget, nil)
	})
}

// Sweep removes files of a shop that have no row and are older than a day, and returns how many
// there were.
func (s *Service) Sweep(ctx context.Context, shop tenant.ID) (int, error) {
	const orphanAge, atOnce = 24 * time.Hour, 500
	var old []string
	err := s.d.Store.Each(ctx, upload.Folder(purpose, shop), func(key string, at time.Time) error {
		if at.Before(s.d.Now().Add(-orphanAge)) {
			old = append(old, key)
		}
		return nil
	})
	swept := 0
	for part := range slices.Chunk(old, atOnce) {
		var known []string
		readErr := s.d.DB.Read(ctx, shop, func(r *tenantdb.Reader) (err error) {
			known, err = s.q.KnownFiles(ctx, r, part)
			return err
		})
		if readErr != nil {
			return swept, fmt.Errorf("sweep files: %w", readErr)
		}
		for _, key := range part {
			if slices.Contains(known, key) {
				continue
			}
			if err := s.d.Store.Delete(ctx, key); err != nil {
				return swept, fmt.Errorf("sweep files: %w", err)
			}
			swept++
		}
	}
	return swept, err
}

// TemplateHead is the head row of an empty file: the columns that an import reads.
func TemplateHead(k Kind, lang string) (cells []sheet.Cell) {
	for _, c := range imported(k) {
		cells = append(cells, sheet.Text(c.Name(lang)))
	}
	return cells
}

func imported(k Kind) []Column {
	return slices.DeleteFunc(Columns(k), func(c Column) bool { return c.ExportOnly })
}
