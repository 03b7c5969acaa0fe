package poster

import (
	"encoding/binary"
	"fmt"
	"io"
	"iter"

	"golang.org/x/image/font/opentype"
)

// The bounds of a font file that is read: far beyond any font, and small in memory.
const (
	mostFonts  = 64
	mostTables = 256
	headSize   = 12 // of a font and of a collection, before their tables and their fonts
	entrySize  = 16 // of a table in the head
	align      = 4
)

// fontsIn opens the fonts of a file one after the other, be it one font or a collection: each takes
// some megabytes while it is looked at.
func fontsIn(file io.ReaderAt) iter.Seq2[*opentype.Font, error] {
	return func(yield func(*opentype.Font, error) bool) {
		offsets, err := offsetsIn(file)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, offset := range offsets {
			if found, err := fontAt(file, offset); !yield(found, err) || err != nil {
				return
			}
		}
	}
}

// fontAt opens the font that begins at an offset. The library refuses fonts whose tables do not
// begin at a multiple of four bytes, such as WenQuanYi's, so it gets them as if they did.
func fontAt(file io.ReaderAt, offset int64) (*opentype.Font, error) {
	tables, err := tablesAt(file, offset)
	if err != nil {
		return nil, err
	}
	found, err := opentype.ParseReaderAt(tables)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTypeface, err)
	}
	return found, nil
}

// offsetsIn is where the fonts of a file begin.
func offsetsIn(file io.ReaderAt) ([]int64, error) {
	head := make([]byte, headSize)
	if _, err := file.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTypeface, err)
	}
	offsets := []int64{0}
	if string(head[:4]) == "ttcf" {
		n := binary.BigEndian.Uint32(head[8:])
		if n == 0 || n > mostFonts {
			return nil, ErrTypeface
		}
		raw := make([]byte, align*n)
		if _, err := file.ReadAt(raw, headSize); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrTypeface, err)
		}
		offsets = offsets[:0]
		for i := range n {
			offsets = append(offsets, int64(binary.BigEndian.Uint32(raw[align*i:])))
		}
	}
	return offsets, nil
}

// tables is a font of a file with its tables moved to where the library wants them.
type tables struct {
	file  io.ReaderAt
	head  []byte
	parts []part // without gaps, the first behind head
}

// part is a table: where it seems to be, where it is, and its length, padded to a multiple of four.
type part struct{ at, from, n, padded int64 }

func tablesAt(file io.ReaderAt, offset int64) (*tables, error) {
	head := make([]byte, headSize)
	if _, err := file.ReadAt(head, offset); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTypeface, err)
	}
	n := int64(binary.BigEndian.Uint16(head[4:]))
	if n == 0 || n > mostTables {
		return nil, ErrTypeface
	}
	t := &tables{file: file, head: make([]byte, headSize+n*entrySize)}
	if _, err := file.ReadAt(t.head, offset); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTypeface, err)
	}
	at := int64(len(t.head)) // a multiple of four
	for i := range n {
		entry := t.head[headSize+i*entrySize:]
		p := part{at: at, from: int64(binary.BigEndian.Uint32(entry[8:])), n: int64(binary.BigEndian.Uint32(entry[12:]))}
		p.padded = (p.n + align - 1) / align * align
		if at += p.padded; at > 1<<31 {
			return nil, ErrTypeface
		}
		binary.BigEndian.PutUint32(entry[8:], uint32(p.at))
		t.parts = append(t.parts, p)
	}
	return t, nil
}

// ReadAt implements io.ReaderAt.
func (t *tables) ReadAt(to []byte, at int64) (read int, err error) {
	if at < int64(len(t.head)) {
		read = copy(to, t.head[at:])
	}
	for _, p := range t.parts {
		for read < len(to) {
			in := at + int64(read) - p.at
			if in < 0 || in >= p.padded {
				break
			}
			if in >= p.n { // padding
				to[read] = 0
				read++
				continue
			}
			most := min(int64(len(to)-read), p.n-in)
			n, err := t.file.ReadAt(to[read:int64(read)+most], p.from+in)
			if read += n; int64(n) < most {
				return read, err
			}
		}
	}
	if read < len(to) {
		return read, io.EOF
	}
	return read, nil
}
