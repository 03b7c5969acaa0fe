package order_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// BenchmarkPlace places orders of two lines out of many, and of one popular SKU.
func BenchmarkPlace(b *testing.B) {
	s := newShop(b, tenanttest.WithConfig(func(c *tenantdb.Config) { c.LaneConns = 16 }))
	prices := make([]money.Fen, 20)
	for i := range prices {
		prices[i] = 100
	}
	var skus []int64
	for range 20 {
		skus = append(skus, s.product(1_000_000_000, prices...)...)
	}
	buyers := make([]buyer, 64)
	for i := range buyers {
		buyers[i] = s.buyer()
	}
	var n atomic.Int64
	for name, lines := range map[string]func(i int64) []order.LineInput{
		"spread": func(i int64) []order.LineInput {
			return []order.LineInput{{SKUID: skus[i*7%200], Qty: 1}, {SKUID: skus[200+i*13%200], Qty: 1}}
		},
		"hot": func(i int64) []order.LineInput {
			return []order.LineInput{{SKUID: skus[0], Qty: 1}, {SKUID: skus[200+i*13%200], Qty: 1}}
		},
	} {
		b.Run(fmt.Sprintf("lines=2/%s", name), func(b *testing.B) {
			b.SetParallelism(8)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := n.Add(1)
					if _, _, err := s.orders.Place(b.Context(), s.Tenant.ID, s.input(buyers[i%64], 200, lines(i)...)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
