package console_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"galleria/commerce/distribution"
	"galleria/commerce/money"
	"galleria/commerce/picture"
	"galleria/console/authz"
	"galleria/payments/ledger"
	"galleria/tenant"
	"galleria/tenant/miniprogram"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// distributionOf is the room of distribution; its transfers go nowhere.
func distributionOf(t *testing.T, env *tenanttest.Env) *distribution.Service {
	t.Helper()
	return distribution.New(distribution.Deps{
		Plans: env.Plans, Store: picture.Files{Store: picture.NewFolder(t.TempDir())}, Codes: drawnCodes{},
		ShopName: func(context.Context, tenant.ID) (string, error) { return "山野茶铺", nil },
		DB:       env.DB, Outbox: env.Outbox, Audit: env.Audit, Vault: env.Vault, Books: distributionBooks{ledger.New(ledger.Deps{DB: env.DB, Audit: env.Audit})}, Payouts: nowhere{}, Now: env.Clock().Now,
		HasPaid: func(context.Context, tenantdb.Querier, int64) (bool, error) { return false, nil },
		OpenID: func(context.Context, tenantdb.Querier, int64, string) (string, error) {
			return "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", nil
		},
	})
}

type distributionBooks struct{ *ledger.Service }

func (b distributionBooks) DrawnTx(ctx context.Context, tx tenantdb.Tx, d distribution.Drawn) error {
	return b.Service.DrawnTx(ctx, tx, ledger.Drawn{Ref: d.WithdrawalNo, FeeFen: d.FeeFen, TaxFen: d.TaxFen, ByHandFen: d.ByHand, At: d.At})
}

// drawnCodes knows one app's codes.
type drawnCodes struct{}

func (drawnCodes) Picture(_ context.Context, _ tenant.ID, _ tenant.AppID, _, page string, _ distribution.CodeEnv) ([]byte, error) {
	if page == "pages/gone" {
		return nil, miniprogram.ErrCodePage
	}
	var out bytes.Buffer
	err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 300, 300)))
	return out.Bytes(), err
}

type nowhere struct{}

func (nowhere) Prepare(context.Context, tenant.ID, distribution.Payout) (func(context.Context, tenantdb.Tx) error, error) {
	return func(context.Context, tenantdb.Tx) error { return nil }, nil
}

// seller is a new member who sells for the shop, and what may be drawn.
func (d *desk) seller(t *testing.T, s *distribution.Service, nickname string, fen int64) (member int64) {
	t.Helper()
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "INSERT INTO member (status, nickname) VALUES ('active', $1) RETURNING id", nickname).Scan(&member)
	})
	if _, err := s.Appoint(t.Context(), d.env.Tenant.ID, member, "staff:1"); err != nil {
		t.Fatal(err)
	}
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE distributor SET available_fen = $2 WHERE member_id = $1", member, fen)
		return err
	})
	return member
}

