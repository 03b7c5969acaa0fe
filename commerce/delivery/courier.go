package delivery

import (
	"regexp"
	"slices"
	"strings"

	"galleria/tenant/fault"
)

// Courier is a company that carries parcels, with its codes elsewhere.
type Courier struct {
	Code      string // ours
	Name      string
	WeChat    string // express_company of shipping-info upload (delivery_id)
	Alipay    string
	Kuaidi100 string // com
	// NeedsPhone says that tracking asks for the last four digits of a phone number.
	NeedsPhone bool
	form       string
}

// Couriers lists them, the most used first.
func Couriers() []Courier {
	return []Courier{
		{"zto", "中通快递", "ZTO", "ZTO", "zhongtong", true, `[0-9]{12,15}`},
		{"yto", "圆通速递", "YTO", "YTO", "yuantong", false, `(YT)?[0-9]{10,16}|[A-Z][0-9]{9,17}`},
		{"yunda", "韵达速递", "YD", "YUNDA", "yunda", false, `[0-9]{13,15}`},
		{"sto", "申通快递", "STO", "STO", "shentong", false, `(STO)?[0-9]{12,15}`},
		{"jt", "极兔速递", "JTSD", "JTSD", "jtexpress", false, `(JT)?[0-9]{13,15}`},
		{"sf", "顺丰速运", "SF", "SF", "shunfeng", true, `(SF)?[0-9]{12,15}`},
		{"jd", "京东快递", "JD", "JD", "jd", false, `JD[A-Z0-9]{9,20}(-[0-9]{1,3}){0,3}|[0-9]{10,15}`},
		{"post", "邮政快递包裹", "YZPY", "POSTB", "youzhengguonei", false, `[0-9]{13}|[A-Z]{2}[0-9]{9}[A-Z]{2}`},
		{"ems", "EMS", "EMS", "EMS", "ems", false, `[0-9]{13}|[A-Z]{2}[0-9]{9}[A-Z]{2}`},
		{"deppon", "德邦快递", "DB", "DBL", "debangkuaidi", false, `(DPK)?[0-9]{8,15}`},
		{"best", "百世快递", "BTWL", "HTKY", "huitongkuaidi", false, `[A-Z]?[0-9]{12,15}`},
		{"uc", "优速快递", "UC", "UC", "youshuwuliu", false, `[A-Z]?[0-9]{10,15}`},
		{"zjs", "宅急送", "ZJS", "ZJS", "zhaijisong", false, `[A-Z]?[0-9]{10,15}`},
		{"ane", "安能物流", "ANE", "ANE", "annengwuliu", false, `[0-9]{10,15}`},
	}
}

// CourierOf finds a courier by our code.
func CourierOf(code string) (Courier, bool) {
	i := slices.IndexFunc(Couriers(), func(c Courier) bool { return c.Code == code })
	if i < 0 {
		return Courier{}, false
	}
	return Couriers()[i], true
}

// FindCourier finds a courier by what people write: our code, its name or the beginning of
// it, or its code elsewhere.
func FindCourier(written string) (Courier, bool) {
	written = strings.ToLower(strings.TrimSpace(written))
	for _, c := range Couriers() {
		if written == c.Code || written == strings.ToLower(c.WeChat) || written == c.Kuaidi100 || written == strings.ToLower(c.Name) {
			return c, true
		}
	}
	const shortest = 2 // characters of a name, "中通"
	if len([]rune(written)) < shortest {
		return Courier{}, false
	}
	for _, c := range Couriers() {
		if strings.HasPrefix(strings.ToLower(c.Name), written) {
			return c, true
		}
	}
	return Courier{}, false
}

// CheckNumber returns the courier of a code, and the number as it is stored: without
// spaces, in capitals. Faults: VALIDATION on courier or tracking_no.
func CheckNumber(code, typed string) (Courier, string, error) {
	c, known := CourierOf(code)
	if !known {
		return Courier{}, "", fault.Invalidf("courier", "is not a courier")
	}
	number := strings.ToUpper(strings.Join(strings.Fields(typed), ""))
	if !regexp.MustCompile(`^(` + c.form + `)$`).MatchString(number) {
		return Courier{}, "", fault.Invalidf("tracking_no", "is not a number of this courier")
	}
	return c, number, nil
}
