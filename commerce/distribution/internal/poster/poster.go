// Package poster draws what a distributor shows to others: a product's picture and price above the
// code that opens it, and the shop's words where there is a font for Chinese. None comes with the
// program, for its size: without one it draws digits and no words, and the Mini Program, which has
// fonts, writes those into the free space.
package poster

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // pictures of shops and codes
	"image/png"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// The size of a poster, in pixels.
const (
	Width  = 750
	Height = 1100
)

const (
	pictureSide = 750
	codeSide    = 280 // below a picture
	codeAlone   = 470 // in the place of one
	edge        = 40
	mostPixels  = 4_000_000 // of a picture that is put in
)

// The colours: of the paper, behind a code that stands in a picture's place, and of a price.
func paper() color.Color { return color.White }
func shade() color.Color { return color.RGBA{0xf3, 0xef, 0xe8, 0xff} }
func red() color.Color   { return color.RGBA{0xc8, 0x32, 0x24, 0xff} }
func black() color.Color { return color.RGBA{0x22, 0x22, 0x22, 0xff} }
func grey() color.Color  { return color.RGBA{0x66, 0x66, 0x66, 0xff} }

// Parts is what a poster is made of.
type Parts struct {
	Code    []byte // a JPEG or PNG
	Picture []byte // of a product, a JPEG or PNG; nil for none
	Price   string // such as "¥99.00"; "" for none. Latin letters and digits only

	Font   string // the path of a font that has Chinese; "" for none, and no words
	Title  string // of the product
	Shop   string
	Invite string // a line that asks to scan the code
}

// ErrPicture is a picture that cannot be put in.
var ErrPicture = errors.New("not a picture of a size that can be put in")

// Draw draws a poster, a PNG of Width × Height. A product's picture that cannot be read is left out,
// and words for which there is no font. Safe for concurrent use.
// Fails with ErrPicture if the code's cannot.
func Draw(p Parts) ([]byte, error) {
	code, err := decode(p.Code)
	if err != nil {
		return nil, err
	}
	to := image.NewRGBA(image.Rect(0, 0, Width, Height))
	fill(to, to.Rect, paper())
	picture, err := decode(p.Picture)
	if err == nil {
		cover(to, image.Rect(0, 0, pictureSide, pictureSide), picture)
		place(to, image.Pt(Width-edge-codeSide/2, pictureSide+(Height-pictureSide)/2), codeSide, code)
	} else {
		fill(to, image.Rect(0, 0, pictureSide, pictureSide), shade())
		place(to, image.Pt(Width/2, pictureSide/2), codeAlone, code)
	}
	room := Width - 3*edge - codeSide
	if err != nil {
		room = Width - 2*edge // the code stands above
	}
	priceAt := pictureSide + 100
	if said, err := say(to, p, room); err != nil {
		return nil, err
	} else if said {
		priceAt = pictureSide + 190
	}
	if p.Price != "" {
		if err := write(to, image.Pt(edge, priceAt), p.Price, Width-3*edge-codeSide); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, to)
	return out.Bytes(), err
}

// say writes the words, if there is a font that can be read; the lines of a poster are at fixed
// heights, whichever of them it has.
func say(to *image.RGBA, p Parts, room int) (said bool, err error) {
	if p.Font == "" {
		return false, nil
	}
	face, err := openTypeface(p.Font)
	if err != nil {
		return false, nil // gone or broken since it was checked: a poster without words
	}
	defer face.close()
	for _, line := range []text{
		{at: image.Pt(edge, pictureSide+60), words: p.Title, size: 30, ink: black(), width: room, lines: 2},
		{at: image.Pt(edge, pictureSide+255), words: p.Shop, size: 24, ink: black(), width: room, lines: 1},
		{at: image.Pt(edge, pictureSide+300), words: p.Invite, size: 22, ink: grey(), width: room, lines: 1},
	} {
		if err := face.put(to, line); err != nil {
			return true, err
		}
	}
	return true, nil
}

func decode(raw []byte) (image.Image, error) {
	size, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || size.Width < 1 || size.Height < 1 || size.Width > mostPixels || size.Height > mostPixels || size.Width*size.Height > mostPixels {
		return nil, ErrPicture
	}
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPicture, err)
	}
	return img, nil
}

func fill(to *image.RGBA, r image.Rectangle, c color.Color) {
	draw.Draw(to, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// cover fills r with the middle of a picture.
func cover(to *image.RGBA, r image.Rectangle, img image.Image) {
	b := img.Bounds()
	w, h := b.Dx(), b.Dx()*r.Dy()/r.Dx()
	if h > b.Dy() {
		w, h = b.Dy()*r.Dx()/r.Dy(), b.Dy()
	}
	at := image.Pt(b.Min.X+(b.Dx()-w)/2, b.Min.Y+(b.Dy()-h)/2)
	fill(to, r, paper()) // behind what is transparent
	draw.CatmullRom.Scale(to, r, img, image.Rectangle{at, at.Add(image.Pt(w, h))}, draw.Over, nil)
}

// place draws a code around a point, on white.
func place(to *image.RGBA, middle image.Point, side int, img image.Image) {
	r := image.Rect(middle.X-side/2, middle.Y-side/2, middle.X+side/2, middle.Y+side/2)
	fill(to, r, paper())
	draw.CatmullRom.Scale(to, r, img, img.Bounds(), draw.Over, nil)
}

// write writes digits in one line that is at most so wide, smaller if they are many.
func write(to *image.RGBA, at image.Point, text string, most int) error {
	parsed, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return err
	}
	for size := 64.0; ; size -= 4 {
		face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
		if err != nil {
			return err
		}
		d := font.Drawer{Dst: to, Src: image.NewUniform(red()), Face: face, Dot: fixed.P(at.X, at.Y)}
		if d.MeasureString(text).Ceil() <= most || size <= 24 {
			d.DrawString(text)
			return nil
		}
	}
}
