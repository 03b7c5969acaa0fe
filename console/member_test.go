package console_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"galleria/tenant/tenantdb"
)

// TestMembersInTheConsole finds a member by the whole phone number, tags, notes, blocks and
// reveals; who may not is not shown how.
func TestMembersInTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stock(t, d.env.Tenant, "阿哲")
	var id int64
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT id FROM member WHERE nickname = '阿哲'").Scan(&id)
	})
	people := memberOf(d.env)
	if _, err := people.SetPhone(t.Context(), d.env.Tenant.ID, id, "13800138000"); err != nil {
		t.Fatal(err)
	}
	list := "/console/" + d.env.Tenant.Handle + "/members"
	one := list + "/" + strconv.FormatInt(id, 10)
	b := d.signedIn(t, d.owner)
	for query, found := range map[string]bool{
		"": true, "?q=13800138000": true, "?q=" + url.QueryEscape("+86 138 0013 8000"): true, "?q=" + url.QueryEscape("阿哲"): true,
		"?q=13800138001": false, "?q=1380013800": false, "?q=8000": false, "?status=blocked": false, "?seen=asleep&joined=7&spent=5000": false, "?tag=x": false,
	} {
		b.wantStatus(list+query, http.StatusOK)
		if found {
			b.see("阿哲", "138****8000")
		} else {
			b.miss("阿哲")
		}
	}
	b.wantStatus(one, http.StatusOK)
	b.see("138****8000")
	b.miss("13800138000")
	b.wantPost(one+"/phone", url.Values{"why": {""}}, http.StatusUnprocessableEntity)
	b.miss("13800138000")
	b.wantPost(one+"/phone", url.Values{"why": {"核对收货电话"}}, http.StatusOK)
	b.see("13800138000")
	var reveals int
	d.env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM platform.audit_log WHERE tenant_id = $1 AND action = 'member.phone_revealed' AND detail->>'reason' = '核对收货电话'", d.env.Tenant.ID.String()).Scan(&reveals)
	})
	if reveals != 1 {
		t.Errorf("%d entries of the look", reveals)
	}
	b.wantPost(one+"/tags", url.Values{"tags": {"常客，企业采购, 常客"}}, http.StatusSeeOther)
	b.wantStatus(one, http.StatusOK)
	b.wantPost(one+"/note", url.Values{"note": {"喜欢深烘"}}, http.StatusSeeOther)
	b.wantStatus(one, http.StatusOK)
	b.wantPost(one+"/tags", url.Values{"tags": {"这是一个实在太长而不能用作标签的标签名字超过二十字"}}, http.StatusUnprocessableEntity)
	b.see("这是一个实在太长", "每个不超过 20 字")
	b.wantPost(one+"/block", url.Values{"reason": {""}}, http.StatusUnprocessableEntity)
	b.wantPost(one+"/block", url.Values{"reason": {"恶意退款"}}, http.StatusSeeOther)
	b.wantStatus(one, http.StatusOK)
	b.see("喜欢深烘", "常客", "已停用", "恶意退款")
	b.wantStatus(list+"?tag="+url.QueryEscape("常客")+"&status=blocked", http.StatusOK)
	b.see("阿哲")
	b.wantPost(one+"/unblock", url.Values{}, http.StatusSeeOther)
	b.wantStatus(list+"/999999", http.StatusNotFound)

	clerk := d.signedIn(t, d.clerk)
	clerk.wantStatus(one, http.StatusOK)
	clerk.miss(one+"/phone", one+"/tags", one+"/block", "13800138000")
}
