package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"galleria/commerce/picture"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenanttest"
)

func shop(t *testing.T, id string) tenant.ID {
	t.Helper()
	parsed, err := tenant.ParseID(id)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// photo is red above and blue below.
func photo(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{R: byte(255 * (1 - y*2/h)), B: byte(255 * (y * 2 / h)), A: 255})
		}
	}
	return img
}

func encoded(t *testing.T, img image.Image, as string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch as {
	case "jpeg":
		err = jpeg.Encode(&b, img, nil)
	case "png":
		err = png.Encode(&b, img)
	case "gif":
		err = gif.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts an orientation and a place behind the start of a JPEG.
func withExif(raw []byte, turn byte) []byte {
	tiff := "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string(turn) + "\x00\x00\x00\x00\x00\x00\x00"
	body := "Exif\x00\x00" + tiff + "GPS 31.2304N 121.4737E"
	segment := "\xff\xe1" + string([]byte{byte((len(body) + 2) >> 8), byte(len(body) + 2)}) + body
	return append(append(append([]byte{}, raw[:2]...), segment...), raw[2:]...)
}

func TestT102UploadsBecomeCleanPictures(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := serviceOf(env, picture.NewFolder(t.TempDir()+"/made/later"))
	id := env.Tenant.ID
	transparent := photo(200, 120)
	transparent.Set(3, 3, color.RGBA{})
	cases := []struct {
		name          string
		raw           []byte
		refused       error
		width, height int
		suffix        string
	}{
		{"a JPEG", encoded(t, photo(300, 200), "jpeg"), nil, 300, 200, ".jpg"},
		{"a PNG without transparency", encoded(t, photo(300, 200), "png"), nil, 300, 200, ".jpg"},
		{"a PNG with transparency", encoded(t, transparent, "png"), nil, 200, 120, ".png"},
		{"a large photo is made smaller", encoded(t, photo(3200, 1600), "jpeg"), nil, 1600, 800, ".jpg"},
		{"a photo taken upright", withExif(encoded(t, photo(300, 200), "jpeg"), 6), nil, 200, 300, ".jpg"},
		{"a GIF", encoded(t, photo(300, 200), "gif"), picture.ErrType, 0, 0, ""},
		{"a page called .jpg", []byte("<html><script>alert(1)</script>"), picture.ErrType, 0, 0, ""},
		{"a drawing with a script", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), picture.ErrType, 0, 0, ""},
		{"nothing", nil, picture.ErrType, 0, 0, ""},
		{"half a JPEG", encoded(t, photo(300, 200), "jpeg")[:400], picture.ErrBroken, 0, 0, ""},
		{"too small", encoded(t, photo(99, 200), "jpeg"), picture.ErrPixels, 0, 0, ""},
		{"too many bytes", append(encoded(t, photo(300, 200), "jpeg"), make([]byte, picture.MaxBytes)...), picture.ErrTooLarge, 0, 0, ""},
		{"a header that announces gigabytes", bomb(t), picture.ErrPixels, 0, 0, ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			address, err := s.Take(t.Context(), id, picture.TakeInput{Raw: tc.raw, Name: "../../" + tc.name + ".php;.jpg", Actor: "staff:1"})
			if !errors.Is(err, tc.refused) {
				t.Fatalf("%v, want %v", err, tc.refused)
			}
			if tc.refused != nil {
				return
			}
			body, kind, err := s.Find(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			size, _, err := image.DecodeConfig(bytes.NewReader(body))
			if err != nil || size.Width != tc.width || size.Height != tc.height || !strings.HasSuffix(address, tc.suffix) || !strings.HasPrefix(kind, "image/") {
				t.Errorf("%s: %dx%d %s, %v", address, size.Width, size.Height, kind, err)
			}
			if bytes.Contains(body, []byte("GPS")) || bytes.Contains(body, []byte("Exif")) {
				t.Error("it still tells where it was taken")
			}
			if again, err := s.Take(t.Context(), id, picture.TakeInput{Raw: tc.raw, Name: "../../" + tc.name + ".php;.jpg", Actor: "staff:1"}); err != nil || again != address {
				t.Errorf("the same again is %s, %v", again, err)
			}
			if !picture.Owns(id, address) || picture.Owns(shop(t, "t_ba9876543210"), address) || strings.Contains(address, id.String()) {
				t.Errorf("whose is %s?", address)
			}
		})
	}
}

// bomb is a PNG of 60,000 × 60,000 pixels in a few bytes.
func bomb(t *testing.T) []byte {
	t.Helper()
	raw := encoded(t, photo(100, 100), "png")
	copy(raw[16:], []byte{0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60})
	// The header's checksum no longer fits, which a decoder may notice first.
	copy(raw[29:], crcOf(raw[12:29]))
	return raw
}

func crcOf(chunk []byte) []byte { return binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(chunk)) }

// A photo taken with the camera turned stands upright: what was on its left is above.
func TestOrientation(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := serviceOf(env, picture.NewFolder(t.TempDir()))
	address, err := s.Take(t.Context(), env.Tenant.ID, picture.TakeInput{Raw: withExif(encoded(t, photo(300, 200), "jpeg"), 6)})
	if err != nil {
		t.Fatal(err)
	}
	body, _, err := s.Find(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r, _, b, _ := img.At(180, 150).RGBA() // turned clockwise: the red top is on the right
	if r < b {
		t.Error("the right side is not red")
	}
	if r, _, b, _ = img.At(20, 150).RGBA(); r > b {
		t.Error("the left side is not blue")
	}
}

func TestFindKeepsToItsPictures(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := serviceOf(env, picture.NewFolder(t.TempDir()))
	for _, address := range []string{
		"", "/etc/passwd", picture.Prefix, picture.Prefix + "../../../etc/passwd", picture.Prefix + "0123456789abcdef/../x.jpg",
		picture.Prefix + "0123456789abcdef/0123456789abcdef0123456789abcdef.jpg", picture.Prefix + "0123456789abcdef/0123456789abcdef0123456789abcdef.svg",
	} {
		if _, _, err := s.Find(t.Context(), address); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := serviceOf(env, picture.NewFolder("")).Take(t.Context(), env.Tenant.ID, picture.TakeInput{Raw: encoded(t, photo(200, 200), "jpeg")}); !errors.Is(err, picture.ErrNoPlace) {
		t.Errorf("without a folder: %v", err)
	}
}
