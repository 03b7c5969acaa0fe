package aftersale_test

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"galleria/commerce/aftersale"
	"galleria/commerce/catalog"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/voucher"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
)

func voucherShop(t *testing.T, uses int32, refunds bool) *shop {
	t.Helper()
	s := newShop(t)
	s.terms = catalog.VoucherTerms{Uses: uses, Days: 30, Refunds: refunds}
	return s
}

func (s *shop) vouchersOf(b bought) []voucher.Voucher {
	s.t.Helper()
	list, _, err := s.vouchers.OfOrder(s.t.Context(), s.Tenant.ID, b.no, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

func (s *shop) redeem(code string, uses int64) error {
	_, _, err := s.orders.Redeem(s.t.Context(), s.Tenant.ID, order.RedeemInput{
		Code: code, Uses: uses, Actor: "staff:3", Key: idempotency.Key{Scope: "staff:3", Value: fmt.Sprint(s.keys.Add(1)), Body: []byte("{}")},
	})
	return err
}

// over ends all vouchers, and does what their timer does.
func (s *shop) over(b bought) {
	s.t.Helper()
	s.Owner(s.t, fmt.Sprintf("UPDATE %s.voucher SET valid_until = now() - interval '1 second' WHERE order_no = '%s'", s.Tenant.ID, b.no))
	s.overDue(b)
}

func (s *shop) overDue(b bought) {
	s.t.Helper()
	s.InTenant(s.t, func(tx tenantdb.Tx) error { return s.cases.VouchersDueTx(s.t.Context(), tx, b.no) })
}

// refunding is the one case of an order that waits for its money.
func (s *shop) refunding(b bought) aftersale.Case {
	s.t.Helper()
	var no string
	s.InTenant(s.t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(s.t.Context(), "SELECT case_no FROM aftersale_case WHERE order_no = $1 AND status = 'refunding'", b.no).Scan(&no)
	})
	return s.get(no)
}

// TestUnusedVouchersAreRefunded: whole ones first, for what was paid for them, and back on the shelf; a
// partly used one for its unused uses, rounded down. While a case holds it nobody can use it;
// when the case is refused, somebody can again.
func TestUnusedVouchersAreRefunded(t *testing.T) {
	t.Parallel()
	s := voucherShop(t, 3, true)
	b := s.buy(-1, []money.Fen{1000}, []int64{3}) // 2999: 999, 999, 1001
	list := s.vouchersOf(b)
	if err := s.redeem(list[0].Code, 1); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []aftersale.Kind{aftersale.Return, aftersale.Exchange} {
		if _, err := s.open(b, kind, map[int64]int64{b.lines[0]: 1}); !errors.Is(err, order.ErrVoucherKind) {
			t.Errorf("%s of a voucher: %v", kind, err)
		}
	}
	whole, err := s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 2})
	s.must(whole, err)
	if c := s.get(whole); c.AmountFen != 999+1001 || c.Lines[0].Unsent != 2 {
		t.Errorf("whole ones: %+v", c)
	}
	if err := s.redeem(list[1].Code, 1); !errors.Is(err, voucher.ErrState) {
		t.Errorf("one that a case holds: %v", err)
	}
	if _, err := s.cases.Reject(t.Context(), s.Tenant.ID, whole, "不符合条件", "staff:1"); err != nil {
		t.Fatal(err)
	}
	if err := s.redeem(list[1].Code, 1); err != nil {
		t.Errorf("one that was given back: %v", err)
	}
	if _, err := s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 4}); !errors.Is(err, order.ErrClaimed) {
		t.Errorf("more than there are: %v", err)
	}
	// The untouched one, and one of the two that have two uses left.
	part, err := s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 2})
	s.must(part, err)
	if c := s.get(part); c.AmountFen != 1001+666 || c.Lines[0].Unsent != 1 {
		t.Errorf("partly used: %+v", c)
	}
	s.must(part, s.approve(part))
	if err := s.arrived(s.get(part)); err != nil {
		t.Fatal(err)
	}
	if n := s.onHand(b.skus[0]); n != 98 {
		t.Errorf("%d on the shelf: only the untouched one comes back", n)
	}
	if got := s.status(b.no); got != order.Paid {
		t.Errorf("the order is %s while a voucher can be used", got)
	}
	for _, v := range s.vouchersOf(b) {
		if v.State == voucher.Active {
			if err := s.redeem(v.Code, v.Left()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := s.status(b.no); got != order.Completed {
		t.Errorf("the order is %s, want completed: none can be used any more", got)
	}
	if _, err := s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 1}); !errors.Is(err, order.ErrClaimed) {
		t.Errorf("used ones: %v", err)
	}
	s.broken(t)
}

