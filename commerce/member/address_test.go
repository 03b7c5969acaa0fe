package member_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"galleria/commerce/member"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

func someAddress() member.AddressInput {
	return member.AddressInput{
		Name: "王小明", Phone: "13800138000", Province: "浙江省", City: "杭州市", District: "西湖区", DivisionCode: "330106", Detail: "文三路 1 号",
	}
}

func (w *world) addAddress(t *testing.T, memberID int64, isDefault bool) member.Address {
	t.Helper()
	in := someAddress()
	in.IsDefault = isDefault
	a, err := w.AddAddress(t.Context(), w.id, memberID, in)
	if err != nil {
		t.Fatalf("add address: %v", err)
	}
	return a
}

// book returns the ids of the addresses, and of those that are the default.
func (w *world) book(t *testing.T, memberID int64) (all, defaults []int64) {
	t.Helper()
	list, err := w.Addresses(t.Context(), w.id, memberID)
	if err != nil {
		t.Fatalf("list addresses: %v", err)
	}
	for _, a := range list {
		all = append(all, a.ID)
		if a.IsDefault {
			defaults = append(defaults, a.ID)
		}
	}
	return all, defaults
}

func TestOneDefaultAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.login(t, "openid-a").MemberID
	wantDefault := func(step string, want int64) {
		t.Helper()
		if _, got := w.book(t, m); !slices.Equal(got, []int64{want}) {
			t.Errorf("%s: got defaults %v, want %d", step, got, want)
		}
	}
	first := w.addAddress(t, m, false)
	wantDefault("the first address", first.ID)
	if !first.IsDefault {
		t.Error("the first address is the default, and its answer says no")
	}
	second := w.addAddress(t, m, false)
	wantDefault("a second one", first.ID)
	third := w.addAddress(t, m, true)
	wantDefault("added as default", third.ID)

	in := someAddress()
	in.IsDefault, in.Name = true, "李雷"
	got, err := w.UpdateAddress(t.Context(), w.id, m, second.ID, in)
	if err != nil || got.Name != "李雷" || !got.IsDefault {
		t.Errorf("got %+v, %v", got, err)
	}
	wantDefault("made the default", second.ID)
	in.IsDefault = false
	if got, err = w.UpdateAddress(t.Context(), w.id, m, second.ID, in); err != nil || !got.IsDefault {
		t.Errorf("got %+v, %v; the default stays until another one is it", got, err)
	}
	wantDefault("unticked", second.ID)
	if err := w.DeleteAddress(t.Context(), w.id, m, second.ID); err != nil {
		t.Fatal(err)
	}
	wantDefault("deleted the default", third.ID)
	if err := w.DeleteAddress(t.Context(), w.id, m, first.ID); err != nil {
		t.Fatal(err)
	}
	wantDefault("deleted another", third.ID)
	if err := w.DeleteAddress(t.Context(), w.id, m, third.ID); err != nil {
		t.Fatal(err)
	}
	if all, _ := w.book(t, m); len(all) != 0 {
		t.Errorf("got addresses %v, want none", all)
	}
}

func TestAddressBookUnderParallelChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.login(t, "openid-a").MemberID
	var full atomic.Int64
	var wg sync.WaitGroup
	for range 60 {
		wg.Go(func() {
			in := someAddress()
			in.IsDefault = true
			_, err := w.AddAddress(t.Context(), w.id, m, in)
			switch {
			case errors.Is(err, member.ErrTooManyAddresses):
				full.Add(1)
			case err != nil:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all, defaults := w.book(t, m)
	if len(all) != member.MaxAddresses || len(defaults) != 1 || full.Load() != 10 {
		t.Errorf("got %d addresses, %d defaults, %d refused; want 50, 1, 10", len(all), len(defaults), full.Load())
	}
}

func TestT028AnotherMembersAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, theirs := w.login(t, "openid-a").MemberID, w.login(t, "openid-b").MemberID
	target := w.addAddress(t, theirs, true)
	w.InTenant(t, func(tx tenantdb.Tx) error {
		_, err := w.Address(t.Context(), w.id, tx, mine, target.ID)
		wantCode(t, err, "NOT_FOUND")
		got, err := w.Address(t.Context(), w.id, tx, theirs, target.ID)
		if err != nil || got != target {
			t.Errorf("its owner got %+v, %v", got, err)
		}
		return nil
	})
	_, err := w.UpdateAddress(t.Context(), w.id, mine, target.ID, someAddress())
	wantCode(t, err, "NOT_FOUND")
	wantCode(t, w.DeleteAddress(t.Context(), w.id, mine, target.ID), "NOT_FOUND")
	_, err = w.AddAddress(t.Context(), w.id, 999_999, someAddress())
	wantCode(t, err, "NOT_FOUND")
	if all, _ := w.book(t, mine); len(all) != 0 {
		t.Errorf("my book shows %v", all)
	}
	list, err := w.Addresses(t.Context(), w.id, theirs)
	if err != nil || !slices.Equal(list, []member.Address{target}) {
		t.Errorf("their book changed: %+v, %v", list, err)
	}
}

func TestAddressInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.login(t, "openid-a").MemberID
	cases := map[string]struct {
		spoil func(*member.AddressInput)
		path  string
	}{
		"no name":          {func(in *member.AddressInput) { in.Name = " " }, "name"},
		"long name":        {func(in *member.AddressInput) { in.Name = strings.Repeat("长", 33) }, "name"},
		"NUL in name":      {func(in *member.AddressInput) { in.Name = "a\x00" }, "name"},
		"not UTF-8":        {func(in *member.AddressInput) { in.Detail = "\xff" }, "detail"},
		"no detail":        {func(in *member.AddressInput) { in.Detail = "" }, "detail"},
		"long detail":      {func(in *member.AddressInput) { in.Detail = strings.Repeat("x", 121) }, "detail"},
		"line break":       {func(in *member.AddressInput) { in.City = "杭州\n" + "市" }, "city"},
		"no province":      {func(in *member.AddressInput) { in.Province = "" }, "province"},
		"phone in words":   {func(in *member.AddressInput) { in.Phone = "call me" }, "phone"},
		"short phone":      {func(in *member.AddressInput) { in.Phone = "110" }, "phone"},
		"full-width phone": {func(in *member.AddressInput) { in.Phone = "１３８００１３８０００" }, "phone"},
		"plus inside":      {func(in *member.AddressInput) { in.Phone = "138+00138000" }, "phone"},
		"division of five": {func(in *member.AddressInput) { in.DivisionCode = "33010" }, "division_code"},
		"another province": {func(in *member.AddressInput) { in.DivisionCode = "650101" }, "division_code"},
		"division letters": {func(in *member.AddressInput) { in.DivisionCode = "33010x" }, "division_code"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := someAddress()
			c.spoil(&in)
			_, err := w.AddAddress(t.Context(), w.id, m, in)
			wantCode(t, err, "VALIDATION")
			if f, ok := errors.AsType[*fault.Error](err); !ok || len(f.Fields()) != 1 || f.Fields()[0].Path != c.path {
				t.Errorf("got %v, want %s refused", err, c.path)
			}
		})
	}
	good := someAddress()
	good.Phone, good.District, good.DivisionCode, good.Name = "+86 571-8888 6666", "", "", "  王 小明 "
	got, err := w.AddAddress(t.Context(), w.id, m, good)
	if err != nil || got.Name != "王 小明" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestAddressesLieSealed: what says who lives where is in no column; a row from before is read
// as it is, sealed by the upkeep once, whoever else seals, and found by its phone afterwards.
func TestAddressesLieSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.login(t, "openid-sealed").MemberID
	a := w.addAddress(t, m, true)
	for range 5 { // as an older release wrote them
		w.InTenant(t, func(tx tenantdb.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO address (member_id, name, phone, province, city, district, division_code, detail)
				VALUES ($1, '李雷', '138 0013-8001', '浙江省', '杭州市', '西湖区', '330106', '文三路 2 号')`, m)
			return err
		})
	}
	check := func(open int64) {
		t.Helper()
		list, err := w.Addresses(t.Context(), w.id, m)
		if err != nil || len(list) != 6 || list[0] != a {
			t.Fatalf("the book is %+v, %v", list, err)
		}
		for _, b := range list[1:] {
			if b.Name != "李雷" || b.Phone != "138 0013-8001" || b.Detail != "文三路 2 号" || b.City != "杭州市" {
				t.Errorf("an address from before reads %+v", b)
			}
		}
		if n := w.scalar(t, "SELECT count(*) FROM address WHERE sealed IS NULL"); n != open {
			t.Errorf("%d addresses lie open, want %d", n, open)
		}
		if n := w.scalar(t, "SELECT count(*) FROM address x WHERE sealed IS NOT NULL AND x::text ~ '(13800138|0013-8001|王小明|李雷|文三路)'"); n != 0 {
			t.Errorf("%d sealed addresses can be read", n)
		}
	}
	check(5)
	if n, err := w.SealAddresses(t.Context(), w.id, 2); n != 2 || err != nil { // stopped after a batch
		t.Fatalf("sealed %d, %v", n, err)
	}
	check(3)
	var all sync.WaitGroup
	var sealed atomic.Int64
	for range 4 {
		all.Go(func() {
			n, err := w.SealAddresses(t.Context(), w.id, 500)
			if err != nil {
				t.Error(err)
			}
			sealed.Add(int64(n))
		})
	}
	all.Wait()
	check(0)
	if sealed.Load() != 3 {
		t.Errorf("%d addresses were sealed, want 3", sealed.Load())
	}
	index, err := w.PhoneIndex(t.Context(), w.id, "+8613800138001")
	if err != nil {
		t.Fatal(err)
	}
	w.InTenant(t, func(tx tenantdb.Tx) error {
		var n int
		err := tx.QueryRow(t.Context(), "SELECT count(*) FROM address WHERE phone_index = $1", index).Scan(&n)
		if n != 5 {
			t.Errorf("%d addresses are found by their phone, want 5", n)
		}
		return err
	})
	changed := someAddress()
	changed.Detail = "文三路 3 号"
	if _, err := w.UpdateAddress(t.Context(), w.id, m, a.ID, changed); err != nil {
		t.Fatal(err)
	}
	if list, err := w.Addresses(t.Context(), w.id, m); err != nil || list[0].Detail != "文三路 3 号" {
		t.Errorf("after a change: %+v, %v", list, err)
	}
}