// draw asks for money of a distributor.
func (d *desk) draw(t *testing.T, s *distribution.Service, member int64, fen money.Fen, way distribution.Way) string {
	t.Helper()
	in := distribution.RequestInput{MemberID: member, AppID: "wxtill", Key: fmt.Sprint(fen), Way: way, AmountFen: fen}
	if way != distribution.WayWeChat {
		in.Account, in.Name = "6222020200112233445", "李雷"
	}
	w, err := s.Request(t.Context(), d.env.Tenant.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	return w.No
}

// TestTermsOfDistributionInTheConsole: terms are previewed in plain words before they are saved,
// kept as typed where they cannot be, and nobody overwrites another's.
func TestTermsOfDistributionInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	promoter := d.hire(t, d.env.Tenant, authz.Promoter)
	b := d.signedIn(t, d.owner)
	act := func(path string, typed url.Values, want int) { // from a fresh page
		t.Helper()
		b.wantStatus("/console/"+d.env.Tenant.Handle+"/distribution", http.StatusOK)
		b.wantPost(path, typed, want)
	}
	all := "/console/" + d.env.Tenant.Handle + "/distribution"
	b.wantStatus(all, http.StatusOK)
	b.see("分销还没有开启", "还没有结算的佣金")
	b.wantStatus(all+"/plan", http.StatusOK)
	b.see("甲得 ¥5.00", "绑定")
	typed := url.Values{
		"version": {"0"}, "enabled": {"1"}, "depth": {"2"}, "join_by": {"application"}, "join_from": {"0"}, "binding": {"first"}, "bound_days": {"30"}, "first_bps": {"40"}, "second_bps": {"12"},
		"review": {"1"}, "withdraw_from": {"10"}, "day_count": {"3"}, "day_fen": {"2000"}, "fee_bps": {"1"}, "tax_bps": {"20"},
	}
	act(all+"/plan", typed, http.StatusUnprocessableEntity)
	b.see("两级加起来最多 50", `value="40"`)
	typed.Set("first_bps", "8.5%")
	typed.Set("second_bps", "2")
	typed.Set("preview", "1")
	act(all+"/plan", typed, http.StatusOK)
	b.see("甲得 ¥8.50", "乙再得 ¥2.00", "手续费 ¥1.00，代扣税款 ¥19.80，到账 ¥79.20", "归谁 30 天")
	typed.Del("preview")
	act(all+"/plan", typed, http.StatusSeeOther)
	act(all+"/plan", typed, http.StatusConflict)
	b.see("已被他人修改")

	d.stock(t, d.env.Tenant, "阿哲")
	b.wantStatus(all+"/rates?q=zzz", http.StatusOK)
	b.see("没有找到商品")
	var product int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error { return tx.QueryRow(t.Context(), "SELECT min(id) FROM spu").Scan(&product) })
	one := fmt.Sprint(product)
	b.wantStatus(all+"/rates?product="+one, http.StatusOK)
	act(all+"/levels", url.Values{"name": {""}}, http.StatusUnprocessableEntity)
	act(all+"/levels", url.Values{"name": {"金牌"}}, http.StatusSeeOther)
	act(all+"/levels", url.Values{"name": {"金牌"}}, http.StatusUnprocessableEntity)
	act(all+"/rates", url.Values{"product": {one}, "level": {"1"}, "first_bps": {"60"}}, http.StatusUnprocessableEntity)
	b.see(`value="60"`)
	act(all+"/rates", url.Values{"first_bps": {"6"}}, http.StatusUnprocessableEntity)
	b.see("请选择商品或等级")
	act(all+"/rates", url.Values{"product": {"999"}, "first_bps": {"6"}}, http.StatusUnprocessableEntity)
	act(all+"/rates", url.Values{"product": {one}, "level": {"1"}, "first_bps": {"6"}}, http.StatusSeeOther)
	b.wantStatus(all+"/rates", http.StatusOK)
	b.see("金牌", "6%")
	act(all+"/rates/end", url.Values{"product": {one}, "level": {"1"}}, http.StatusSeeOther)
	b.wantStatus(all+"/rates", http.StatusOK)
	b.see("没有专属比例")
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/audit", http.StatusOK)
	b.see("修改了分销规则", "设置了专属佣金比例")

	typed.Set("version", "1")
	typed.Set("code_page", "/pages/home?a=1")
	act(all+"/plan", typed, http.StatusUnprocessableEntity)
	b.see("不以 / 开头", `value="/pages/home?a=1"`)
	typed.Set("code_page", "pages/gone")
	act(all+"/plan", typed, http.StatusSeeOther)
	poster := fmt.Sprintf("%s/people/%d?tab=poster", all, d.seller(t, distributionOf(t, d.env), "小满", 0))
	b.wantStatus(poster, http.StatusOK)
	b.see("页面不存在或未发布")
	typed.Set("version", "2")
	typed.Set("code_page", "pages/home/home")
	act(all+"/plan", typed, http.StatusSeeOther)
	b.wantStatus(poster, http.StatusOK)
	b.see(`src="data:image/png;base64,iVBOR`)

	p := d.signedIn(t, promoter)
	p.wantStatus(all+"/plan", http.StatusOK)
	p.wantPost(all+"/plan", typed, http.StatusForbidden)
	p.wantStatus(all+"/withdrawals", http.StatusForbidden)
}

