package catalog

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Bounds of a product's sheet.
const (
	MaxParams     = 30
	MaxParamName  = 20  // characters
	MaxParamValue = 200 // characters
)

// Param is a line of a product's sheet: its maker, licence, standard or material.
type Param struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// readParams reads the column params of a product.
func readParams(raw []byte) (list []Param, err error) {
	if err = json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("sheet of a product: %w", err)
	}
	return list, nil
}

// trimmedParams is a sheet without the blanks at its edges and the lines that say nothing.
func trimmedParams(list []Param) []Param {
	out := []Param{}
	for _, p := range list {
		if p = (Param{strings.TrimSpace(p.Name), strings.TrimSpace(p.Value)}); p != (Param{}) {
			out = append(out, p)
		}
	}
	return out
}

// validateParams refuses a sheet that no page could show.
func validateParams(list []Param, refuse func(ok bool, path, format string, args ...any)) {
	refuse(len(list) <= MaxParams, "params", "must be at most %d", MaxParams)
	seen := map[string]bool{}
	for _, p := range list {
		refuse(short(p.Name, 1, MaxParamName), "params", "names must be 1 to %d characters", MaxParamName)
		refuse(short(p.Value, 1, MaxParamValue), "params", "values must be 1 to %d characters", MaxParamValue)
		refuse(!seen[p.Name], "params", "names must differ")
		seen[p.Name] = true
	}
}

// validParamNames are the names that a category asks for, without blanks and repeats; false if
// they are too many or too long.
func validParamNames(list []string) (names []string, ok bool) {
	names = []string{}
	seen := map[string]bool{}
	for _, name := range list {
		if name = strings.TrimSpace(name); name == "" || seen[name] {
			continue
		}
		if !short(name, 1, MaxParamName) {
			return nil, false
		}
		seen[name] = true
		names = append(names, name)
	}
	return names, len(names) <= MaxParams
}
