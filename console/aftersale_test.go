package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"galleria/commerce/aftersale"
	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/console/authz"
	"galleria/tenant/idempotency"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

// caseDesk is a desk whose shop has an order that was sent, whose lines are 5 and 6, and one
// of which nothing was sent, whose lines are 11 and 12.
type caseDesk struct {
	*desk
	goods goods
	cases *aftersale.Service
	shop  string // where the shop's pages begin
}

func newCaseDesk(t *testing.T) *caseDesk {
	t.Helper()
	d := newDesk(t)
	c := &caseDesk{desk: d, goods: d.stock(t, d.env.Tenant, "阿哲"), cases: casesOf(d.env), shop: "/console/" + d.env.Tenant.Handle}
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE order_line SET sent = qty WHERE order_id = 3")
		return err
	})
	return c
}

// open opens a buyer's case for one piece and returns its page.
func (d *caseDesk) open(t *testing.T, orderNo string, kind aftersale.Kind, line int64) string {
	t.Helper()
	out, _, err := d.cases.Open(t.Context(), d.env.Tenant.ID, aftersale.OpenInput{
		OrderNo: orderNo, MemberID: 1, Kind: kind, Lines: map[int64]int64{line: 1}, Reason: aftersale.Quality, Body: "漏气了", Actor: "member:1",
		Key: idempotency.Key{Scope: "member:1", Value: tenanttest.RandomHex(8), Body: []byte("{}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d.shop + "/aftersales/" + out.CaseNo
}

func (d *caseDesk) address(t *testing.T) string {
	t.Helper()
	err := d.cases.AddAddress(t.Context(), d.env.Tenant.ID, aftersale.Address{Name: "仓库", Phone: "13800000000", Address: "昆明市五华区"}, "staff:1")
	if err != nil {
		t.Fatal(err)
	}
	set, err := d.cases.Settings(t.Context(), d.env.Tenant.ID)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(set.Addresses[len(set.Addresses)-1].ID)
}

// act sends a form of a case and checks the answer.
func (b *browser) act(page, event string, want int, values url.Values) {
	b.t.Helper()
	b.wantStatus(page, http.StatusOK)
	if values == nil {
		values = url.Values{}
	}
	values.Set("event", event)
	if res := b.post(page+"/act", values); res.StatusCode != want {
		b.t.Errorf("%s: status %d, want %d\n%.300s", event, res.StatusCode, want, b.page)
	}
}

// A refund of what was not sent: nothing without the confirmation, and what was typed stays;
// of two who press at once, one is heard.
func TestCaseRefund(t *testing.T) {
	t.Parallel()
	d := newCaseDesk(t)
	page := d.open(t, d.goods.orderNos[5], aftersale.RefundOnly, 11)
	second := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Manager)) // before the shop's roles are read
	b := d.signedIn(t, d.owner)
	b.wantStatus(d.shop, http.StatusOK)
	b.see("/aftersales?tab=todo", "售后等您处理 · 还剩 1 天")
	b.wantStatus(d.shop+"/aftersales?tab=todo", http.StatusOK)
	b.see("阿哲", "质量问题", "¥58.00", "还剩 1 天")
	b.wantStatus(d.shop+"/orders?flag=aftersale", http.StatusOK)
	b.see(d.goods.orderNos[5], "售后中")
	b.miss(d.goods.orderNos[2])
	b.wantStatus(page, http.StatusOK)
	b.see("阿哲 想要", "仅退款", "漏气了", "到期未处理自动退款", "同意并退款")
	b.act(page, "approve", http.StatusUnprocessableEntity, url.Values{"body": {"抱歉"}})
	b.see("请勾选确认", "抱歉")
	b.act(page, "reject", http.StatusUnprocessableEntity, url.Values{"sure": {"1"}})
	b.see("请写明原因", "<details class=\"card console-specs\" open")
	b.act(page, "fly", http.StatusUnprocessableEntity, nil)
	b.act(page, "arrive", http.StatusConflict, nil)
	b.see("售后单已经变化")

	second.wantStatus(page, http.StatusOK)
	b.wantStatus(page, http.StatusOK)
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := map[int]int{}
	for _, who := range []*browser{b, second} {
		wg.Go(func() {
			res := who.post(page+"/act", url.Values{"event": {"approve"}, "sure": {"1"}})
			mu.Lock()
			defer mu.Unlock()
			got[res.StatusCode]++
		})
	}
	wg.Wait()
	if got[http.StatusSeeOther] != 1 || got[http.StatusConflict] != 1 {
		t.Errorf("two who press at once: %v, want one 303 and one 409", got)
	}
	b.wantStatus(page, http.StatusOK)
	b.see("退款中")
	b.miss("name=\"event\"")
}

// A return from the yes to the money: amounts, addresses, parcels and counts that are wrong
// are said beside their fields, and what was typed stays.
func TestCaseReturn(t *testing.T) {
	t.Parallel()
	d := newCaseDesk(t)
	page := d.open(t, d.goods.orderNos[2], aftersale.Return, 5)
	b := d.signedIn(t, d.owner)
	b.wantStatus(page, http.StatusOK)
	b.see("还没有退货地址", "/aftersale-settings")
	at := d.address(t)
	yes := func(values url.Values) url.Values {
		values.Set("sure", "1")
		return values
	}
	b.act(page, "approve", http.StatusUnprocessableEntity, yes(url.Values{"address_id": {at}, "amount": {"五十"}}))
	b.see("请填写金额", `value="五十"`)
	b.act(page, "approve", http.StatusConflict, yes(url.Values{"address_id": {at}, "amount": {"58.01"}}))
	b.see("可填 ¥0.00 到 ¥58.00", `value="58.01"`)
	b.act(page, "approve", http.StatusConflict, yes(url.Values{"address_id": {"99"}}))
	b.see("请先选择退货地址")
	b.act(page, "approve", http.StatusSeeOther, yes(url.Values{"address_id": {at}, "amount": {"50"}}))
	b.act(page, "send_back", http.StatusUnprocessableEntity, url.Values{"courier": {"sf"}, "tracking_no": {"12"}})
	b.see("请填写正确的快递单号", `value="12"`)
	b.act(page, "send_back", http.StatusSeeOther, url.Values{"courier": {"sf"}, "tracking_no": {"SF1234567890123"}})
	b.act(page, "arrive", http.StatusSeeOther, nil)
	b.act(page, "refuse_receipt", http.StatusUnprocessableEntity, yes(url.Values{}))
	b.act(page, "inspect", http.StatusUnprocessableEntity, yes(url.Values{"sellable-5": {"1"}, "damaged-5": {"1"}, "missing-5": {"0"}}))
	b.see("可售、损坏、缺失相加要等于申请件数")
	if n := len(regexp.MustCompile(`name="(sellable|damaged)-5" value="1"`).FindAllString(b.page, -1)); n != 2 {
		t.Errorf("%d of the two counts stayed", n)
	}
	b.act(page, "inspect", http.StatusSeeOther, yes(url.Values{"sellable-5": {"1"}, "damaged-5": {"0"}, "missing-5": {"0"}}))
	b.wantStatus(page, http.StatusOK)
	b.see("退款中", "¥50.00", "可售 1，损坏 0，缺失 0", "SF1234567890123")

	// A refund that stopped waits for a person.
	no := page[len(d.shop+"/aftersales/"):]
	d.env.InTenant(t, func(tx tenantdb.Tx) error { return d.cases.RefundStoppedTx(t.Context(), tx, no, "R"+no) })
	b.wantStatus(d.shop+"/aftersales?tab=stopped", http.StatusOK)
	b.see(no)
	b.act(page, "retry_refund", http.StatusUnprocessableEntity, nil)
	b.act(page, "retry_refund", http.StatusSeeOther, yes(url.Values{}))
	b.act(page, "retry_refund", http.StatusConflict, yes(url.Values{}))
}

// The inspector says where sellable pieces go: where they left from is chosen beforehand, a place
// that was closed meanwhile is told beside its field, and one place is no choice.
func TestCasePlaces(t *testing.T) {
	t.Parallel()
	d := newCaseDesk(t)
	at := d.address(t)
	b := d.signedIn(t, d.owner)
	page := d.open(t, d.goods.orderNos[2], aftersale.Return, 5)
	b.act(page, "approve", http.StatusSeeOther, url.Values{"address_id": {at}, "sure": {"1"}})
	b.act(page, "send_back", http.StatusSeeOther, url.Values{"courier": {"sf"}, "tracking_no": {"SF1234567890123"}})
	b.act(page, "arrive", http.StatusSeeOther, nil)
	b.wantStatus(page, http.StatusOK)
	b.miss("放入仓库")
	inv := inventory.New(inventory.Deps{NotifyChannel: catalog.NotifyChannel})
	var west, east int64
	d.env.InTenant(t, func(tx tenantdb.Tx) (err error) {
		if west, err = inv.SaveLocationTx(t.Context(), tx, 0, true, "西仓"); err == nil {
			east, err = inv.SaveLocationTx(t.Context(), tx, 0, true, "东仓")
		}
		return err
	})
	b.wantStatus(page, http.StatusOK)
	b.see("放入仓库", "主仓", "西仓", "东仓", "（发货处）")
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := inv.CloseLocationTx(t.Context(), tx, east, true)
		return err
	})
	found := func(place int64) url.Values {
		return url.Values{"sure": {"1"}, "sellable-5": {"1"}, "damaged-5": {"0"}, "missing-5": {"0"}, "place-5": {fmt.Sprint(place)}}
	}
	b.act(page, "inspect", http.StatusConflict, found(east))
	b.see("仓库已停用，请选择其他仓库", `name="sellable-5" value="1"`)
	b.act(page, "inspect", http.StatusSeeOther, found(west))
	b.wantStatus(page, http.StatusOK)
	b.see("可售 1，损坏 0，缺失 0", "已放入 西仓")
}

