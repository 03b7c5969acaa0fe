package billtext

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"galleria/commerce/money"
)

// Columns finds cells by the names in a header, so that a provider may add columns.
type Columns struct {
	names []string
	at    map[string]int
}

// NewColumns reads a header. Parentheses may be of half or full width, and a unit in them
// is left out. Every name that is wanted must be there, once.
func NewColumns(header []string, wanted ...string) (Columns, error) {
	c := Columns{names: make([]string, len(header)), at: map[string]int{}}
	for i, name := range header {
		name = plainName(name)
		c.names[i] = name
		if _, twice := c.at[name]; twice && slices.Contains(wanted, name) {
			return Columns{}, Bad("two columns %s", name)
		}
		c.at[name] = i
	}
	for _, name := range wanted {
		if _, there := c.at[name]; !there {
			return Columns{}, Bad("no column %s", name)
		}
	}
	return c, nil
}

func plainName(name string) string {
	name = strings.TrimSpace(strings.NewReplacer("（", "(", "）", ")").Replace(name))
	name, _, _ = strings.Cut(name, "(")
	return name
}

// Row is a line of a table. The first cell that cannot be read is its error.
type Row struct {
	columns Columns
	cells   []string
	err     error
}

// Row takes the cells of a line; there must be as many as there are columns.
func (c Columns) Row(cells []string) Row {
	r := Row{columns: c, cells: cells}
	if len(cells) != len(c.names) {
		r.err = fmt.Errorf("%d cells in %d columns", len(cells), len(c.names))
	}
	return r
}

// Err is the first thing that could not be read.
func (r *Row) Err() error { return r.err }

// Text is a cell without blanks around it; "" for a column that is not there.
func (r *Row) Text(name string) string {
	i, there := r.columns.at[name]
	if !there || i >= len(r.cells) {
		return ""
	}
	return strings.TrimSpace(r.cells[i])
}

// Number is a cell that must hold a number of ours or the provider's: letters, digits and
// a few signs, of a bounded length. It may be empty.
func (r *Row) Number(name string) string {
	text := r.Text(name)
	for _, c := range text {
		if c <= ' ' || c > '~' {
			r.fail(name, "%.40q is no number", text)
			break
		}
	}
	if len(text) > 64 {
		r.fail(name, "a number of %d characters", len(text))
	}
	return text
}

// Fen is a cell of whole fen.
func (r *Row) Fen(name string) money.Fen {
	fen, err := Fen(r.Text(name))
	if err != nil {
		r.fail(name, "%w", err)
	}
	return fen
}

// Milli is a cell in thousandths of a fen, with its number of decimals.
func (r *Row) Milli(name string) (milli int64, decimals int) {
	milli, decimals, err := Milli(r.Text(name))
	if err != nil {
		r.fail(name, "%w", err)
	}
	return milli, decimals
}

// Count is a cell that counts.
func (r *Row) Count(name string) int64 {
	milli, decimals, err := Milli(r.Text(name))
	if err != nil || decimals != 0 || milli < 0 {
		r.fail(name, "%.40q is no count", r.Text(name))
	}
	return milli / 100000
}

// At is a cell with a time.
func (r *Row) At(name string) time.Time {
	at, err := Moment(time.DateTime, r.Text(name))
	if err != nil {
		r.fail(name, "%w", err)
	}
	return at
}

func (r *Row) fail(name, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(name+": "+format, args...)
	}
}
