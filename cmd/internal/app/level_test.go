package app_test

import (
	"net/http"
	"testing"
	"time"

	"galleria/commerce/level"
)

// TestLevelsMoveByThemselves: an order grows its buyer to a level when its money is final, the
// shop's timer reviews it when its days are over and is set again, and a lowered threshold lifts
// the buyer; nobody but the jobs does anything.
func TestLevelsMoveByThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.openShop("levels", 20)
	b := w.login(s, "小明")
	terms := level.NewTerms()
	terms.Enabled = true
	if err := w.Levels.SaveTerms(t.Context(), s.ID, terms, "staff:1"); err != nil {
		t.Fatal(err)
	}
	ids := map[string]int64{}
	for _, l := range []level.Level{{Name: "银卡", Threshold: 50, PointsBps: 10_000, ValidDays: 30}, {Name: "金卡", Threshold: 100, OffBps: 1_000, PointsBps: 10_000, ValidDays: 30, KeepGrowth: 40}} {
		id, err := w.Levels.Save(t.Context(), s.ID, l, "staff:1")
		if err != nil {
			t.Fatal(err)
		}
		ids[l.Name] = id
	}
	stands := func(name string, growth int64) {
		t.Helper()
		eventually(t, 30*time.Second, "the level "+name, func() bool {
			var got struct {
				Growth int64
				Level  *struct{ Name string }
			}
			b.must(http.StatusOK, http.MethodGet, "/me/level", nil, &got)
			return got.Level != nil && got.Level.Name == name && got.Growth == growth
		})
	}
	no, line := b.paid(2) // 118 yuan
	b.sent(no, line, 2)
	b.must(http.StatusOK, http.MethodPost, "/orders/"+no+"/receive", nil, nil)
	eventually(t, 30*time.Second, no+" is received", func() bool {
		return w.count(s, "SELECT count(*) FROM orders WHERE order_no = $1 AND settlement = 'window'", no) == 1
	})
	w.change(s, "UPDATE orders SET settle_by = now() - interval '1 second' WHERE order_no = $1", no)
	w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'order.finish' AND key = $2", []any{s.ID.String(), no})
	stands("金卡", 118)
	due := func() int { return w.count(s, "SELECT count(*) FROM platform.timer WHERE topic = 'level.review'") }
	if due() != 1 {
		t.Fatalf("%d timers of the review, want 1", due())
	}
	w.change(s, "UPDATE level_account SET review_at = now() - interval '1 second'")
	w.owner("UPDATE platform.timer SET due_at = now() WHERE tenant_id = $1 AND topic = 'level.review'", []any{s.ID.String()})
	stands("银卡", 78)
	eventually(t, 30*time.Second, "the next day's review", func() bool { return due() == 1 })
	gold, err := w.Levels.Find(t.Context(), s.ID, ids["金卡"])
	if err != nil {
		t.Fatal(err)
	}
	gold.Threshold = 70
	if _, err := w.Levels.Save(t.Context(), s.ID, gold, "staff:1"); err != nil {
		t.Fatal(err)
	}
	stands("金卡", 78)
	eventually(t, 15*time.Second, "the words about each change", func() bool {
		var told string
		w.scan(s, "SELECT coalesce(string_agg(facts->>'level', ' ' ORDER BY id), '') FROM inbox_message WHERE event = 'level.changed'", nil, &told)
		return told == "金卡 银卡 金卡"
	})
	w.inBooks(s, 0)
}
