package console_test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"galleria/console/authz"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// TestFiguresInTheConsole reads a shop's figures over several periods, next to others, and
// takes them home; another shop sees nothing of it.
func TestFiguresInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	today := tenant.BusinessDay(d.env.Clock().Now())
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		for _, sql := range []string{
			`DELETE FROM figure_day`, `DELETE FROM figure_buyer`, `DELETE FROM figure_product`, `DELETE FROM figure_member`,
			`INSERT INTO figure_day (day, placed, paid, paid_fen, refunds, refund_fen, buyers, viewers, carters, orderers)
			 SELECT $1::date - n, 10, 8, 123400, 1, 5600, 7, 90, 20, 9 FROM generate_series(0, 400, 400) AS n WHERE $1::date IS NOT NULL`,
			`INSERT INTO figure_day (day, paid, paid_fen, buyers) SELECT $1::date - 7, 4, 61700, 4 WHERE $1::date IS NOT NULL`,
			`INSERT INTO figure_buyer (day, member_id, paid, paid_fen) SELECT $1::date - n, 1, 1, 100 FROM generate_series(0, 2) AS n WHERE $1::date IS NOT NULL`,
			`INSERT INTO figure_product (day, spu_id, orders, units, paid_fen, refund_units, refund_fen, views) SELECT $1::date, s.id, 3, 41, 98700, 2, 3300, 555 FROM spu s ORDER BY s.id LIMIT 1`,
			`INSERT INTO figure_product (day, spu_id, orders, units, paid_fen) SELECT $1::date, 999999, 1, 1, 100 WHERE $1::date IS NOT NULL`,
		} {
			args := []any{today}
			if strings.HasPrefix(sql, "DELETE") {
				args = nil
			}
			if _, err := tx.Exec(t.Context(), sql, args...); err != nil {
				return err
			}
		}
		return nil
	})
	b := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Finance))
	page := "/console/" + d.env.Tenant.Handle + "/figures"
	b.wantStatus(page+"?period=7", http.StatusOK)
	b.see("¥1,234.00", "上一期间 ¥617.00", "+100%", "¥1,178.00", "查看数据表")
	b.wantStatus(page+"?period=7&compare=none", http.StatusOK)
	b.miss("上一期间 ¥617.00", "chart-then")
	b.wantStatus(page+"?period=yesterday", http.StatusOK)
	b.see("这段时间没有数据")
	b.wantStatus(page+"?from="+today.AddDate(0, 0, -500).Format(time.DateOnly)+"&to="+today.Format(time.DateOnly), http.StatusOK)
	b.see("最多显示 366 天", "¥1,851.00")
	b.wantStatus(page+"?from="+today.Format(time.DateOnly)+"&to="+today.AddDate(0, 0, -1).Format(time.DateOnly), http.StatusOK)
	b.see("filter" /* the form */, "¥1,851.00")
	b.wantStatus(page+"/members?period=7", http.StatusOK)
	b.see("成交人数", "100.0%") // one buyer, who came again
	b.wantStatus(page+"/refunds?period=today", http.StatusOK)
	b.see("¥56.00", "4.5%")
	b.wantStatus(page+"/funnel?period=today", http.StatusOK)
	b.see("22.2%", "45.0%", "77.7%")
	b.wantStatus(page+"/products?period=today", http.StatusOK)
	b.see("¥987.00", "2 件 / ¥33.00", "555", "已删除的商品（编号 999999）")

	span := url.Values{"from": {today.AddDate(0, 0, -7).Format(time.DateOnly)}, "to": {today.Format(time.DateOnly)}, "format": {"csv"}}
	for path, want := range map[string][]string{
		"/export":          {today.Format(time.DateOnly), "10", "8", "1234.00", "0", "1", "56.00", "0", "90", "20", "9", "7"},
		"/products/export": {"已删除的商品（编号 999999）", "1.00", "1", "1", "0", "0.00", "0"},
	} {
		b.get(page)
		if res := b.post(page+path, span); res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", path, res.StatusCode)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.page, "\ufeff"))).ReadAll()
		if err != nil || len(rows) == 0 || !slices.Equal(rows[len(rows)-1], want) {
			t.Errorf("%s: %v, want the last row %v of %v", path, err, want, rows)
		}
	}

	other := d.env.OpenShop(t)
	o := d.signedIn(t, d.hire(t, other, authz.Manager))
	o.wantStatus(page, http.StatusNotFound)
	o.wantStatus("/console/"+other.Handle+"/figures?period=7", http.StatusOK)
	o.see("这段时间没有数据")
	d.signedIn(t, d.hire(t, d.env.Tenant, authz.Clerk)).wantStatus(page, http.StatusForbidden)
}