// An exchange: the replacement is sent once, or paid for where there is none.
func TestCaseExchange(t *testing.T) {
	t.Parallel()
	d := newCaseDesk(t)
	at := d.address(t)
	b := d.signedIn(t, d.owner)
	yes := url.Values{"sure": {"1"}, "address_id": {at}, "sellable-5": {"1"}, "sellable-6": {"1"}, "damaged-5": {"0"}, "damaged-6": {"0"}, "missing-5": {"0"}, "missing-6": {"0"}}
	toInspect := func(line int64, number string) string {
		page := d.open(t, d.goods.orderNos[2], aftersale.Exchange, line)
		b.act(page, "approve", http.StatusSeeOther, yes)
		b.act(page, "send_back", http.StatusSeeOther, url.Values{"courier": {"sf"}, "tracking_no": {number}})
		b.act(page, "arrive", http.StatusSeeOther, nil)
		return page
	}
	page := toInspect(5, "SF1234567890123")
	b.act(page, "inspect", http.StatusSeeOther, yes)
	b.act(page, "reship", http.StatusUnprocessableEntity, url.Values{"tracking_no": {"SF1234567890124"}})
	b.see("请选择快递公司", `value="SF1234567890124"`)
	b.act(page, "reship", http.StatusSeeOther, url.Values{"courier": {"sf"}, "tracking_no": {"SF1234567890124"}})
	b.act(page, "reship", http.StatusConflict, url.Values{"courier": {"sf"}, "tracking_no": {"SF1234567890125"}})
	b.wantStatus(page, http.StatusOK)
	b.see("SF1234567890124", "已补发")

	page = toInspect(6, "SF1234567890126")
	b.act(page, "pay_instead", http.StatusUnprocessableEntity, nil)
	b.act(page, "pay_instead", http.StatusSeeOther, yes)
	b.wantStatus(page, http.StatusOK)
	b.see("退款中", "¥110.00")
}

