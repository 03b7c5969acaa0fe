package port

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"galleria/commerce/sheet"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// staged is a file as it was read.
type staged struct {
	head    []string // by position; "" for a column that is none of ours
	rows    []*Row
	bunches int64
}

const stagedAtOnce = 1000

// stage reads an import's file into rows.
func (s *Service) stage(ctx context.Context, shop tenant.ID, job Job) error {
	body, err := s.d.Store.Get(ctx, job.files[0])
	if err != nil {
		return fmt.Errorf("read upload: %w", err)
	}
	file, err := s.read(job.Kind, body)
	f, refused := errors.AsType[*fault.Error](err)
	if err != nil && !refused {
		return err
	}
	return s.locked(ctx, shop, job.ID, func(tx tenantdb.Tx, job Job) error {
		if job.State != Reading {
			return nil // cancelled meanwhile, or read by another worker
		}
		if refused {
			problem := whole(f)
			if len(f.Fields()) > 0 {
				problem = about(job.Kind, f.Fields()[0].Path, f)
			}
			return s.moveTx(ctx, tx, job, EventRefuse, &problem)
		}
		for part := range slices.Chunk(file.rows, stagedAtOnce) {
			list, err := toStored(part, true)
			if err != nil {
				return err
			}
			if err := s.q.InsertRows(ctx, tx, job.ID, list); err != nil {
				return fmt.Errorf("keep rows: %w", err)
			}
		}
		return s.q.Staged(ctx, tx, string(Checking), slices.DeleteFunc(file.head, func(key string) bool { return key == "" }), int64(len(file.rows)), file.bunches, job.ID)
	})
}

// read understands a file. Faults: SHEET_…, PORT_HEAD, PORT_HEAD_TWICE, PORT_EMPTY.
func (s *Service) read(k Kind, body []byte) (out staged, err error) {
	var (
		of       = s.kinds[k]
		bunches  = map[string]int64{}
		once     = map[string]int64{}
		seenHead bool
	)
	err = sheet.Read(body, MaxRows+1, func(line int, cells []string) error {
		if !seenHead {
			seenHead = true
			out.head, err = headOf(k, cells)
			return err
		}
		row := rowOf(k, out.head, int64(line), cells)
		if len(row.Cells) == 0 {
			return nil // only in columns that are none of ours
		}
		bunch, single, problem := of.bunch(row.Cells)
		if problem != nil {
			row.fail(*problem)
		}
		if first, again := once[single]; again && single != "" {
			p := whole(ErrTwice)
			n := strconv.FormatInt(first, 10)
			p.Zh, p.En = strings.ReplaceAll(p.Zh, "%d", n), strings.ReplaceAll(p.En, "%d", n)
			row.fail(p)
		} else if single != "" {
			once[single] = row.Line
		}
		if row.Bunch = bunches[bunch]; bunch == "" || row.Bunch == 0 {
			out.bunches++
			row.Bunch = out.bunches
			bunches[bunch] = row.Bunch
		}
		out.rows = append(out.rows, row)
		return nil
	})
	if err == nil && len(out.rows) == 0 {
		err = ErrEmpty
	}
	return out, err
}

// rowOf is a row as it stands in the file.
func rowOf(k Kind, head []string, line int64, cells []string) *Row {
	row := &Row{Line: line, State: RowNew, Cells: map[string]string{}}
	for i, cell := range cells {
		if i >= len(head) || head[i] == "" || cell == "" {
			continue
		}
		key := head[i]
		if row.Cells[key] = storable(cell); strings.HasPrefix(cell, sheet.Lossy) {
			row.fail(about(k, key, ErrLossy))
		}
	}
	return row
}

// storable leaves out what Postgres does not keep.
func storable(cell string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(cell, ""), "\x00", "")
}

// headOf finds the columns of a kind in a head row.
func headOf(k Kind, cells []string) ([]string, error) {
	head := make([]string, len(cells))
	for i, cell := range cells {
		name := normal(cell)
		at := slices.IndexFunc(Columns(k), func(c Column) bool {
			return !c.ExportOnly && (name == normal(c.zh) || name == normal(c.en) || name == c.Key)
		})
		if at < 0 {
			continue
		}
		if head[i] = Columns(k)[at].Key; slices.Contains(head[:i], head[i]) {
			return nil, ErrHeadTwice.With(fault.Field{Path: head[i]})
		}
	}
	for _, c := range Columns(k) {
		if c.Needed && !slices.Contains(head, c.Key) {
			return nil, ErrHead.With(fault.Field{Path: c.Key})
		}
	}
	if missing := lacking(k, head); missing != "" {
		return nil, ErrHead.With(fault.Field{Path: missing})
	}
	return head, nil
}

// lacking is a column without which nothing can be named.
func lacking(k Kind, head []string) string {
	has := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return slices.Contains(head, key) })
	}
	if (k == Products || k == Stock) && !has("id", "code", "sku_code", "sku_id") {
		return "sku_code"
	}
	return ""
}
