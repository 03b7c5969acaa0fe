// Package qrcode draws the codes of the pretended providers' Mini Programs.
package qrcode

import (
	"bytes"
	"image"
	"image/color"
	"image/png"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

// Draw returns a PNG of a QR code, width pixels wide with the white edge that scanners need.
func Draw(text string, width int) ([]byte, error) {
	code, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		return nil, err
	}
	inner := width - 2*(width/12)
	if code, err = barcode.Scale(code, inner, inner); err != nil {
		return nil, err
	}
	img := image.NewPaletted(image.Rect(0, 0, width, width), color.Palette{color.White, color.Black})
	edge := (width - inner) / 2
	for y := range inner {
		for x := range inner {
			if lum, _, _, _ := code.At(x, y).RGBA(); lum == 0 {
				img.SetColorIndex(x+edge, y+edge, 1)
			}
		}
	}
	var out bytes.Buffer
	err = png.Encode(&out, img)
	return out.Bytes(), err
}
