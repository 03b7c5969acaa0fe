package upload

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"

	"galleria/tenant"
)

// Folder is a tenant's folder for private files of a purpose, such as "evidence". No address of
// /media/shop/ names it, and it tells nobody which shop it is of.
func Folder(purpose string, id tenant.ID) string {
	sum := sha256.Sum256([]byte(purpose + ":" + id.String()))
	return purpose + "-" + hex.EncodeToString(sum[:8])
}

// Name keeps what of a file's name may be shown, its last most characters; it may be empty.
func Name(name string, most int) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = strings.TrimSpace(name[strings.LastIndexAny(name, `/\`)+1:])
	if chars := []rune(name); len(chars) > most {
		name = string(chars[len(chars)-most:])
	}
	return name
}

// Kind is what the first bytes say: "jpg", "png", "pdf", or "" for anything else.
func Kind(raw []byte) string {
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xd8\xff")):
		return "jpg"
	case bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")):
		return "png"
	case bytes.HasPrefix(raw, []byte("%PDF-")):
		return "pdf"
	}
	return ""
}
