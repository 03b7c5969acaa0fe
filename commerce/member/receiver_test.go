package member_test

import (
	"bytes"
	"testing"

	"galleria/commerce/member"
)

// TestReceiversAreFoundBlind: one person is found under what he types, however he sets it, in
// one shop; nothing of it opens elsewhere.
func TestReceiversAreFoundBlind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seal := func(no string, r member.Receiver) ([]byte, [][]byte) {
		t.Helper()
		sealed, index, err := w.SealReceiver(t.Context(), w.id, no, r)
		if err != nil || len(index) != 3 {
			t.Fatalf("%d indexes, %v", len(index), err)
		}
		return sealed, index
	}
	first, a := seal("N1", member.Receiver{Name: "李 雷", Phone: "138 0013-8000", Detail: "文三路 1 号", Area: "浙江省杭州市西湖区"})
	second, b := seal("N2", member.Receiver{Name: "李雷", Phone: "+8613800138000", Detail: "文三路1号", Area: "浙江省杭州市西湖区"})
	_, c := seal("N3", member.Receiver{Name: "韩梅", Phone: "13800138001", Detail: "文三路1号", Area: "上海市上海市长宁区"})
	for i := range a {
		if !bytes.Equal(a[i], b[i]) || bytes.Equal(a[i], c[i]) {
			t.Errorf("index %d: %x, %x, %x; want the first two alike, the third not", i, a[i], b[i], c[i])
		}
	}
	typed, err := w.ReceiverIndex(t.Context(), w.id, "13800138000")
	if err != nil || !bytes.Equal(typed[0], a[0]) {
		t.Errorf("the phone is not found: %v", err)
	}
	if typed, err = w.ReceiverIndex(t.Context(), w.id, "李雷"); err != nil || !bytes.Equal(typed[1], a[1]) {
		t.Errorf("the name is not found: %v", err)
	}
	if got, err := w.OpenReceiver(t.Context(), w.id, "N1", first); err != nil || got.Name != "李 雷" || got.Detail != "文三路 1 号" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := w.OpenReceiver(t.Context(), w.id, "N1", second); err == nil {
		t.Error("one order's receiver opens under another's number")
	}
}