// TestExpiredVouchersAreRefundedByThemselves: where the terms say so, once, without anybody's
// answer; the order is completed if something was used, closed if nothing was.
func TestExpiredVouchersAreRefundedByThemselves(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		used int64
		back money.Fen
		want order.Status
	}{"nothing used": {0, 2000, order.Closed}, "one use": {1, 1500, order.Completed}} {
		s := voucherShop(t, 2, true)
		b := s.buy(0, []money.Fen{1000}, []int64{2})
		if c.used > 0 {
			if err := s.redeem(s.vouchersOf(b)[0].Code, c.used); err != nil {
				t.Fatal(err)
			}
		}
		s.over(b)
		s.overDue(b) // it may come twice
		got := s.refunding(b)
		if got.AmountFen != c.back || got.Reason != aftersale.Lapsed || got.OpenedBy != "system" {
			t.Errorf("%s: case %+v", name, got)
		}
		if err := s.arrived(got); err != nil {
			t.Fatal(err)
		}
		if got := s.status(b.no); got != c.want {
			t.Errorf("%s: the order is %s, want %s", name, got, c.want)
		}
		if n := s.count("SELECT count(*) FROM voucher WHERE state = 'active'"); n != 0 {
			t.Errorf("%s: %d vouchers are active", name, n)
		}
		s.broken(t)
	}
}

// TestAVoucherThatEndsWhileACaseHoldsIt: refused, it is paid back by itself all the same; what
// the shop refuses to pay back then has lapsed.
func TestAVoucherThatEndsWhileACaseHoldsIt(t *testing.T) {
	t.Parallel()
	s := voucherShop(t, 1, true)
	b := s.buy(0, []money.Fen{1000}, []int64{1})
	no, err := s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: 1})
	s.must(no, err)
	s.over(b)
	if n := s.count("SELECT count(*) FROM aftersale_case"); n != 1 {
		t.Fatalf("%d cases, want the buyer's alone", n)
	}
	if _, err := s.cases.Reject(t.Context(), s.Tenant.ID, no, "不符合条件", "staff:1"); err != nil {
		t.Fatal(err)
	}
	if n := s.count("SELECT count(*) FROM platform.timer WHERE topic = 'order.voucher_end' AND key = $1 AND due_at <= now()", b.no); n != 1 {
		t.Error("no timer looks at it again")
	}
	s.overDue(b)
	c := s.refunding(b)
	s.InTenant(t, func(tx tenantdb.Tx) error { return s.cases.RefundStoppedTx(t.Context(), tx, c.CaseNo, c.OutRefundNo) })
	if _, err := s.cases.Reject(t.Context(), s.Tenant.ID, c.CaseNo, "线下已退", "staff:1"); err != nil {
		t.Fatal(err)
	}
	s.overDue(b)
	if list := s.vouchersOf(b); list[0].State != voucher.Expired || s.status(b.no) != order.Completed {
		t.Errorf("vouchers %+v, order %s", list, s.status(b.no))
	}
	s.broken(t)
}

