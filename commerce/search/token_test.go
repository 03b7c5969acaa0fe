package search_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"galleria/commerce/search"
)

// fits is what the index does: all tokens of one of the ways to ask are the product's.
func fits(tokens []string, q search.Query) bool {
	for _, want := range [][]string{q.Words, q.Initials, q.Letters} {
		all := len(want) > 0
		for _, token := range want {
			all = all && slices.Contains(tokens, token)
		}
		if all {
			return true
		}
	}
	return false
}

func TestWhatIsFoundByWhat(t *testing.T) {
	t.Parallel()
	doc := search.Doc{Title: "云南小粒咖啡豆 Washed AA 250g", More: []string{"重庆仓发货", "青禾"}}
	tokens := search.Tokens(doc)
	for _, c := range []struct {
		name, q string
		want    bool
	}{
		{"two characters", "咖啡", true},
		{"one character", "咖", true},
		{"a longer piece", "小粒咖啡豆", true},
		{"two words", "咖啡 云南", true},
		{"words without a gap", "云南咖啡", false}, // 南咖 is no pair of the title: near, not found
		{"initials", "ynxl", true},
		{"two initials", "kf", true},
		{"initials in capitals", "KFD", true},
		{"pinyin", "kafei", true},
		{"the beginning of pinyin", "yunn", true},
		{"a character with two readings", "cq", true},
		{"the beginning of a word", "wash", true},
		{"the middle of a word", "ashed", false},
		{"full width", "ＷＡＳＨＥＤ", true},
		{"a number", "250", true},
		{"the brand", "青禾", true},
		{"a brand and a good", "青禾 kafei", true},
		{"another good", "茶叶", false},
		{"signs only", "%_'\"\\", false},
	} {
		if got := fits(tokens, search.Parse(c.q)); got != c.want {
			t.Errorf("%s: %q found %v, want %v; asked %+v", c.name, c.q, got, c.want, search.Parse(c.q))
		}
	}
}

// Whatever stretch of a Chinese title is typed, the title is found.
func TestAnyStretchFindsItsTitle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		title := rapid.StringOfN(rapid.RuneFrom([]rune("云南小粒咖啡豆手冲壶重庆长沙")), 1, 20, -1).Draw(t, "title")
		chars := []rune(title)
		from := rapid.IntRange(0, len(chars)-1).Draw(t, "from")
		to := rapid.IntRange(from+1, len(chars)).Draw(t, "to")
		if !fits(search.Tokens(search.Doc{Title: title}), search.Parse(string(chars[from:to]))) {
			t.Fatalf("%q is not found by %q", title, string(chars[from:to]))
		}
	})
}

// No text makes more tokens than an index should hold, or stops the reader.
func FuzzTokens(f *testing.F) {
	f.Add("咖啡", "kafei")
	f.Add("\x00\xff", "ü")
	f.Fuzz(func(t *testing.T, title, q string) {
		if n := len(search.Tokens(search.Doc{Title: title})); n > 1200 {
			t.Fatalf("%d tokens", n)
		}
		_ = search.Parse(q).Any()
	})
}
