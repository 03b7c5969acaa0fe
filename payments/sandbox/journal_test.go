package sandbox_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"galleria/payments/sandbox"
)

// everything fills each part of the books at least once.
func everything(e *env) {
	e.t.Helper()
	e.template()
	e.accept()
	e.accept()
	wantCode(e.t, e.mini(http.MethodPost, "/cgi-bin/message/subscribe/send?access_token="+e.token(), e.message(nil)), 0)
	e.paid("JOURNAL0001")
	e.inbox.wait(e.t)
	e.attempts(1)
	e.refund(refundBody("JOURNAL0001", "JR1", 10, 8880))
	e.prepay("JOURNAL0002", nil)
	wantCode(e.t, e.mini(http.MethodPost, "/wxa/sec/order/upload_shipping_info?access_token="+e.token(), e.shipping("JOURNAL0001", nil)), 0)
}

func TestReplayGivesTheSameBooks(t *testing.T) {
	t.Parallel()
	e := setup(t)
	everything(e)
	before := booksAsJSON(t, e.server.Books())
	if err := e.server.Close(); err != nil {
		t.Fatal(err)
	}
	e.open()
	if after := booksAsJSON(t, e.server.Books()); !reflect.DeepEqual(after, before) {
		t.Errorf("books after replay differ:\n%s\n%s", after, before)
	}
}

func booksAsJSON(t *testing.T, b sandbox.Books) string {
	t.Helper()
	raw, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestJournalDamage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tail string
		ok   bool
	}{
		"torn last line": {`{"at":"2026-11-11T10:00:00Z","charge":{"mchid":"19000`, true},
		"garbage line":   {"not JSON\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := setup(t)
			e.prepay("DAMAGE0001", nil)
			if err := e.server.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(e.dir, "books.jsonl")
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, append(whole, c.tail...), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := sandbox.Open(sandbox.Config{Dir: e.dir, Now: e.clock.Now})
			if (err == nil) != c.ok {
				t.Fatalf("open: got %v, want success %v", err, c.ok)
			}
			if err != nil {
				return
			}
			if n := len(s.Books().Charges); n != 1 {
				t.Errorf("%d charges, want the one that was written whole", n)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if mended, err := os.ReadFile(path); err != nil || string(mended) != string(whole) {
				t.Errorf("the torn line was not cut off: %v", err)
			}
		})
	}
}

func TestBooksKeepNoKeysAndJournalIsPrivate(t *testing.T) {
	t.Parallel()
	e := setup(t)
	a := do(t, http.MethodGet, e.url+"/_control/books", "", nil)
	for _, hidden := range []string{e.merchant.APIv3Key, secret, "PRIVATE KEY"} {
		if a.status != http.StatusOK || contains(a.body, hidden) {
			t.Errorf("books (%d) show a key or a secret", a.status)
		}
	}
	info, err := os.Stat(filepath.Join(e.dir, "books.jsonl"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("journal: %v %v, want mode 0600", info, err)
	}
}

func TestOpenNeedsAClock(t *testing.T) {
	t.Parallel()
	if _, err := sandbox.Open(sandbox.Config{}); err == nil {
		t.Error("a sandbox without a clock opened")
	}
}