// TestDistributorsInTheConsole: applicants are let in or refused with a reason, distributors
// frozen and ranked, buyers moved and taken away, each with a word in the log.
func TestDistributorsInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := distributionOf(t, d.env)
	b := d.signedIn(t, d.owner)
	act := func(path string, typed url.Values, want int) { // from a fresh page
		t.Helper()
		b.wantStatus("/console/"+d.env.Tenant.Handle+"/distribution", http.StatusOK)
		b.wantPost(path, typed, want)
	}
	all := "/console/" + d.env.Tenant.Handle + "/distribution/people"
	b.wantStatus(all, http.StatusOK)
	b.see("还没有分销员")
	plan := distribution.NewPlan()
	plan.Enabled = true
	if err := s.SavePlan(t.Context(), d.env.Tenant.ID, plan, "staff:1"); err != nil {
		t.Fatal(err)
	}
	first, second := d.seller(t, s, "小满", 0), d.seller(t, s, "谷雨", -500)
	var applicant, buyer int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		const add = "INSERT INTO member (status, nickname) VALUES ('active', $1) RETURNING id"
		if err := tx.QueryRow(t.Context(), add, "立夏").Scan(&applicant); err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), add, "买茶人").Scan(&buyer)
	})
	if _, err := s.Apply(t.Context(), d.env.Tenant.ID, applicant, "我有三个茶友群"); err != nil {
		t.Fatal(err)
	}
	b.wantStatus(all+"?status=applied", http.StatusOK)
	b.see("立夏", "待审核")
	b.wantStatus(all+"?q="+url.QueryEscape("满"), http.StatusOK)
	if b.see("小满"); strings.Contains(b.page, "谷雨") {
		t.Error("the search finds everybody")
	}
	person := func(id int64, rest string) string { return fmt.Sprintf("%s/%d%s", all, id, rest) }
	b.wantStatus(person(applicant, ""), http.StatusOK)
	b.see("我有三个茶友群")
	act(person(applicant, "/decide"), url.Values{"admit": {""}}, http.StatusUnprocessableEntity)
	b.see("请写明原因")
	act(person(applicant, "/decide"), url.Values{"admit": {""}, "reason": {"资料不全"}}, http.StatusSeeOther)
	act(person(applicant, "/decide"), url.Values{"admit": {"1"}}, http.StatusConflict)
	act(all, url.Values{"member": {"x"}}, http.StatusUnprocessableEntity)
	act(all, url.Values{"member": {"99999"}}, http.StatusUnprocessableEntity)
	act(all, url.Values{"member": {fmt.Sprint(applicant)}}, http.StatusSeeOther)
	act(person(first, "/freeze"), url.Values{}, http.StatusUnprocessableEntity)
	act(person(first, "/freeze"), url.Values{"reason": {"刷单"}}, http.StatusSeeOther)
	act(all, url.Values{"member": {fmt.Sprint(first)}}, http.StatusConflict)
	act(person(first, "/unfreeze"), url.Values{}, http.StatusSeeOther)

	bond := func(id int64, do, note string) url.Values {
		return url.Values{"member": {fmt.Sprint(id)}, "do": {do}, "note": {note}}
	}
	act(person(first, "/bond"), bond(buyer, "assign", ""), http.StatusUnprocessableEntity)
	act(person(first, "/bond"), bond(first, "assign", "自己"), http.StatusUnprocessableEntity)
	b.see("不能绑定自己")
	act(person(first, "/bond"), bond(buyer, "assign", "线下介绍"), http.StatusSeeOther)
	b.wantStatus(person(first, ""), http.StatusOK)
	b.see("买茶人")
	b.wantStatus(person(first, "?tab=history"), http.StatusOK)
	b.see("线下介绍", "员工登记")
	b.wantStatus(person(first, "?tab=signals"), http.StatusOK)
	b.see("没有发现共用信息")
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), `WITH o AS (
		  INSERT INTO orders (order_no, member_id, app_id, status, goods_fen, freight_fen, payable_fen, address, expires_at, placed_at)
		  VALUES ('SHARED000001', $1, 'wxtill', 'pending_payment', 100, 0, 100, '{}', now() + interval '1 hour', now()) RETURNING id, order_no),
		c AS (INSERT INTO commission_order (order_id, order_no, member_id, bond_id, plan) SELECT o.id, o.order_no, $1, (SELECT max(id) FROM distribution_bond), 1 FROM o RETURNING order_id)
		INSERT INTO commission_signal (order_id, distributor_id, kind, own_order_no, seen_at) SELECT order_id, $2, 'parcel_address', 'OWN000000001', now() FROM c`, buyer, first)
		return err
	})
	b.wantStatus(person(first, "?tab=signals"), http.StatusOK)
	b.see("SHARED000001", "收货地址与本人订单 OWN000000001 相同", "待查看")
	act(person(first, "/signals"), url.Values{"upto": {"0"}}, http.StatusConflict)
	act(person(first, "/signals"), url.Values{"upto": {"1"}}, http.StatusSeeOther)
	b.wantStatus(person(first, "?tab=signals"), http.StatusOK)
	if b.see("已查看"); strings.Contains(b.page, "待查看") {
		t.Error("what was looked at still waits")
	}
	act(person(second, "/bond"), bond(buyer, "unbind", "抢人"), http.StatusUnprocessableEntity)
	act(person(first, "/bond"), bond(buyer, "unbind", "投诉"), http.StatusSeeOther)
	b.wantStatus(person(first, "?tab=history"), http.StatusOK)
	b.see("结束")
	b.wantStatus(person(second, ""), http.StatusOK)
	b.see("-¥5.00", "退款超过了")
	for _, tab := range []string{"second", "commissions", "withdrawals", "nothing"} {
		b.wantStatus(person(first, "?tab="+tab), http.StatusOK)
	}
	b.wantStatus(person(buyer, ""), http.StatusNotFound)
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/audit", http.StatusOK)
	b.see("线下介绍", "投诉", "刷单", "资料不全")
}

