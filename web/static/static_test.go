package static_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"galleria/web/static"
)

// row is a line of VENDOR.md: file, package, version, licence, source, two digests.
var row = regexp.MustCompile("(?m)^\\| (\\S+) \\| (\\S+) \\| (\\S+) \\| (\\S+) \\| .*? \\| `([0-9a-f]{64})` \\|$")

func vendored(t *testing.T) [][]string {
	t.Helper()
	list, err := os.ReadFile("VENDOR.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := row.FindAllStringSubmatch(string(list), -1)
	if len(rows) < 4 {
		t.Fatalf("VENDOR.md lists %d files", len(rows))
	}
	return rows
}

func TestVendoredFilesAreTheListedOnes(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{}
	for _, r := range vendored(t) {
		listed[path.Base(r[1])] = true
		body, err := os.ReadFile(path.Join("..", r[1]))
		if err != nil {
			t.Error(err)
			continue
		}
		sum := sha256.Sum256(body)
		if got := hex.EncodeToString(sum[:]); got != r[5] {
			t.Errorf("%s: digest %s, VENDOR.md says %s", r[1], got, r[5])
		}
	}
	files, err := os.ReadDir("vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !listed[f.Name()] {
			t.Errorf("vendor/%s is not in VENDOR.md", f.Name())
		}
	}
}

func TestVersionsAreThoseOfTheLockFile(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct {
			Version   string `json:"version"`
			Integrity string `json:"integrity"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(raw, &lock); err != nil {
		t.Fatal(err)
	}
	for _, r := range vendored(t) {
		locked := lock.Packages["node_modules/"+r[2]]
		if locked.Version != r[3] || !strings.HasPrefix(locked.Integrity, "sha512-") {
			t.Errorf("%s: version %s, lock file has %q (%q)", r[2], r[3], locked.Version, locked.Integrity)
		}
	}
}

func TestAssetsAreNamedByContent(t *testing.T) {
	t.Parallel()
	assets, err := static.New("/console/static/")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tabler.min.css", "tabler.min.js", "htmx.min.js", "icons.svg", "console.css", "app.js", "session.js", "mark.svg"} {
		url := assets.URL(name)
		body, zipped, contentType, ok := assets.Lookup(url)
		if !ok || contentType == "" {
			t.Errorf("%s is not at its own address %q", name, url)
			continue
		}
		sum := sha256.Sum256(body)
		if want := hex.EncodeToString(sum[:6]); !strings.Contains(url, "."+want+".") {
			t.Errorf("%s: address %s does not carry %s", name, url, want)
		}
		if zipped == nil {
			continue
		}
		r, err := gzip.NewReader(bytes.NewReader(zipped))
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := io.ReadAll(r); err != nil || !bytes.Equal(plain, body) {
			t.Errorf("%s does not unpack to itself: %v", name, err)
		}
	}
	if assets.URL("nothing.css") != "" {
		t.Error("an unknown file has an address")
	}
	for _, url := range []string{"", "/console/static/app.js", "/console/static/app.000000000000.js", "/console/static/../static.go"} {
		if _, _, _, ok := assets.Lookup(url); ok {
			t.Errorf("%q is served", url)
		}
	}
}

// Our own files must not need what the content policy forbids.
func TestOwnScriptNeedsNoInlineCode(t *testing.T) {
	t.Parallel()
	for file, forbidden := range map[string]*regexp.Regexp{
		"app.js":      regexp.MustCompile(`\beval\(|new Function|(inner|outer)HTML\s*\+?=|insertAdjacentHTML|\.style\b|setAttribute\("style"`),
		"console.css": regexp.MustCompile(`@import|url\(`),
	} {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if hit := forbidden.Find(body); hit != nil {
			t.Errorf("%s uses %s", file, hit)
		}
	}
}
