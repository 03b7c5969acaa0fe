package poster_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"testing"

	"galleria/commerce/distribution/internal/poster"
)

func plain(t *testing.T, w, h int, c color.Color, jpg bool) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, c)
		}
	}
	var out bytes.Buffer
	err := png.Encode(&out, img)
	if jpg {
		out.Reset()
		err = jpeg.Encode(&out, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestDraw: every part is where it belongs, whatever the pictures' form; what cannot be read of the
// product is left out, and without a code there is no poster.
func TestDraw(t *testing.T) {
	t.Parallel()
	black, green := color.RGBA{0, 0, 0, 255}, color.RGBA{0, 160, 0, 255}
	code := plain(t, 430, 430, black, false)
	dark := func(c color.Color) bool { r, g, b, _ := c.RGBA(); return r < 0x2000 && g < 0x2000 && b < 0x2000 }
	draw := func(p poster.Parts) image.Image {
		t.Helper()
		raw, err := poster.Draw(p)
		if err != nil {
			t.Fatal(err)
		}
		if dir := os.Getenv("GALLERIA_SCREENSHOTS"); dir != "" {
			_ = os.WriteFile(dir+"/poster-"+p.Price+".png", raw, 0o600)
		}
		img, err := png.Decode(bytes.NewReader(raw))
		if err != nil || img.Bounds() != image.Rect(0, 0, poster.Width, poster.Height) {
			t.Fatalf("%v %v", img.Bounds(), err)
		}
		return img
	}
	inked := func(img image.Image, r image.Rectangle) bool {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if c := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA); c.R > 0x90 && c.G < 0x60 && c.B < 0x60 { //nolint:forcetypeassert // what the model converts to
					return true
				}
			}
		}
		return false
	}
	price := image.Rect(40, 780, 390, 880)
	for name, picture := range map[string][]byte{"wide": plain(t, 900, 300, green, true), "high": plain(t, 300, 900, green, false)} {
		img := draw(poster.Parts{Code: code, Picture: picture, Price: "¥1234567.00"})
		for _, at := range []image.Point{{1, 1}, {748, 748}} {
			if _, g, _, _ := img.At(at.X, at.Y).RGBA(); g < 0x8000 {
				t.Errorf("%s: no picture at %v", name, at)
			}
		}
		if !dark(img.At(570, 925)) || dark(img.At(375, 375)) {
			t.Errorf("%s: the code is not beside the price", name)
		}
		if !inked(img, price) || inked(img, image.Rect(400, 760, 429, 1100)) {
			t.Errorf("%s: the price is not where it belongs", name)
		}
	}
	alone := draw(poster.Parts{Code: code})
	if !dark(alone.At(375, 375)) || inked(alone, price) {
		t.Error("a code alone is not in the middle")
	}
	if unread := draw(poster.Parts{Code: code, Picture: []byte("<svg/>"), Price: "¥9.90"}); !dark(unread.At(375, 375)) || !inked(unread, price) {
		t.Error("a picture that cannot be read is in the way of the rest")
	}
	for _, bad := range [][]byte{nil, []byte("x"), code[:100]} {
		if _, err := poster.Draw(poster.Parts{Code: bad}); !errors.Is(err, poster.ErrPicture) {
			t.Errorf("%.10q: %v", bad, err)
		}
	}
}
