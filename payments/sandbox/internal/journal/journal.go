// Package journal is the append-only file behind a pretended provider's books: one JSON
// entry per line, synced before the caller hears that it happened, so that a restart
// forgets nothing that the real provider would remember. Each provider of the sandbox
// keeps a file of its own in the same folder.
//
// It owns the file and what a crash leaves of it. It does not own the entries: they are
// the provider's, and replaying them is putting rows back in order.
package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Journal of entries of type E. Not safe for concurrent use: its owner holds a lock over
// the journal and the books together.
type Journal[E any] struct {
	file *os.File // nil: in memory only
	size int64    // of the complete lines, in bytes
}

// Open replays the file name in dir into apply and opens it for appending; dir "" keeps
// everything in memory. A last line without its newline is the trace of a crash in
// mid-write: nobody was told that it happened, so it is cut off. Any other damage is an
// error.
func Open[E any](dir, name string, apply func(E)) (*Journal[E], error) {
	if dir == "" {
		return &Journal[E]{file: nil, size: 0}, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	// The file holds private keys, if only those of pretended merchants.
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	whole, err := replay(file, name, apply)
	if err == nil {
		err = file.Truncate(whole)
	}
	if err == nil {
		_, err = file.Seek(whole, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Journal[E]{file: file, size: whole}, nil
}

// replay returns the length in bytes of the complete lines.
func replay[E any](r io.Reader, name string, apply func(E)) (int64, error) {
	lines := bufio.NewReader(r)
	var whole int64
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return 0, err
		}
		var e E
		if err := json.Unmarshal(bytes.TrimSpace(line), &e); err != nil {
			return 0, fmt.Errorf("%s line %d: %w", name, n, err)
		}
		apply(e)
		whole += int64(len(line))
	}
}

// Append writes one entry and syncs it; when that fails, the file is as it was.
func (j *Journal[E]) Append(e E) error {
	if j.file == nil {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode journal entry: %w", err)
	}
	line = append(line, '\n')
	if _, err = j.file.Write(line); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("append to journal: %w", errors.Join(err, j.rewind()))
	}
	j.size += int64(len(line))
	return nil
}

// rewind takes back half a line, of a full disk for instance: the next entry must not
// be written behind it.
func (j *Journal[E]) rewind() error {
	if err := j.file.Truncate(j.size); err != nil {
		return err
	}
	_, err := j.file.Seek(j.size, io.SeekStart)
	return err
}

// Close closes the file; the journal cannot be used afterwards.
func (j *Journal[E]) Close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}
