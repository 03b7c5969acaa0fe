package bench

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// yardstick makes the operations on the thin server. They draw from the same ranges as the
// product's.
type yardstick struct{ *product }

func (y yardstick) get(path func(cl *client) string, want string) operation {
	return func(_ context.Context, cl *client) (bool, error) {
		_, err := cl.do(call{method: http.MethodGet, path: path(cl), want: want})
		return false, err
	}
}

func (y yardstick) hello() operation {
	return y.get(func(*client) string { return "/hello" }, `"ok":true`)
}

// list draws the place of a full page.
func (y yardstick) list(path string) operation {
	return y.get(func(cl *client) string { return path + "?place=" + strconv.Itoa(20+cl.dice.IntN(products-20)) }, `"skus":[{`)
}

func (y yardstick) search() operation {
	return y.get(func(cl *client) string { return "/search?word=" + words()[cl.dice.IntN(len(words()))] }, `"skus":[{`)
}

func (y yardstick) detail() operation {
	return y.get(func(cl *client) string {
		return "/detail?product=" + strconv.FormatInt(y.shop.firstSPU+int64(cl.dice.IntN(products)), 10)
	}, `Detail text of the product`)
}

func (y yardstick) post(cl *client, want, format string, args ...any) error {
	_, err := cl.do(call{method: http.MethodPost, path: fmt.Sprintf(format, args...), want: want})
	return err
}

func (y yardstick) quote() operation {
	return func(_ context.Context, cl *client) (bool, error) {
		a, b := y.twoSKUs(cl.dice.IntN(1 << 20))
		return false, y.post(cl, fmt.Sprintf(`"payable_fen":%d`, y.shop.price(a, b)), "/quote?member=%d&a=%d&b=%d", y.anyBuyer(cl).id, a, b)
	}
}

func (y yardstick) cartPut() operation {
	return func(_ context.Context, cl *client) (bool, error) {
		return false, y.putLine(cl)
	}
}

func (y yardstick) putLine(cl *client) error {
	n := cl.dice.IntN(crowd)
	sku, _ := y.twoSKUs(n*5 + cl.dice.IntN(5))
	return y.post(cl, `"ok":true`, "/cart?member=%d&sku=%d", y.shop.yardstick()[n].id, sku)
}

func (y yardstick) anyBuyer(cl *client) buyer { return y.shop.yardstick()[cl.dice.IntN(crowd)] }

func (y yardstick) placeOrder() operation {
	return func(_ context.Context, cl *client) (bool, error) {
		_, err := y.order(cl)
		return false, err
	}
}

func (y yardstick) order(cl *client) (no string, err error) {
	a, b := y.twoSKUs(cl.dice.IntN(1 << 20))
	no = y.unique("T")
	return no, y.post(cl, `"ok":true`, "/order?no=%s&member=%d&a=%d&b=%d", no, y.anyBuyer(cl).id, a, b)
}

func (y yardstick) callback() operation {
	return func(_ context.Context, cl *client) (bool, error) {
		return false, y.post(cl, `"ok":true`, "/pay?no=%s%d", yardPrefix, 1+cl.dice.IntN(yardOrders))
	}
}

func (y yardstick) purchase() operation {
	return func(_ context.Context, cl *client) (bool, error) {
		for range 2 {
			if err := y.putLine(cl); err != nil {
				return false, err
			}
		}
		no, err := y.order(cl)
		if err != nil {
			return false, err
		}
		return false, y.post(cl, `"ok":true`, "/pay?no=%s", no)
	}
}