// TestAllMoneyBackVoidsVouchers: staff who give the whole price back end them, and only what was
// never used goes back on the shelf.
func TestAllMoneyBackVoidsVouchers(t *testing.T) {
	t.Parallel()
	s := voucherShop(t, 2, true)
	b := s.buy(0, []money.Fen{1000}, []int64{3})
	list := s.vouchersOf(b)
	if err := s.redeem(list[0].Code, 1); err != nil {
		t.Fatal(err)
	}
	s.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := s.orders.MarkRefundedTx(t.Context(), tx, order.RefundedInput{OrderNo: b.no, AmountFen: 3000, OutTradeNo: "T" + b.no, OutRefundNo: "R1"})
		return err
	})
	for _, v := range list {
		if err := s.redeem(v.Code, 1); !errors.Is(err, voucher.ErrState) {
			t.Errorf("after all money went back: %v", err)
		}
	}
	if n := s.onHand(b.skus[0]); n != 99 || s.status(b.no) != order.Closed {
		t.Errorf("%d on the shelf, order %s", n, s.status(b.no))
	}
	s.overDue(b) // its timer may still come
}

// TestAnyHistoryOfVouchersAddsUp: however vouchers are used, claimed, given up, refunded and end,
// what went back and what was used are what was paid, to the fen.
func TestAnyHistoryOfVouchersAddsUp(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	rapid.Check(t, func(t *rapid.T) {
		s.terms = catalog.VoucherTerms{Uses: int32(rapid.IntRange(1, 7).Draw(t, "uses")), Days: 30, Refunds: rapid.Bool().Draw(t, "refunds")}
		qty := rapid.Int64Range(1, 4).Draw(t, "qty")
		b := s.buy(money.Fen(rapid.Int64Range(-50, 50).Draw(t, "adjust")), []money.Fen{101}, []int64{qty})
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			list := s.vouchersOf(b)
			v := list[rapid.IntRange(0, len(list)-1).Draw(t, "voucher")]
			switch rapid.SampledFrom([]string{"use", "refund", "withdraw"}).Draw(t, "step") {
			case "use":
				uses := rapid.Int64Range(1, int64(s.terms.Uses)).Draw(t, "n")
				err := s.redeem(v.Code, uses)
				if can := v.Usable() && uses <= v.Left(); can != (err == nil) {
					t.Fatalf("use %d of %+v: %v", uses, v, err)
				}
			case "refund", "withdraw":
				s.nextDay()
				no, err := s.open(b, aftersale.RefundOnly, map[int64]int64{b.lines[0]: rapid.Int64Range(1, qty).Draw(t, "pieces")})
				if err != nil {
					if !errors.Is(err, order.ErrClaimed) && !errors.Is(err, order.ErrState) {
						t.Fatal(err)
					}
					continue
				}
				if rapid.Bool().Draw(t, "give up") {
					if _, err := s.cases.Withdraw(s.t.Context(), s.Tenant.ID, s.member, no); err != nil {
						t.Fatal(err)
					}
					continue
				}
				s.must(no, s.approve(no))
				if err := s.arrived(s.get(no)); err != nil {
					t.Fatal(err)
				}
			}
		}
		s.over(b)
		if s.count("SELECT count(*) FROM aftersale_case WHERE order_no = $1 AND status = 'refunding'", b.no) > 0 {
			if err := s.arrived(s.refunding(b)); err != nil {
				t.Fatal(err)
			}
		}
		s.broken(t)
		kept := s.count(`SELECT coalesce(sum(paid_fen - CASE WHEN state = 'refunded' THEN paid_fen * (uses - used) / uses ELSE 0 END), 0) FROM voucher WHERE order_no = $1`, b.no)
		back := s.count("SELECT refunded_fen FROM orders WHERE order_no = $1", b.no)
		if money.Fen(kept+back) != b.payable {
			t.Fatalf("kept %d and gave back %d of %d", kept, back, b.payable)
		}
		if n := s.count("SELECT count(*) FROM voucher WHERE order_no = $1 AND (state = 'active' OR state = 'expired' AND refunds AND paid_fen * (uses - used) / uses > 0)", b.no); n != 0 {
			t.Fatalf("%d vouchers did not end as they should", n)
		}
		if got := s.status(b.no); got != order.Completed && got != order.Closed {
			t.Fatalf("the order is %s", got)
		}
	})
}
