package division

import (
	_ "embed"
	"strings"
	"unicode/utf8"
)

//go:embed codes.txt
var codes string

const (
	codeLen = 6
)

// Division is one division.
type Division struct {
	Code string // six digits
	Name string
}

// Place is where an address lies; what is not known is empty.
type Place struct {
	Province, City, District string // codes
}

// Codes returns the known codes of the place, the narrowest first.
func (p Place) Codes() []string {
	var out []string
	for _, code := range []string{p.District, p.City, p.Province} {
		if code != "" {
			out = append(out, code)
		}
	}
	return out
}

// Named is an address as people write it, with the code their device gave; any of it may be
// empty.
type Named struct {
	Code, Province, City, District string
}

// Table is all divisions. Safe for concurrent use.
type Table struct {
	names     map[string]string
	provinces []Division
	below     map[string][]Division // cities of a province, districts of a city
}

// Load reads the table: about a millisecond, so do it once.
func Load() *Table {
	t := &Table{names: map[string]string{}, below: map[string][]Division{}}
	for line := range strings.Lines(codes) {
		line = strings.TrimSpace(line)
		d := Division{Code: line[:codeLen], Name: line[codeLen:]}
		t.names[d.Code] = d.Name
		switch {
		case d.Code == provinceOf(d.Code):
			t.provinces = append(t.provinces, d)
		case d.Code == cityOf(d.Code):
			t.below[provinceOf(d.Code)] = append(t.below[provinceOf(d.Code)], d)
		default:
			t.below[cityOf(d.Code)] = append(t.below[cityOf(d.Code)], d)
		}
	}
	return t
}

func provinceOf(code string) string { return code[:2] + "0000" }

func cityOf(code string) string { return code[:4] + "00" }

// Provinces lists the provinces by their codes. Do not change it.
func (t *Table) Provinces() []Division { return t.provinces }

// Below lists the cities of a province or the districts of a city. Do not change it.
func (t *Table) Below(code string) []Division { return t.below[code] }

// Known says whether the table has the code.
func (t *Table) Known(code string) bool { return t.names[code] != "" }

// Name is what people call a division: a city that only groups districts is called by its
// province. It is empty for a code that the table lacks.
func (t *Table) Name(code string) string {
	name := t.names[code]
	if name == "" || code != cityOf(code) || code == provinceOf(code) || !grouping(code) {
		return name
	}
	return t.names[provinceOf(code)] + name
}

// grouping says whether a city is one only for the table's sake: those of a municipality, and
// the group of counties right below their province (the city's digits are 90).
func grouping(code string) bool {
	switch code[:2] {
	case "11", "12", "31", "50":
		return true
	}
	return code[2:4] == "90"
}

// Locate finds where an address lies.
func (t *Table) Locate(a Named) Place {
	byName := t.find(t.provinces, a.Province)
	p := Place{Province: byName}
	if len(a.Code) == codeLen && t.Known(provinceOf(a.Code)) && (byName == "" || byName == provinceOf(a.Code)) {
		p = t.split(a.Code)
	}
	if p.Province == "" {
		return p
	}
	if named := t.find(t.below[p.Province], a.City); named != "" && named != p.City && (p.City == "" || !grouping(p.City)) {
		p.City, p.District = named, ""
	}
	if p.District == "" {
		p = t.district(p, a)
	}
	return p
}

// split reads a code's own digits.
func (t *Table) split(code string) Place {
	p := Place{Province: provinceOf(code), City: cityOf(code), District: code}
	if p.City == p.Province || !t.Known(p.City) {
		p.City = ""
	}
	if p.District == cityOf(code) {
		p.District = ""
	}
	return p
}

// district finds the district that an address names.
func (t *Table) district(p Place, a Named) Place {
	cities, names := []Division{{Code: p.City}}, []string{a.District}
	if p.City == "" { // a municipality, or a county right below its province
		cities, names = t.below[p.Province], []string{a.District, a.City}
	}
	for _, city := range cities {
		for _, name := range names {
			if found := t.find(t.below[city.Code], name); found != "" {
				return Place{Province: p.Province, City: city.Code, District: found}
			}
		}
	}
	return p
}

// Agrees says whether a code can be that of a place in the province of this name. An empty code
// and a name that nobody knows contradict nothing.
func (t *Table) Agrees(code, province string) bool {
	named := t.find(t.provinces, province)
	return named == "" || code == "" || len(code) == codeLen && provinceOf(code) == named
}

// find returns the code of the division that people mean by name: by its full name, or by
// the beginning of it.
func (t *Table) find(among []Division, name string) string {
	const shortest = 2 // characters: 北京
	name = strings.TrimSpace(name)
	for _, d := range among {
		if d.Name == name {
			return d.Code
		}
	}
	if utf8.RuneCountInString(name) < shortest {
		return ""
	}
	found := ""
	for _, d := range among {
		if strings.HasPrefix(d.Name, name) {
			if found != "" {
				return "" // two begin so
			}
			found = d.Code
		}
	}
	return found
}