// Who may not handle cases sees them and no form; nobody sees another shop's.
func TestT028_CasesOfOthers(t *testing.T) {
	t.Parallel()
	d := newCaseDesk(t)
	page := d.open(t, d.goods.orderNos[5], aftersale.RefundOnly, 11)
	reader := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Warehouse))
	reader.wantStatus(page, http.StatusOK)
	reader.miss(`name="event"`, `name="say"`)
	for path, values := range map[string]url.Values{"/act": {"event": {"approve"}, "sure": {"1"}}, "/messages": {"say": {"你好"}, "form": {"K"}}} {
		if res := reader.post(page+path, values); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s without the right: %d, want 403", path, res.StatusCode)
		}
	}
	reader.wantStatus(d.shop+"/orders/"+d.goods.orderNos[5]+"/aftersale", http.StatusForbidden)
	other := d.env.OpenShop(t)
	there := d.signedIn(t, d.hire(t, other, authz.Owner))
	away := "/console/" + other.Handle + page[len(d.shop):]
	there.wantStatus(away, http.StatusNotFound)
	there.wantStatus("/console/"+other.Handle+"/aftersales", http.StatusOK)
	for path, values := range map[string]url.Values{"/act": {"event": {"approve"}, "sure": {"1"}}, "/messages": {"say": {"你好"}, "form": {"K"}}} {
		if res := there.post(away+path, values); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s on another shop's case: %d, want 404", path, res.StatusCode)
		}
	}
	d.signedIn(t, d.owner).wantStatus(page, http.StatusOK)
}

