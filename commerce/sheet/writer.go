package sheet

import (
	"bufio"
	"encoding/csv"
	"io"
)

// Format is the kind of file.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// Parse reads a format; anything that is none is CSV.
func Parse(s string) Format {
	if s == string(XLSX) {
		return XLSX
	}
	return CSV
}

// ContentType is what the browser is told.
func (f Format) ContentType() string {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// MostRows is how many rows a sheet of a spreadsheet holds.
const MostRows = 1 << 20

// Writer writes one table. It is not safe for concurrent use.
type Writer interface {
	// Row writes the next row. Faults: SHEET_TOO_LONG.
	Row(cells ...Cell) error
	// Close ends the file; a file that was not closed cannot be read.
	Close() error
}

// New begins a table; title names the sheet of a workbook.
func New(f Format, w io.Writer, title string) (Writer, error) {
	if f == XLSX {
		return newWorkbook(w, title)
	}
	out := &commas{out: bufio.NewWriter(w)}
	if _, err := out.out.WriteString("\ufeff"); err != nil { // tells a spreadsheet that this is UTF-8
		return nil, err
	}
	out.csv = csv.NewWriter(out.out)
	return out, nil
}

// commas is the CSV writer.
type commas struct {
	out  *bufio.Writer
	csv  *csv.Writer
	row  []string
	rows int
}

func (c *commas) Row(cells ...Cell) error {
	if c.rows++; c.rows > MostRows {
		return ErrTooLong
	}
	c.row = c.row[:0]
	for _, cell := range cells {
		text := cell.text
		if !cell.number {
			text = harmless(text)
		}
		c.row = append(c.row, text)
	}
	return c.csv.Write(c.row)
}

func (c *commas) Close() error {
	c.csv.Flush()
	if err := c.csv.Error(); err != nil {
		return err
	}
	return c.out.Flush()
}
