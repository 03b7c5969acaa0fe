// Package static holds the browser assets: the vendored libraries of VENDOR.md and
// our own stylesheet, script and mark. It names every file by its content, so that a
// browser may keep it for a year and still sees a new release at once.
//
// It owns bytes and names, not routes: console serves them. Node is needed only to
// change a vendored version (`make assets`), never to build or run.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:embed vendor/* console.css app.js session.js theme.js mark.svg
var files embed.FS

// asset is one file as it is sent. gzip returns the compressed form, made on first
// use, or nil when compressing does not pay.
type asset struct {
	body        []byte
	contentType string
	gzip        func() []byte
}

// Assets maps file names to hashed URLs and back. It is immutable after New and
// safe for concurrent use.
type Assets struct {
	urls  map[string]string
	byURL map[string]*asset
}

// New reads the embedded files and mounts them in thought under prefix, such as
// "/console/static/". It fails only on a file type without a known content type.
func New(prefix string) (*Assets, error) {
	a := &Assets{urls: map[string]string{}, byURL: map[string]*asset{}}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read asset %s: %w", name, err)
		}
		contentType, ok := contentTypes()[path.Ext(name)]
		if !ok {
			return fmt.Errorf("asset %s has no known content type", name)
		}
		url := prefix + hashedName(path.Base(name), body)
		a.urls[path.Base(name)] = url
		a.byURL[url] = &asset{body: body, contentType: contentType, gzip: sync.OnceValue(func() []byte { return compress(body) })}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// URL returns the hashed address of name, such as "console.css"; an unknown name
// gives "" (the tests of console/view refuse a page with an empty address).
func (a *Assets) URL(name string) string { return a.urls[name] }

// Lookup returns the file at url, as it is and compressed (nil when that does not
// pay). An outdated hash is not found: it must not be answered with other bytes that a
// browser then keeps for a year.
func (a *Assets) Lookup(url string) (body, gzip []byte, contentType string, ok bool) {
	found, ok := a.byURL[url]
	if !ok {
		return nil, nil, "", false
	}
	return found.body, found.gzip(), found.contentType, true
}

func contentTypes() map[string]string {
	return map[string]string{
		".css": "text/css; charset=utf-8",
		".js":  "text/javascript; charset=utf-8",
		".svg": "image/svg+xml",
	}
}

// hashedName turns "app.js" into "app.3f2a90c1d4e5.js".
func hashedName(name string, body []byte) string {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
}

func compress(body []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(body); err != nil {
		return nil
	}
	if err := w.Close(); err != nil || out.Len() >= len(body) {
		return nil
	}
	return out.Bytes()
}
