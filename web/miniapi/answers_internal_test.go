package miniapi

import (
	"bytes"
	"strconv"
	"testing"
	"time"

	"galleria/tenant"
)

// memory is an Answers with a clock that the test moves.
func memory(t *testing.T, maxBytes int) (m *Answers, id tenant.ID, advance func(time.Duration)) {
	t.Helper()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	return NewAnswers(maxBytes, func() time.Time { return now }), tenant.NewID(), func(d time.Duration) { now = now.Add(d) }
}

func TestLoadBegunBeforeAChangeIsNotKept(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(m *Answers, id tenant.ID){
		"notification":    func(m *Answers, id tenant.ID) { m.forget(id.String()) },
		"lost connection": func(m *Answers, _ tenant.ID) { m.forgetAll() },
	} {
		m, id, _ := memory(t, 1<<20)
		key := answerKey{tenant: id, request: "/products?"}
		epoch := m.begin(id)
		change(m, id)
		m.keep(key, []byte("old price"), epoch)
		if a, ok := m.find(key); ok {
			t.Errorf("%s: %q was kept", name, a.body)
		}
		m.keep(key, []byte("new price"), m.begin(id))
		if a, ok := m.find(key); !ok || string(a.body) != "new price" {
			t.Errorf("%s: the new answer was not kept", name)
		}
	}
}

func TestForgettingOneShopLeavesTheOthers(t *testing.T) {
	t.Parallel()
	m, id, _ := memory(t, 1<<20)
	other := tenant.NewID()
	for _, of := range []tenant.ID{id, other} {
		m.keep(answerKey{of, "/shop?"}, []byte(of.String()), m.begin(of))
	}
	m.forget(id.String())
	m.forget("nonsense")
	if _, ok := m.find(answerKey{id, "/shop?"}); ok {
		t.Error("the shop's answer is still there")
	}
	if a, ok := m.find(answerKey{other, "/shop?"}); !ok || string(a.body) != other.String() {
		t.Error("the other shop's answer is gone")
	}
}

func TestMemoryIsBoundedAndKeepsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	const limit = 100 << 10
	m, id, _ := memory(t, limit)
	hot := answerKey{id, "/hot?"}
	m.keep(hot, make([]byte, 1000), m.begin(id))
	for i := range 1000 {
		m.keep(answerKey{id, "/products?q=" + strconv.Itoa(i)}, make([]byte, 1000), m.begin(id))
		if _, ok := m.find(hot); !ok {
			t.Fatalf("what is asked for all the time was given up after %d others", i+1)
		}
		if m.bytes > limit {
			t.Fatalf("%d bytes held, limit %d", m.bytes, limit)
		}
	}
	if n := len(m.byKey); n != m.recent.Len() || n > limit/1000 {
		t.Errorf("%d keys, %d entries", n, m.recent.Len())
	}
	m.keep(answerKey{id, "/huge?"}, make([]byte, limit/2), m.begin(id))
	if _, ok := m.find(answerKey{id, "/huge?"}); ok {
		t.Error("one answer may take half of the memory")
	}
}

func TestOneRequestRenewsAnAnswerBeforeItEnds(t *testing.T) {
	t.Parallel()
	m, id, advance := memory(t, 1<<20)
	key := answerKey{id, "/products?"}
	m.keep(key, []byte("first"), m.begin(id))
	advance(answerAge - renewal)
	sent := 0
	for range 10 {
		if _, ok := m.find(key); !ok {
			sent++
		}
	}
	if sent != 1 {
		t.Errorf("%d of 10 requests were sent to renew the answer, want 1", sent)
	}
	m.keep(key, []byte("second"), m.begin(id))
	if a, ok := m.find(key); !ok || !bytes.Equal(a.body, []byte("second")) {
		t.Error("the renewed answer is not there")
	}
	advance(answerAge)
	if _, ok := m.find(key); ok {
		t.Error("an answer outlived its age")
	}
}
