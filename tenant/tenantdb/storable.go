package tenantdb

import "strings"

// Storable makes a text of the outside fit for a text column: at most so many bytes, valid
// UTF-8, without NUL. A character that the bound cuts is left out.
func Storable(text string, most int) string {
	if len(text) > most {
		text = text[:most]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}
