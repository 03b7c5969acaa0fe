package sandbox_test

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := keepKeys(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

func tempJournalDir() (string, error) { return os.MkdirTemp("", "sandbox-keys-") }

func copyJournal(t *testing.T, from, to string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(from, "books.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "books.jsonl"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
}
