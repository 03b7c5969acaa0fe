package poster

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// ErrTypeface is a file that is no font for Chinese.
var ErrTypeface = errors.New("not a TrueType or OpenType font that has Chinese")

// places are where Debian's packages put fonts that have Chinese: fonts-noto-cjk,
// fonts-wqy-microhei, fonts-wqy-zenhei, fonts-droid-fallback, fonts-arphic-*.
func places() []string {
	return []string{
		"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
		"/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
		"/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
		"/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
		"/usr/share/fonts-droid-fallback/truetype/DroidSansFallback.ttf",
		"/usr/share/fonts/truetype/arphic/uming.ttc",
	}
}

// Find is the path of the font to write with: the configured one, or else the first that the
// machine has. Empty: none.
func Find(configured string) string {
	if configured != "" {
		return configured
	}
	for _, path := range places() {
		if found, err := os.Stat(path); err == nil && found.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// Check reads the font of a path as Draw would. Fails with ErrTypeface, or as the file does.
func Check(path string) error {
	face, err := openTypeface(path)
	if err != nil {
		return err
	}
	face.close()
	return nil
}

// typeface is an open font file. Such files have up to 20 MB, most of which are outlines: they are
// read glyph by glyph from the file, and nothing is kept between posters. Not for concurrent use.
type typeface struct {
	file *os.File
	font *sfnt.Font
	buf  sfnt.Buffer
}

// sample are characters that a font for Chinese has.
const sample = "店价¥" //nolint:gosmopolitan // what is looked for in a font

func openTypeface(path string) (*typeface, error) {
	file, err := os.Open(filepath.Clean(path)) // of the installation's configuration
	if err != nil {
		return nil, fmt.Errorf("open the font: %w", err)
	}
	t := &typeface{file: file}
	if err := t.choose(); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *typeface) close() { _ = t.file.Close() }

// choose takes the font of the file that is made for simplified Chinese, or else the first with
// Chinese: collections have one for each country.
func (t *typeface) choose() error {
	for found, err := range fontsIn(t.file) {
		if err != nil {
			return err
		}
		name, _ := found.Name(&t.buf, sfnt.NameIDFull)
		simplified := strings.Contains(name, " SC")
		if t.font != nil && !simplified {
			continue
		}
		if candidate := (&typeface{font: found}); candidate.known(sample) == sample {
			t.font = found
		}
		if simplified && t.font == found {
			break
		}
	}
	if t.font == nil {
		return ErrTypeface
	}
	return nil
}

// known is a text without what the font has no glyph for, which it would draw as a box.
func (t *typeface) known(text string) string {
	return strings.Map(func(r rune) rune {
		if i, err := t.font.GlyphIndex(&t.buf, r); err != nil || i == 0 {
			return -1
		}
		return r
	}, strings.Join(strings.Fields(text), " "))
}

// text is where words go, and how.
type text struct {
	at    image.Point // the beginning of the first base line
	words string
	size  int // pixels
	ink   color.Color
	width int // of a line
	lines int
}

// leading is a line's height in hundredths of its size.
const leading = 135

// put writes words in as many lines as they may have; what is too much ends in an ellipsis.
func (t *typeface) put(to *image.RGBA, w text) error {
	face, err := opentype.NewFace(t.font, &opentype.FaceOptions{Size: float64(w.size), DPI: 72, Hinting: font.HintingNone}) //nolint:forbidigo // pixels, as the library has them
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTypeface, err)
	}
	d := font.Drawer{Dst: to, Src: image.NewUniform(w.ink), Face: face}
	for i, line := range wrap(t.known(w.words), w.lines, func(s string) bool { return d.MeasureString(s).Ceil() <= w.width }) {
		d.Dot = fixed.P(w.at.X, w.at.Y+i*w.size*leading/100)
		d.DrawString(line)
	}
	return face.Close()
}

const ellipsis = "…"

// wrap breaks a text into at most so many lines that fit: between any two characters, as Chinese
// is, but not within a word of Latin letters where that can be helped.
func wrap(words string, lines int, fits func(string) bool) (out []string) {
	rest := []rune(strings.TrimSpace(words))
	for len(rest) > 0 && len(out) < lines {
		n := 0
		for n < len(rest) && fits(string(rest[:n+1])) {
			n++
		}
		if n < len(rest) && len(out) == lines-1 {
			for n > 0 && !fits(string(rest[:n])+ellipsis) {
				n--
			}
			return append(out, strings.TrimRight(string(rest[:n]), " ")+ellipsis)
		}
		n = max(n, 1)
		if n < len(rest) {
			n = atWord(rest, n)
		}
		out = append(out, strings.TrimRight(string(rest[:n]), " "))
		rest = []rune(strings.TrimLeft(string(rest[n:]), " "))
	}
	return out
}

// atWord moves a break to the beginning of the Latin word that it would cut, unless the word fills
// the line.
func atWord(rest []rune, n int) int {
	latin := func(r rune) bool { return r > ' ' && r < 0x250 }
	for k := n; k > 0; k-- {
		if !latin(rest[k-1]) || !latin(rest[k]) {
			return k
		}
	}
	return n
}
