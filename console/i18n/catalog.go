package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // business days are Shanghai days on hosts without a zone database too
)

//go:embed locales/*.json
var locales embed.FS

// Lang is a language of the console as an HTML lang attribute.
type Lang string

// The languages; ZhCN is the default.
const (
	ZhCN Lang = "zh-CN"
	En   Lang = "en"
)

// Langs lists the languages in the order a chooser shows them.
func Langs() []Lang { return []Lang{ZhCN, En} }

// ParseLang returns the language named exactly by s; anything else is not ok.
func ParseLang(s string) (Lang, bool) {
	for _, lang := range Langs() {
		if string(lang) == s {
			return lang, true
		}
	}
	return ZhCN, false
}

// FromHeader picks a language for a visitor without a choice from Accept-Language:
// English when English is asked for before any Chinese, otherwise Chinese.
func FromHeader(accept string) Lang {
	for part := range strings.SplitSeq(strings.ToLower(accept), ",") {
		tag := strings.TrimSpace(part)
		if strings.HasPrefix(tag, "zh") {
			return ZhCN
		}
		if strings.HasPrefix(tag, "en") {
			return En
		}
	}
	return ZhCN
}

// Catalog is all texts in all languages. It is immutable after Load.
type Catalog struct {
	texts    map[Lang]map[string]string
	shanghai *time.Location
}

// Load reads the embedded catalogues.
func Load() (*Catalog, error) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return nil, fmt.Errorf("load business time zone: %w", err)
	}
	c := &Catalog{texts: map[Lang]map[string]string{}, shanghai: shanghai}
	for _, lang := range Langs() {
		raw, err := locales.ReadFile("locales/" + string(lang) + ".json")
		if err != nil {
			return nil, fmt.Errorf("read texts: %w", err)
		}
		texts := map[string]string{}
		if err := json.Unmarshal(raw, &texts); err != nil {
			return nil, fmt.Errorf("read texts of %s: %w", lang, err)
		}
		c.texts[lang] = texts
	}
	return c, nil
}

// Printer returns the printer of lang.
func (c *Catalog) Printer(lang Lang) Printer {
	return Printer{lang: lang, texts: c.texts[lang], shanghai: c.shanghai}
}

// Texts returns the catalogue of lang by key, for tests and tools.
func (c *Catalog) Texts(lang Lang) map[string]string { return c.texts[lang] }

// Shanghai is the zone of business days.
func (c *Catalog) Shanghai() *time.Location { return c.shanghai }
