package sandbox

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

// journal is the append-only file behind the books: one JSON entry per line, synced
// before the caller hears that it happened.
type journal struct {
	file *os.File // nil: in memory only
	size int64    // of the complete lines, in bytes
}

const journalName = "books.jsonl"

// openJournal replays dir's journal into apply and opens it for appending. A last line
// without its newline is the trace of a crash in mid-write: nobody was told that it
// happened, so it is cut off. Any other damage is an error.
func openJournal(dir string, apply func(entry)) (*journal, error) {
	if dir == "" {
		return &journal{file: nil, size: 0}, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	// The file holds private keys, if only those of pretended merchants.
	file, err := os.OpenFile(filepath.Join(dir, journalName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	whole, err := replay(file, apply)
	if err == nil {
		err = file.Truncate(whole)
	}
	if err == nil {
		_, err = file.Seek(whole, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &journal{file: file, size: whole}, nil
}

// replay returns the length in bytes of the complete lines.
func replay(r io.Reader, apply func(entry)) (int64, error) {
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
		var e entry
		if err := json.Unmarshal(bytes.TrimSpace(line), &e); err != nil {
			return 0, fmt.Errorf("%s line %d: %w", journalName, n, err)
		}
		apply(e)
		whole += int64(len(line))
	}
}

func (j *journal) append(e entry) error {
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
func (j *journal) rewind() error {
	if err := j.file.Truncate(j.size); err != nil {
		return err
	}
	_, err := j.file.Seek(j.size, io.SeekStart)
	return err
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}
