package billtext

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"

	"galleria/payments"
	"galleria/payments/internal/wire"
)

const (
	mostLine = 64 << 10
	// MostText is how much text a packed bill may become: a million movements.
	MostText = 1 << 30
	// MostFile is how large a packed bill may be.
	MostFile = 256 << 20
)

// ErrTooLarge is a bill beyond every honest one.
var ErrTooLarge = errors.New("the bill is larger than any honest one")

// Bad makes BILL_MALFORMED of what is wrong with a file.
func Bad(format string, args ...any) error {
	return payments.ErrBillMalformed.Because(fmt.Errorf(format, args...))
}

// Bounded fails, rather than ends, beyond a number of bytes.
func Bounded(r io.Reader, most int64) io.Reader { return &bounded{r: r, left: most} }

type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}

// Chinese reads GB18030, which GBK is a part of, as UTF-8.
func Chinese(r io.Reader) io.Reader {
	return transform.NewReader(r, simplifiedchinese.GB18030.NewDecoder())
}

// Lines hands over the lines of a text without their ends, numbered from 1. Lines may end
// in LF or CR LF; the last may have no end.
func Lines(r io.Reader, take func(number int, line string) error) error {
	scan := bufio.NewScanner(Bounded(r, MostText))
	scan.Buffer(make([]byte, 0, 4096), mostLine)
	number := 0
	for scan.Scan() {
		number++
		if err := take(number, strings.TrimSuffix(scan.Text(), "\r")); err != nil {
			return err
		}
	}
	if err := scan.Err(); err != nil {
		return Bad("line %d: %w", number+1, err)
	}
	return nil
}

// Entry is a file in an archive. Its name has been read as GB18030 if it is not UTF-8.
type Entry struct {
	Name string
	file *zip.File
}

// Archive lists the files of a ZIP archive.
func Archive(file io.ReaderAt, size int64) ([]Entry, error) {
	z, err := zip.NewReader(file, size)
	if err != nil {
		return nil, Bad("no archive: %w", err)
	}
	if len(z.File) > 50 {
		return nil, Bad("%d files in the archive", len(z.File))
	}
	entries := make([]Entry, 0, len(z.File))
	for _, f := range z.File {
		name := f.Name
		if f.NonUTF8 {
			if name, err = simplifiedchinese.GB18030.NewDecoder().String(f.Name); err != nil {
				return nil, Bad("a file's name is not GB18030")
			}
		}
		entries = append(entries, Entry{Name: name, file: f})
	}
	return entries, nil
}

// Read opens the file and hands it to f.
func (e Entry) Read(f func(r io.Reader) error) error {
	r, err := e.file.Open()
	if err != nil {
		return Bad("%.60s: %w", e.Name, err)
	}
	defer func() { _ = r.Close() }()
	return f(r)
}

// Moment reads a time of the provider's clock. Parsing is strict: the layout must give the
// text back.
func Moment(layout, text string) (time.Time, error) {
	at, err := time.ParseInLocation(layout, text, wire.Beijing())
	if err != nil || at.Format(layout) != text {
		return time.Time{}, fmt.Errorf("%.40q is no time", text)
	}
	return at.UTC(), nil
}

// Date writes a day as the provider takes it.
func Date(day time.Time) string { return day.Format(time.DateOnly) }

// Span is a day of the calendar in Beijing.
func Span(day time.Time) (from, until time.Time) {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, wire.Beijing()).UTC(), time.Date(y, m, d+1, 0, 0, 0, 0, wire.Beijing()).UTC()
}

// Ready is an hour on the morning after a day in Beijing.
func Ready(day time.Time, hour int) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d+1, hour, 0, 0, 0, wire.Beijing()).UTC()
}
