package devstack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// explain adds to a failed file operation what the reader can do about it.
func explain(doing, path string, err error) error {
	if hint := hintFor(err.Error(), path); hint != "" {
		return fmt.Errorf("%s: %w: %s", doing, err, hint)
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%s: %w: %s", doing, err, hintDiskFull(path))
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %w: %s", doing, err, hintPermission(path))
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

// hintFor recognises the usual causes in what a server or initdb printed.
// It returns "" when it does not know better than the text itself.
func hintFor(output, dir string) string {
	low := strings.ToLower(output)
	switch {
	case strings.Contains(low, "no space left on device"), strings.Contains(low, "disk quota exceeded"):
		return hintDiskFull(dir)
	case strings.Contains(low, "wrong ownership"), strings.Contains(low, "permission denied"):
		return hintPermission(dir)
	case strings.Contains(low, "could not create shared memory segment"):
		return "the kernel refuses more shared memory: stop other database servers or raise kernel.shmmax / kernel.shmall"
	case strings.Contains(low, "too many open files"):
		return "raise the limit of open files (ulimit -n 4096) and start again"
	case strings.Contains(low, "read-only file system"):
		return "choose a data directory that can be written (--data)"
	default:
		return ""
	}
}

func hintDiskFull(dir string) string {
	return fmt.Sprintf("the disk that holds %s is full: make room (about 300 MB, see `df -h %s`) and start again, nothing is lost; or choose another data directory (--data)", dir, dir)
}

// breath is what a database wants to write at once: a segment of its log, and some.
const breath = 24 << 20

// DiskFull says what to do if the disk that holds dir cannot take what a database writes at
// once, and "" if it can. It tries: quotas and reserved blocks count, too.
func DiskFull(dir string) string {
	file, err := os.CreateTemp(dir, "room-*")
	if err == nil {
		piece := make([]byte, 1<<20)
		for written := 0; written < breath && err == nil; written += len(piece) {
			_, err = file.Write(piece)
		}
		err = errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return hintDiskFull(dir)
	}
	return ""
}

func hintPermission(dir string) string {
	return fmt.Sprintf("check who owns %s and the directories above it (`ls -ld %s`), or choose another data directory (--data)", dir, dir)
}

// logTail returns what was written to the log at path after offset bytes, at
// most the last 2 KiB of it.
func logTail(path string, offset int64) string {
	text, err := os.ReadFile(path)
	if err != nil || int64(len(text)) <= offset {
		return ""
	}
	text = text[offset:]
	if len(text) > 2048 {
		text = text[len(text)-2048:]
	}
	return strings.TrimSpace(string(text))
}