// A message is sent once, however often its form is; a case that ended takes none.
func TestCaseThread(t *testing.T) {
	t.Parallel()
	d := newCaseDesk(t)
	page := d.open(t, d.goods.orderNos[5], aftersale.RefundOnly, 11)
	b := d.signedIn(t, d.owner)
	b.wantStatus(page, http.StatusOK)
	b.wantPost(page+"/messages", url.Values{"form": {"K1"}, "say": {"  "}}, http.StatusUnprocessableEntity)
	b.see("请填写 1 到 500 字的留言")
	for range 2 {
		b.wantStatus(page, http.StatusOK)
		b.wantPost(page+"/messages", url.Values{"form": {"K2"}, "say": {"请拍照"}}, http.StatusSeeOther)
	}
	b.wantStatus(page, http.StatusOK)
	if n := len(regexp.MustCompile("请拍照").FindAllString(b.page, -1)); n != 1 {
		t.Errorf("the message stands there %d times", n)
	}
	b.act(page, "reject", http.StatusSeeOther, url.Values{"sure": {"1"}, "body": {"已过期"}})
	b.wantStatus(page, http.StatusOK)
	b.see("已拒绝", "已过期")
	b.wantPost(page+"/messages", url.Values{"form": {"K3"}, "say": {"再见"}}, http.StatusConflict)
}

// The settings keep what was typed, and say what is wrong with it.
func TestCaseSettings(t *testing.T) {
	t.Parallel()
	d := newCaseDesk(t)
	reader := d.signedIn(t, d.hire(t, d.env.Tenant, authz.Warehouse)) // before the rights are remembered
	b := d.signedIn(t, d.owner)
	set := d.shop + "/aftersale-settings"
	b.wantStatus(set, http.StatusOK)
	b.wantPost(set, url.Values{"answer_hours": {"999"}, "send_back_days": {"7"}, "inspect_days": {"10"}}, http.StatusUnprocessableEntity)
	b.see("请填写 1 到 240 的整数", `value="999"`)
	b.wantPost(set, url.Values{"answer_hours": {"24"}, "send_back_days": {"7"}, "inspect_days": {"10"}}, http.StatusSeeOther)
	b.wantStatus(set, http.StatusOK)
	b.wantPost(set+"/addresses", url.Values{"name": {"仓库"}, "phone": {"1"}, "address": {"昆明"}}, http.StatusUnprocessableEntity)
	b.see("请填写 5 到 32 位电话", `value="仓库"`, `value="24"`)
	b.wantPost(set+"/addresses", url.Values{"name": {"仓库"}, "phone": {"13800000000"}, "address": {"昆明"}}, http.StatusSeeOther)
	b.wantStatus(set, http.StatusOK)
	b.see("13800000000", `value="24"`)
	b.wantPost(set+"/addresses/1/delete", nil, http.StatusSeeOther)
	b.wantStatus(set, http.StatusOK)
	b.wantPost(set+"/addresses/1/delete", nil, http.StatusNotFound)
	reader.wantStatus(set, http.StatusOK)
	reader.wantPost(set, url.Values{"answer_hours": {"24"}}, http.StatusForbidden)
}

