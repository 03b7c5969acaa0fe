package media_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"testing"

	"github.com/gofiber/fiber/v2"

	"galleria/web/media"
)

// TestEveryPictureIsACleanDocument: well-formed, every colour filled in, nothing that
// needs a style, a script, a font or another address.
func TestEveryPictureIsACleanDocument(t *testing.T) {
	t.Parallel()
	forbidden := regexp.MustCompile(`\$|style|<script|<text|href|url\(| on[a-z]+=`)
	if n := len(media.Motifs()); n < 30 {
		t.Fatalf("%d motifs, want at least 30", n)
	}
	for _, motif := range media.Motifs() {
		seen := map[string]int{}
		for v := range media.Variants {
			name := motif + "-" + strconv.Itoa(v)
			svg, ok := media.Draw(name)
			if !ok {
				t.Fatalf("%s cannot be drawn", name)
			}
			if other, twice := seen[string(svg)]; twice {
				t.Errorf("variants %d and %d of %s are the same picture", other, v, motif)
			}
			seen[string(svg)] = v
			if found := forbidden.Find(svg); found != nil {
				t.Errorf("%s contains %q", name, found)
			}
			if v < 8 { // every palette and every backdrop once
				wellFormed(t, name, svg)
			}
			if again, _ := media.Draw(name); !bytes.Equal(again, svg) {
				t.Errorf("%s is drawn differently the second time", name)
			}
		}
	}
}

func wellFormed(t *testing.T, name string, svg []byte) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

func TestPictureAddresses(t *testing.T) {
	t.Parallel()
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	media.Register(app)
	for name, c := range map[string]struct {
		path string
		want int
	}{
		"a picture":            {media.Path("teapot", 3), http.StatusOK},
		"beyond the last":      {media.Path("teapot", media.Variants+3), http.StatusOK},
		"below the first":      {media.Path("teapot", -1), http.StatusOK},
		"no such motif":        {"/media/demo/dragon-1.svg", http.StatusNotFound},
		"no such variant":      {"/media/demo/teapot-32.svg", http.StatusNotFound},
		"a second spelling":    {"/media/demo/teapot-03.svg", http.StatusNotFound},
		"a sign":               {"/media/demo/teapot-+3.svg", http.StatusNotFound},
		"capitals":             {"/media/demo/Teapot-3.svg", http.StatusNotFound},
		"no variant":           {"/media/demo/teapot.svg", http.StatusNotFound},
		"another ending":       {"/media/demo/teapot-3.png", http.StatusNotFound},
		"a path":               {"/media/demo/..%2Fteapot-3.svg", http.StatusNotFound},
		"an encoded backslash": {"/media/demo/..%5Cdraw-3.svg", http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := app.Test(httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.path, http.NoBody))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = answer.Body.Close() }()
			if answer.StatusCode != c.want {
				t.Fatalf("%s: status %d, want %d", c.path, answer.StatusCode, c.want)
			}
			if c.want != http.StatusOK {
				return
			}
			for header, want := range map[string]string{
				"Content-Type": "image/svg+xml", "X-Content-Type-Options": "nosniff",
				"Cache-Control": "public, max-age=31536000, immutable", "Content-Security-Policy": "default-src 'none'; sandbox",
			} {
				if got := answer.Header.Get(header); got != want {
					t.Errorf("%s is %q, want %q", header, got, want)
				}
			}
		})
	}
}
