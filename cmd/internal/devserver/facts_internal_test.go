package devserver

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever waits for the info file must not find that of an earlier start.
func TestTheFactsOfAnEarlierStartGo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "facts", "info.json")
	for range 2 {
		if err := clearFacts(path); err != nil {
			t.Fatal(err)
		}
		left, err := filepath.Glob(path + "*")
		if err != nil || len(left) > 0 {
			t.Fatalf("%v is left (%v)", left, err)
		}
		if err := (facts{API: "http://127.0.0.1:1"}).write(path); err != nil {
			t.Fatal(err)
		}
	}
	folder := t.TempDir()
	if err := clearFacts(folder); err == nil {
		t.Error("a folder was taken for the info file")
	}
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		t.Error("the folder was removed")
	}
}

func TestTerse(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(Terse(slog.NewTextHandler(&out, nil))).With("a", 1)
	log.Info("request", "status", 200)
	log.Info("request", "status", 404, "code", "NOT_FOUND")
	log.Info("ready")
	log.Warn("slow")
	log.WithGroup("g").Info("request", "status", 422)
	if got := strings.Count(out.String(), "\n"); got != 3 || !strings.Contains(out.String(), "NOT_FOUND") || !strings.Contains(out.String(), "slow") || !strings.Contains(out.String(), "422") {
		t.Errorf("got %s", &out)
	}
}