// Staff open a case for a buyer: the form says what is wrong, opens one case however often it
// is sent, and the case goes on at once.
func TestCaseOpenedByStaff(t *testing.T) {
	t.Parallel()
	d := newCaseDesk(t)
	b := d.signedIn(t, d.owner)
	sent, unsent := d.shop+"/orders/"+d.goods.orderNos[2], d.shop+"/orders/"+d.goods.orderNos[5]
	b.wantStatus(unsent, http.StatusOK)
	b.see("发起售后")
	form := unsent + "/aftersale"
	b.wantStatus(form, http.StatusOK)
	b.see("可申请 1 件，可退 ¥58.00")
	b.wantPost(form, url.Values{"form": {"F1"}, "kind": {"refund"}, "reason": {"agreed"}, "sure": {"1"}}, http.StatusUnprocessableEntity)
	b.see("请至少选择一件商品")
	body := url.Values{"form": {"F2"}, "kind": {"refund"}, "reason": {"agreed"}, "sure": {"1"}, "qty-11": {"2"}, "body": {"电话商定"}}
	b.wantPost(form, body, http.StatusConflict)
	b.see("最多 1 件", "电话商定", `value="2"`)
	body.Set("qty-11", "1")
	body.Set("amount", "20")
	b.wantPost(form, body, http.StatusConflict) // what was not sent goes back whole
	b.see("可填 ¥58.00 到 ¥58.00")
	body.Del("amount")
	body.Set("csrf", b.token())
	first := b.post(form, body).Header.Get("Location")
	again := b.post(form, body).Header.Get("Location")
	if first == "" || first != again {
		t.Fatalf("the form led to %q and to %q", first, again)
	}
	b.wantStatus(first, http.StatusOK)
	b.see("退款中", "商家代买家发起", "电话商定", "售后已发起")
	b.wantStatus(unsent, http.StatusOK)
	b.see("/aftersales/")

	back := url.Values{"form": {"F3"}, "kind": {"return"}, "reason": {"quality"}, "sure": {"1"}, "qty-5": {"1"}}
	b.wantStatus(sent+"/aftersale", http.StatusOK)
	b.wantPost(sent+"/aftersale", back, http.StatusConflict)
	b.see("请先选择退货地址")
	back.Set("address_id", d.address(t))
	b.wantPost(sent+"/aftersale", back, http.StatusSeeOther)
	got, err := d.cases.List(t.Context(), d.env.Tenant.ID, 1, aftersale.ListInput{})
	if err != nil || len(got.Cases) != 2 || got.Cases[0].Status != aftersale.AwaitingReturn {
		t.Errorf("the buyer sees %+v, %v", got.Cases, err)
	}
}

// TestCasesOfAMember: the page of a member shows what he wants back, and nobody else's.
func TestCasesOfAMember(t *testing.T) {
	t.Parallel()
	d := newCaseDesk(t)
	page := d.open(t, d.goods.orderNos[2], aftersale.Return, 5)
	no := page[strings.LastIndexByte(page, '/')+1:]
	b := d.signedIn(t, d.owner)
	b.wantStatus(d.shop+"/members/1", http.StatusOK)
	b.see("最近的售后", no, page)
	b.wantStatus(d.shop+"/members/2", http.StatusOK)
	b.miss(no)
}
