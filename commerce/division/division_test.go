package division_test

import (
	"testing"

	"galleria/commerce/division"
)

func TestLocate(t *testing.T) {
	t.Parallel()
	table := division.Load()
	for name, c := range map[string]struct {
		in   division.Named
		want division.Place
	}{
		"all of it":                       {division.Named{Code: "330106", Province: "浙江省", City: "杭州市", District: "西湖区"}, division.Place{Province: "330000", City: "330100", District: "330106"}},
		"names alone":                     {division.Named{Province: "浙江省", City: "杭州市", District: "西湖区"}, division.Place{Province: "330000", City: "330100", District: "330106"}},
		"short names":                     {division.Named{Province: "内蒙古", City: "包头"}, division.Place{Province: "150000", City: "150200"}},
		"code alone":                      {division.Named{Code: "530102"}, division.Place{Province: "530000", City: "530100", District: "530102"}},
		"a code of a city":                {division.Named{Code: "530100", Province: "云南省"}, division.Place{Province: "530000", City: "530100"}},
		"a code of a province":            {division.Named{Code: "530000", Province: "云南省"}, division.Place{Province: "530000"}},
		"a district that is new":          {division.Named{Code: "530199", Province: "云南省", City: "昆明市", District: "新区"}, division.Place{Province: "530000", City: "530100", District: "530199"}},
		"a city that is new":              {division.Named{Code: "539901", Province: "云南省"}, division.Place{Province: "530000", District: "539901"}},
		"the province's name wins":        {division.Named{Code: "330106", Province: "新疆维吾尔自治区", City: "乌鲁木齐市"}, division.Place{Province: "650000", City: "650100"}},
		"the city's name wins":            {division.Named{Code: "330106", Province: "浙江省", City: "宁波市"}, division.Place{Province: "330000", City: "330200"}},
		"a municipality":                  {division.Named{Province: "北京市", City: "北京市", District: "朝阳区"}, division.Place{Province: "110000", City: "110100", District: "110105"}},
		"a municipality by its code":      {division.Named{Code: "110105", Province: "北京市", City: "北京市", District: "朝阳区"}, division.Place{Province: "110000", City: "110100", District: "110105"}},
		"a county right below a province": {division.Named{Province: "湖北省", City: "仙桃市"}, division.Place{Province: "420000", City: "429000", District: "429004"}},
		"Hong Kong":                       {division.Named{Code: "810001", Province: "香港特别行政区", City: "中西区"}, division.Place{Province: "810000", District: "810001"}},
		"nothing":                         {division.Named{}, division.Place{}},
		"abroad":                          {division.Named{Province: "California", City: "LA"}, division.Place{}},
		"one character":                   {division.Named{Province: "浙"}, division.Place{}},
	} {
		if got := table.Locate(c.in); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestAgrees(t *testing.T) {
	t.Parallel()
	table := division.Load()
	for _, c := range []struct {
		code, province string
		want           bool
	}{{"330106", "浙江省", true}, {"330106", "浙江", true}, {"", "浙江省", true}, {"330106", "新疆维吾尔自治区", false}, {"33010", "浙江省", false}, {"", "瓦坎达", true}, {"330106", "Zhejiang", true}} {
		if got := table.Agrees(c.code, c.province); got != c.want {
			t.Errorf("%q in %s: %v, want %v", c.code, c.province, got, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	table := division.Load()
	if n := len(table.Provinces()); n != 34 {
		t.Errorf("%d provinces, want 34", n)
	}
	cities, districts := 0, 0
	for _, p := range table.Provinces() {
		cities += len(table.Below(p.Code))
		for _, c := range table.Below(p.Code) {
			districts += len(table.Below(c.Code))
		}
	}
	if cities < 330 || districts < 2800 {
		t.Errorf("%d cities and %d districts", cities, districts)
	}
	for code, want := range map[string]string{"110100": "北京市市辖区", "530100": "昆明市", "530000": "云南省", "999999": ""} {
		if got := table.Name(code); got != want {
			t.Errorf("%s is %q, want %q", code, got, want)
		}
	}
}
