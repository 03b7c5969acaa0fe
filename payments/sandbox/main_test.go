package sandbox_test

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMain(m *testing.M) {
	var err error
	if keysDir, err = os.MkdirTemp("", "sandbox-keys-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(keysDir)
	os.Exit(code)
}

// keysDir holds the journal with the merchants that every test starts from.
var keysDir string

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
