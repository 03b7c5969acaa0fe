package devserver

import (
	"fmt"
	"strings"
)

// walk is a purchase in curl, using the public API and the two controls that stand in for
// the buyer's phone. Each line can be pasted as it is.
func (f facts) walk() []string {
	// pick prints the first value of a JSON key, with nothing but sed.
	const pick = `pick() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" | head -n1; }`
	app := f.Shops[0].AppID
	call := func(method, path, body string) string {
		c := fmt.Sprintf(`curl -s -X %s "$API%s" -H "X-App-Id: $APP" -H "Authorization: Bearer $TOKEN"`, method, path)
		if body != "" {
			c += ` -H 'Content-Type: application/json' -d "` + strings.ReplaceAll(body, `"`, `\"`) + `"`
		}
		return c
	}
	return []string{
		pick,
		fmt.Sprintf("API=%s/api/v1 APP=%s SANDBOX=%s", f.API, app, f.Sandbox),
		`CODE=$(curl -s -X POST $SANDBOX/_control/wx-login -d "{\"app_id\":\"$APP\",\"buyer\":\"小明\"}" | pick code)`,
		`TOKEN=$(curl -s -X POST $API/auth/login -H "X-App-Id: $APP" -H 'Content-Type: application/json' -d "{\"code\":\"$CODE\"}" | pick access_token); echo $TOKEN`,
		`PRODUCT=$(curl -s "$API/products?in_stock=true&limit=1" -H "X-App-Id: $APP" | sed 's/.*"items":\[{"id":\([0-9]*\).*/\1/'); echo $PRODUCT`,
		`SKU=$(curl -s "$API/products/$PRODUCT" -H "X-App-Id: $APP" | sed 's/.*"skus":\[{"id":\([0-9]*\).*/\1/'); echo $SKU`,
		call("PUT", "/cart/lines/$SKU", `{"qty":1}`),
		`ADDRESS=$(` + call("POST", "/addresses", `{"name":"小明","phone":"13800000001","province":"浙江省","city":"杭州市","district":"西湖区","detail":"文三路 1 号"}`) + ` | sed 's/^{"id":\([0-9]*\).*/\1/'); echo $ADDRESS`,
		`HASH=$(` + call("POST", "/checkout/quote", `{"address_id":$ADDRESS}`) + ` | pick quote_hash); echo $HASH`,
		`ORDER=$(` + call("POST", "/orders", `{"address_id":$ADDRESS,"quote_hash":"$HASH"}`) + ` -H "Idempotency-Key: walk-$RANDOM$RANDOM" | pick order_no); echo $ORDER`,
		`PAY=$(` + call("POST", "/orders/$ORDER/pay", "") + `); echo $PAY`,
		`curl -s -X POST $SANDBOX/_control/pay -d "$PAY"`,
		`sleep 1; ` + call("GET", "/orders/$ORDER", ""),
	}
}
