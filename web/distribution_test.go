package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"galleria/commerce/distribution"
	"galleria/commerce/money"
	"galleria/commerce/order"
	"galleria/commerce/picture"
	"galleria/payments/ledger"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
	"galleria/tenant/tenantdb"
	"galleria/web/miniapi"
)

// noPayouts is for tests that send nothing.
type noPayouts struct{}

func (noPayouts) Prepare(context.Context, tenant.ID, distribution.Payout) (func(context.Context, tenantdb.Tx) error, error) {
	panic("nothing is sent here")
}

// drawn is the ledger as distribution wants it.
type drawn struct{ *ledger.Service }

func (drawn) DrawnTx(context.Context, tenantdb.Tx, distribution.Drawn) error { return nil }

// codes is the provider's side as distribution wants it.
type codes struct{ apps *miniprogram.Service }

func (c codes) Picture(ctx context.Context, id tenant.ID, app tenant.AppID, scene, page string, env distribution.CodeEnv) ([]byte, error) {
	return c.apps.CodePicture(ctx, id, app, miniprogram.Code{Scene: scene, Page: page, Env: string(env)})
}

func (h *house) newDistribution(orders *order.Service) *distribution.Service {
	h.distribution = distribution.New(distribution.Deps{
		DB: h.DB, Outbox: h.Outbox, Audit: h.Audit, Vault: h.Vault, Books: drawn{ledger.New(ledger.Deps{DB: h.DB, Audit: h.Audit})}, Payouts: noPayouts{}, Now: h.Clock().Now,
		HasPaid: orders.HasPaid, OpenID: h.members.OpenID, Plans: h.Plans, Store: picture.Files{Store: picture.NewFolder(h.files)}, Codes: codes{h.mini},
		ShopName: func(context.Context, tenant.ID) (string, error) { return "山野茶铺", nil }, Goods: func(ctx context.Context, id tenant.ID, spuID int64) (distribution.Goods, error) {
			p, err := h.catalog.Get(ctx, id, spuID)
			return distribution.Goods{PriceFen: p.MinPriceFen}, err
		},
	})
	return h.distribution
}

// promoter opens the shop's distribution and returns the code of a member who sells for it.
func (h *house) promoter(t *testing.T, s *shop) string {
	t.Helper()
	p := distribution.NewPlan()
	p.Enabled, p.JoinBy, p.WithdrawFromFen = true, distribution.JoinAnyone, 10
	if err := h.distribution.SavePlan(t.Context(), s.ID, p, "staff:1"); err != nil {
		t.Fatal(err)
	}
	var member int64
	err := h.DB.InTenant(t.Context(), s.ID, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "INSERT INTO member (nickname) VALUES ('韩梅梅') RETURNING id").Scan(&member)
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := h.distribution.Apply(t.Context(), s.ID, member, "")
	if err != nil {
		t.Fatal(err)
	}
	return d.Code
}

// walkDistribution is brought by somebody, sells for the shop and draws what was earned.
func walkDistribution(t *testing.T, h *house, s *shop, call func(want, status int, method, path string, body any, header ...string) answer) {
	t.Helper()
	code := h.promoter(t, s)
	for _, statements := range []int{7, 4} { // the answer may be lost: the same click again is told the same
		var b struct{ Bound bool }
		call(statements, http.StatusOK, http.MethodPost, "/distribution/bind", map[string]any{"code": strings.ToLower(code), "how": "link", "scene": "1007"}).into(t, &b)
		if !b.Bound {
			t.Error("the click did not bind")
		}
	}
	var d miniapi.Distributing
	call(8, http.StatusOK, http.MethodPost, "/distribution/apply", map[string]any{"statement": "我有三个群"}).into(t, &d)
	if d.Status != "active" || d.Code == "" || d.Plan.FirstBPS != 500 {
		t.Errorf("applied: %+v", d)
	}
	err := h.DB.InTenant(t.Context(), s.ID, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE distributor SET available_fen = 1000 WHERE code = $1", d.Code)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	call(4, http.StatusOK, http.MethodGet, "/distribution", nil).into(t, &d)
	if d.AvailableFen != 1000 {
		t.Errorf("account: %+v", d)
	}
	call(6, http.StatusOK, http.MethodGet, "/distribution/code", nil)
	call(3, http.StatusOK, http.MethodGet, "/distribution/code", nil)
	call(3, http.StatusOK, http.MethodGet, "/distribution/poster", nil)
	call(1, http.StatusNotFound, http.MethodGet, "/distribution/poster?product_id=999999", nil)
	call(1, http.StatusOK, http.MethodGet, "/distribution/team?tier=2", nil)
	call(1, http.StatusOK, http.MethodGet, "/distribution/commissions?status=pending", nil)
	call(1, http.StatusOK, http.MethodGet, "/distribution/refusals", nil)
	call(1, http.StatusOK, http.MethodGet, "/distribution/ranking?month=2026-11", nil)
	var w miniapi.Withdrawing
	call(11, http.StatusCreated, http.MethodPost, "/distribution/withdrawals", map[string]any{"way": "wechat", "amount_fen": 600}, "Idempotency-Key", "drawn").into(t, &w)
	if w.Status != "requested" || w.PayFen != money.Fen(600) {
		t.Errorf("withdrawal: %+v", w)
	}
	call(1, http.StatusOK, http.MethodGet, "/distribution/withdrawals", nil)
	call(4, http.StatusNoContent, http.MethodPost, "/distribution/withdrawals/"+w.WithdrawalNo+"/cancel", nil)

	err = h.DB.InTenant(t.Context(), s.ID, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE withdrawal SET status = 'failed', reason = 'NAME_NOT_CORRECT' WHERE withdrawal_no = $1", w.WithdrawalNo)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Items []miniapi.Withdrawing }
	call(1, http.StatusOK, http.MethodGet, "/distribution/withdrawals", nil, "Accept-Language", "en-GB").into(t, &list)
	if got := list.Items[0]; got.Reason != "NAME_NOT_CORRECT" || got.ReasonText != "The name is not that of the receiving account" || !strings.Contains(got.NextStep, "real name") {
		t.Errorf("failed, in English: %+v", got)
	}
	call(1, http.StatusOK, http.MethodGet, "/distribution/withdrawals", nil).into(t, &list)
	if got := list.Items[0]; got.Reason != "NAME_NOT_CORRECT" || got.ReasonText != "姓名与收款账户的实名不一致" || !strings.Contains(got.NextStep, "重新提现") {
		t.Errorf("failed, in Chinese: %+v", got)
	}
}
