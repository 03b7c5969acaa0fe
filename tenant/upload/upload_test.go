package upload_test

import (
	"strings"
	"testing"

	"galleria/tenant"
	"galleria/tenant/upload"
)

func TestName(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"凭证.pdf": "凭证.pdf", `C:\Users\me\a.png`: "a.png", "../../etc/passwd": "passwd", "a\x00\u202eb.jpg": "ab.jpg", " \t": "", "x\xff": "x",
		strings.Repeat("长", 30) + ".pdf": strings.Repeat("长", 6) + ".pdf",
	} {
		if got := upload.Name(given, 10); got != want {
			t.Errorf("%q is shown as %q, want %q", given, got, want)
		}
	}
}

func TestKind(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{"\xff\xd8\xff\xe0": "jpg", "\x89PNG\r\n\x1a\nx": "png", "%PDF-1.7": "pdf", "<svg>": "", "": ""} {
		if got := upload.Kind([]byte(raw)); got != want {
			t.Errorf("%q is %q, want %q", raw, got, want)
		}
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	a, b := tenant.NewID(), tenant.NewID()
	if one := upload.Folder("evidence", a); one != upload.Folder("evidence", a) || one == upload.Folder("evidence", b) || one == upload.Folder("port", a) || strings.Contains(one, a.String()) {
		t.Error(one)
	}
}
