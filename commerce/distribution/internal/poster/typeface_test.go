package poster_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/image/font/gofont/goregular"

	"galleria/commerce/distribution/internal/poster"
)

// chinese is a font of the machine. Without one these tests cannot say anything, and do not pass.
func chinese(t *testing.T) string {
	t.Helper()
	path := poster.Find("")
	if path == "" {
		t.Fatal("no font for Chinese on this machine: apt-get install fonts-wqy-microhei")
	}
	return path
}

func drawn(t *testing.T, p poster.Parts) *image.RGBA {
	t.Helper()
	raw, err := poster.Draw(p)
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("GALLERIA_SCREENSHOTS"); dir != "" {
		_ = os.WriteFile(filepath.Join(dir, "poster-"+t.Name()+p.Price+".png"), raw, 0o600)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	out, ok := img.(*image.RGBA)
	if !ok {
		t.Fatalf("%T", img)
	}
	return out
}

// ink counts what is written in a part of a poster that is else white.
func ink(img *image.RGBA, r image.Rectangle) (n int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if c := img.RGBAAt(x, y); c.R < 0xa0 && c.G < 0xa0 && c.B < 0xa0 {
				n++
			}
		}
	}
	return n
}

// Where the words of a poster are, beside the code: the title's lines, the shop and the invitation.
var (
	firstLine  = image.Rect(40, 780, 391, 818)
	secondLine = image.Rect(40, 821, 391, 860)
	shopLine   = image.Rect(40, 982, 391, 1012)
	inviteLine = image.Rect(40, 1029, 391, 1058)
	beyond     = image.Rect(391, 755, 429, 1095)
)

// TestWords: each of a poster's words is in its place and within it, also where they are too long,
// and what the font has no glyph for is left out and not drawn as a box.
func TestWords(t *testing.T) {
	t.Parallel()
	font := chinese(t)
	code, green := plain(t, 430, 430, color.RGBA{0, 0, 0, 255}, false), plain(t, 750, 750, color.RGBA{0, 160, 0, 255}, true)
	p := poster.Parts{Code: code, Picture: green, Price: "¥99.00", Font: font, Title: "高山云雾绿茶", Shop: "山野茶铺", Invite: "长按或扫码，一起来看看"}
	short := drawn(t, p)
	if ink(short, firstLine) < 500 || ink(short, secondLine) > 0 || ink(short, shopLine) < 300 || ink(short, inviteLine) < 300 || ink(short, beyond) > 0 {
		t.Errorf("words: %d %d %d %d, beyond %d", ink(short, firstLine), ink(short, secondLine), ink(short, shopLine), ink(short, inviteLine), ink(short, beyond))
	}
	p.Title, p.Price = strings.Repeat("武夷岩茶 Wuyi Oolong 礼盒装 ", 9), "¥1234567.00"
	p.Shop = strings.Repeat("山野", 40)
	long := drawn(t, p)
	if ink(long, firstLine) < 900 || ink(long, secondLine) < 900 || ink(long, shopLine) < 900 || ink(long, beyond) > 0 {
		t.Errorf("long words: %d %d %d, beyond %d", ink(long, firstLine), ink(long, secondLine), ink(long, shopLine), ink(long, beyond))
	}
	same := func(a, b *image.RGBA) bool { return bytes.Equal(a.Pix, b.Pix) }
	p = poster.Parts{Code: code, Font: font, Shop: "茶", Title: "茶"}
	one := drawn(t, p)
	p.Title = "\U0001F600茶\uE123\x00\n" // no glyphs: a smiley, a private character, controls
	if !same(one, drawn(t, p)) {
		t.Error("what the font does not have is drawn")
	}
	p.Title = "酒"
	if same(one, drawn(t, p)) {
		t.Error("two characters look the same: boxes, and no glyphs")
	}
	p.Font = ""
	if bare := drawn(t, p); ink(bare, image.Rect(0, 751, 750, 1100)) > 0 {
		t.Error("words without a font")
	}
	p.Font = filepath.Join(t.TempDir(), "gone.ttf")
	if !same(drawn(t, p), drawn(t, poster.Parts{Code: code})) {
		t.Error("a font that is gone is in the way of the rest")
	}
}

// TestFonts: a font has Chinese, or it is refused; posters at the same moment do not disturb each
// other, and a font is read from its file and not kept.
func TestFonts(t *testing.T) {
	t.Parallel()
	path := chinese(t)
	if err := poster.Check(path); err != nil {
		t.Error(err)
	}
	latin, broken := filepath.Join(t.TempDir(), "latin.ttf"), filepath.Join(t.TempDir(), "broken.ttc")
	if err := errors.Join(os.WriteFile(latin, goregular.TTF, 0o600), os.WriteFile(broken, []byte("ttcf and no more"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if odd := "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"; path != odd {
		if _, err := os.Stat(odd); err == nil { // its tables begin at odd bytes
			if err := poster.Check(odd); err != nil {
				t.Error(err)
			}
		}
	}
	for _, bad := range []string{latin, broken} {
		if err := poster.Check(bad); !errors.Is(err, poster.ErrTypeface) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if err := poster.Check(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if got := poster.Find("/srv/font.otf"); got != "/srv/font.otf" {
		t.Errorf("the configured font is %q", got)
	}
	p := poster.Parts{Code: plain(t, 40, 40, color.RGBA{0, 0, 0, 255}, false), Font: path, Title: "高山云雾绿茶", Shop: "山野茶铺"}
	want, err := poster.Draw(p)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if got, err := poster.Draw(p); err != nil || !bytes.Equal(got, want) {
				t.Errorf("another poster: %v", err)
			}
		})
	}
	group.Wait()
	var font []byte
	if font, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	allocated := testing.Benchmark(func(b *testing.B) {
		b.Helper()
		b.ReportAllocs()
		for b.Loop() {
			if err := poster.Check(path); err != nil {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if allocated > int64(len(font))/2 {
		t.Errorf("opening a font of %d bytes allocates %d", len(font), allocated)
	}
}