// TestWithdrawalsInTheConsole: a withdrawal by hand is approved, its account shown once and on
// record, and marked as paid with a reference; one by a provider is approved or refused; what
// was paid and withheld goes out as a file.
func TestWithdrawalsInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := distributionOf(t, d.env)
	manager := d.hire(t, d.env.Tenant, authz.Manager)
	b := d.signedIn(t, d.owner)
	act := func(path string, typed url.Values, want int) { // from a fresh page
		t.Helper()
		b.wantStatus("/console/"+d.env.Tenant.Handle+"/distribution", http.StatusOK)
		b.wantPost(path, typed, want)
	}
	all := "/console/" + d.env.Tenant.Handle + "/distribution/withdrawals"
	b.wantStatus(all, http.StatusOK)
	b.see("没有提现")
	plan := distribution.NewPlan()
	plan.Enabled, plan.FeeBps, plan.TaxBps = true, 100, 2000
	if err := s.SavePlan(t.Context(), d.env.Tenant.ID, plan, "staff:1"); err != nil {
		t.Fatal(err)
	}
	seller := d.seller(t, s, "小满", 50_000)
	hand, sent := d.draw(t, s, seller, 10_000, distribution.WayManual), d.draw(t, s, seller, 12_000, distribution.WayWeChat)
	b.wantStatus(all+"?status=requested", http.StatusOK)
	b.see(hand, sent, "待审核")
	one := all + "/" + hand
	b.wantStatus(one, http.StatusOK)
	if b.see("代扣税", "¥19.80", "¥79.20"); strings.Contains(b.page, "6222020200112233445") {
		t.Error("the page shows the account")
	}
	act(one+"/approve", url.Values{}, http.StatusUnprocessableEntity)
	act(one+"/approve", url.Values{"sure": {"1"}}, http.StatusSeeOther)
	act(one+"/approve", url.Values{"sure": {"1"}}, http.StatusConflict)
	act(one+"/reveal", url.Values{}, http.StatusOK)
	b.see("6222020200112233445", "李雷")
	act(one+"/paid", url.Values{"reference": {""}}, http.StatusUnprocessableEntity)
	b.see("凭证号")
	act(one+"/paid", url.Values{"reference": {"ICBC20261122001"}}, http.StatusUnprocessableEntity)
	b.see(`value="ICBC20261122001"`)
	paid := func(file string, want int) {
		t.Helper()
		b.wantStatus(one, http.StatusOK)
		if res := b.upload(one+"/paid", url.Values{"reference": {"ICBC20261122001"}, "sure": {"1"}}, map[string]string{"proof_file": file}); res.StatusCode != want {
			t.Fatalf("%d: %.300s", res.StatusCode, b.page)
		}
	}
	paid("<svg/>", http.StatusUnprocessableEntity)
	b.see("凭证只支持 JPG", `value="ICBC20261122001"`)
	paid("%PDF-1.7 receipt", http.StatusSeeOther)
	b.wantStatus(one, http.StatusOK)
	b.see("已到账", "ICBC20261122001", one+"/proofs/1", "any.pem")
	b.wantStatus(one+"/proofs/1", http.StatusOK)
	b.see("%PDF-1.7 receipt")
	b.wantStatus(one+"/proofs/2", http.StatusNotFound)
	act(all+"/"+sent+"/reject", url.Values{"reason": {" "}}, http.StatusUnprocessableEntity)
	act(all+"/"+sent+"/reject", url.Values{"reason": {"佣金有疑问"}}, http.StatusSeeOther)
	b.wantStatus(all+"/"+sent, http.StatusOK)
	b.see("佣金有疑问", "已拒绝")
	b.wantStatus(all+"/W000000000000", http.StatusNotFound)

	again := d.draw(t, s, seller, 15_000, distribution.WayWeChat)
	act(all+"/"+again+"/approve", url.Values{"sure": {"1"}}, http.StatusSeeOther)
	d.payout(t, "BILLDRAW01", "wait_user_confirm", "")
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE transfer SET source_no = $1 WHERE out_bill_no = 'BILLDRAW01'", again)
		return err
	})
	b.wantStatus(all+"/"+again, http.StatusOK)
	b.see("等分销员在小程序里确认收款", "BILLDRAW01")

	month := d.env.Clock().Now().In(time.FixedZone("", 8*3600)).Format("2006-01")
	for by, want := range map[string]string{"month": "1,100.00,1.00,99.00,19.80,79.20", "each": "ICBC20261122001"} {
		file := b.post(all+"/export", url.Values{"format": {"csv"}, "period": {month}, "by": {by}})
		if file.StatusCode != http.StatusOK || !strings.Contains(b.page, want) || strings.Contains(b.page, sent) {
			t.Errorf("the file by %s is %d %q", by, file.StatusCode, b.page)
		}
		b.wantStatus(all, http.StatusOK)
	}
	act(all+"/export", url.Values{"format": {"csv"}, "period": {"2026/11"}}, http.StatusBadRequest)
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/distribution/commissions", http.StatusOK)
	b.see("没有佣金")
	file := b.post("/console/"+d.env.Tenant.Handle+"/distribution/commissions/export", url.Values{"format": {"csv"}})
	if file.StatusCode != http.StatusOK || strings.Count(b.page, "\n") != 1 {
		t.Errorf("the file is %d %q", file.StatusCode, b.page)
	}
	b.wantStatus("/console/"+d.env.Tenant.Handle+"/audit", http.StatusOK)
	b.see("查看了提现 "+hand+"的收款账户", "导出了提现明细")

	m := d.signedIn(t, manager)
	m.wantStatus(one, http.StatusOK)
	m.wantPost(one+"/reject", url.Values{"reason": {"不行"}}, http.StatusForbidden)
}
