package picture

import (
	"image"
	"image/draw"
)

// shrink draws img so that no side is longer than longest. Each pixel is the mean of those
// it stands for.
func shrink(img image.Image, longest int) *image.RGBA {
	b := img.Bounds()
	full := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(full, full.Bounds(), img, b.Min, draw.Src)
	w, h := b.Dx(), b.Dy()
	long := max(w, h)
	if long <= longest {
		return full
	}
	nw, nh := max(1, w*longest/long), max(1, h*longest/long)
	out := image.NewRGBA(image.Rect(0, 0, nw, nh))
	for y := range nh {
		y0, y1 := y*h/nh, max((y+1)*h/nh, y*h/nh+1)
		for x := range nw {
			x0, x1 := x*w/nw, max((x+1)*w/nw, x*w/nw+1)
			mean(full, x0, y0, x1, y1, out.Pix[out.PixOffset(x, y):])
		}
	}
	return out
}

// mean writes the mean of a rectangle's pixels to the first four bytes of to.
func mean(img *image.RGBA, x0, y0, x1, y1 int, to []byte) {
	var sum [4]int
	for y := y0; y < y1; y++ {
		row := img.Pix[img.PixOffset(x0, y) : img.PixOffset(x1-1, y)+4]
		for i := 0; i < len(row); i += 4 {
			for c := range 4 {
				sum[c] += int(row[i+c])
			}
		}
	}
	n := (x1 - x0) * (y1 - y0)
	for c := range 4 {
		to[c] = byte((sum[c] + n/2) / n)
	}
}

// upright turns a picture the way its camera was held: turn is the orientation of Exif.
func upright(img *image.RGBA, turn int) *image.RGBA {
	if turn < 2 || turn > 8 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	nw, nh := w, h
	if turn >= 5 {
		nw, nh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, nw, nh))
	for y := range nh {
		for x := range nw {
			sx, sy := source(turn, x, y, w, h)
			copy(out.Pix[out.PixOffset(x, y):][:4], img.Pix[img.PixOffset(sx, sy):][:4])
		}
	}
	return out
}

// source is where the pixel at x, y of the upright picture lies in the stored one of w × h.
func source(turn, x, y, w, h int) (sx, sy int) {
	switch turn {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	case 8:
		return w - 1 - y, x
	}
	return x, y
}
