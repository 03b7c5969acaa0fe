package freight

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"galleria/commerce/division"
	"galleria/commerce/money"
	"galleria/tenant/fault"
)

// Unit is what a template measures.
type Unit string

// The units.
const (
	ByPiece  Unit = "piece"
	ByWeight Unit = "weight" // grams
	ByVolume Unit = "volume" // cubic centimetres
)

// UnitList lists the units, in the order a form shows them.
func UnitList() []Unit { return []Unit{ByPiece, ByWeight, ByVolume} }

// Bounds of a template.
const (
	MaxTemplates = 50
	MaxName      = 40 // characters
	MaxZones     = 50
	MaxFree      = 20
	MaxFee       = money.Fen(999_999)        // of one step
	MaxStep      = 1_000_000_000             // pieces, grams or cubic centimetres
	MaxFrom      = money.Fen(10_000_000_000) // of a free rule
	MaxFromQty   = 99_900
)

// Price is what a measure costs: the first step, and every further one that is begun.
type Price struct {
	First    int64     `json:"first"` // pieces, grams or cubic centimetres; 1 at least
	FirstFen money.Fen `json:"first_fen"`
	Next     int64     `json:"next"` // 1 at least
	NextFen  money.Fen `json:"next_fen"`
}

// Zone is a price for some regions.
type Zone struct {
	Regions []string `json:"regions"` // codes of provinces, cities or districts
	Price
}

// Free is a rule under which goods go free. Of its two bounds those that are not 0 must be
// reached, and one is not 0.
type Free struct {
	Regions []string  `json:"regions"` // none: everywhere
	FromFen money.Fen `json:"from_fen"`
	FromQty int64     `json:"from_qty"` // pieces
}

// Rules are a template's document.
type Rules struct {
	Zones     []Zone   `json:"zones"`
	Elsewhere *Price   `json:"elsewhere"` // nil: only the zones get delivery
	Free      []Free   `json:"free"`
	Refused   []string `json:"refused"` // codes of regions that get no delivery
}

// Template is a set of rules with its name.
type Template struct {
	ID      int64  `json:"-"`
	Name    string `json:"name"` // 1 to MaxName characters, one of its kind
	Unit    Unit   `json:"unit"`
	Default bool   `json:"-"` // of products that name none
	Version int32  `json:"-"`
	Rules

	Products int64 `json:"-"` // that name it
}

// Parse reads a template as an order gets it.
func Parse(id int64, document string) (Template, error) {
	t := Template{ID: id}
	if err := json.Unmarshal([]byte(document), &t); err != nil {
		return Template{}, fmt.Errorf("freight template %d: %w", id, err)
	}
	return t, nil
}

// Check refuses a template that is none. Faults: VALIDATION, with the fields name, unit,
// elsewhere.first (first_fen, next, next_fen), zones[0].regions, zones[0].first (…),
// free[0].regions, free[0].from_fen, free[0].from_qty, refused.
func (t Template) Check(known *division.Table) error {
	c := &checking{known: known}
	n := utf8.RuneCountInString(t.Name)
	c.want(n >= 1 && n <= MaxName && utf8.ValidString(t.Name) && !strings.ContainsRune(t.Name, 0) && strings.TrimSpace(t.Name) == t.Name,
		"name", "must be 1 to %d characters", MaxName)
	c.want(slices.Contains(UnitList(), t.Unit), "unit", "must be piece, weight or volume")
	if t.Elsewhere != nil {
		c.price("elsewhere", *t.Elsewhere)
	}
	c.want(len(t.Zones) <= MaxZones, "zones", "must be at most %d", MaxZones)
	c.want(t.Elsewhere != nil || len(t.Zones) > 0, "elsewhere", "no region gets delivery at all")
	taken := map[string]bool{}
	for i, z := range t.Zones {
		path := fmt.Sprintf("zones[%d]", i)
		c.price(path, z.Price)
		c.want(len(z.Regions) > 0, path+".regions", "must name a region")
		c.regions(path+".regions", z.Regions, taken)
	}
	c.regions("refused", t.Refused, taken)
	c.want(len(t.Free) <= MaxFree, "free", "must be at most %d", MaxFree)
	for i, f := range t.Free {
		path := fmt.Sprintf("free[%d].", i)
		c.want(f.FromFen >= 0 && f.FromFen <= MaxFrom, path+"from_fen", "must be 0 to %d", MaxFrom)
		c.want(f.FromQty >= 0 && f.FromQty <= MaxFromQty, path+"from_qty", "must be 0 to %d", MaxFromQty)
		c.want(f.FromFen > 0 || f.FromQty > 0, path+"from_fen", "needs an amount or a quantity")
		c.regions(path+"regions", f.Regions, map[string]bool{})
	}
	if c.bad != nil {
		return fault.ErrValidation.With(c.bad...)
	}
	return nil
}

// checking collects what is wrong with a template.
type checking struct {
	known *division.Table
	bad   []fault.Field
}

func (c *checking) want(ok bool, path, format string, args ...any) {
	if !ok {
		c.bad = append(c.bad, fault.Invalidf(path, format, args...).Fields()...)
	}
}

func (c *checking) price(path string, p Price) {
	c.want(p.First >= 1 && p.First <= MaxStep, path+".first", "must be 1 to %d", MaxStep)
	c.want(p.Next >= 1 && p.Next <= MaxStep, path+".next", "must be 1 to %d", MaxStep)
	c.want(p.FirstFen >= 0 && p.FirstFen <= MaxFee, path+".first_fen", "must be 0 to %d", MaxFee)
	c.want(p.NextFen >= 0 && p.NextFen <= MaxFee, path+".next_fen", "must be 0 to %d", MaxFee)
}

// regions refuses codes that nobody has, and those that are in taken.
func (c *checking) regions(path string, codes []string, taken map[string]bool) {
	for _, code := range codes {
		c.want(c.known.Known(code), path, "is not a region: %s", code)
		c.want(!taken[code], path, "named twice: %s", c.known.Name(code))
		taken[code] = true
	}
}
