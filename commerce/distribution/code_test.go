package distribution_test

import (
	"bytes"
	"image"
	"image/png"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/commerce/distribution"
	"galleria/commerce/picture"
	"galleria/tenant/tenantdb"
	"galleria/tenant/upload"
)

// drawnCode is what a provider answers.
func drawnCode(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 300, 300))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (w *world) stored() int64 {
	return w.number("SELECT coalesce(sum(used), 0)::bigint FROM platform.quota_usage WHERE tenant_id = current_user AND quota = 'storage'")
}

// TestCodeIsFetchedOnce: many requests at once and later ones get one picture, which is counted in
// the shop's room; another page or another product is another one.
func TestCodeIsFetchedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.picture = drawnCode(t)
	w.save(func(p *distribution.Plan) { p.CodePage = "pages/home/home" })
	d := w.distributor()
	app := w.App(t, w.Tenant).ID
	get := func(spu int64) {
		t.Helper()
		body, err := w.CodePicture(t.Context(), w.Tenant.ID, d.MemberID, app, spu)
		if err != nil || !bytes.Equal(body, w.picture) {
			t.Fatalf("%d bytes, %v", len(body), err)
		}
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { get(0) })
	}
	all.Wait()
	before := len(w.asked)
	get(0)
	get(7)
	get(7)
	w.save(func(p *distribution.Plan) {
		p.CodePage, p.ProductPage, p.CodeEnv = "pages/home/home", "pages/product/show", distribution.EnvTrial
	})
	get(7)
	want := []string{
		app.String() + " c=" + d.Code + "&p=7 pages/home/home release",
		app.String() + " c=" + d.Code + "&p=7 pages/product/show trial",
	}
	if got := w.asked[before:]; !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
	if rows, room := w.number("SELECT count(*) FROM code_picture"), w.stored(); rows != 3 || room != 3*int64(len(w.picture)) {
		t.Errorf("%d pictures in %d bytes", rows, room)
	}
	if n := len(distribution.Scene("K7Q2M9XT", math.MaxInt64)); n > 32 {
		t.Errorf("a scene of %d characters", n)
	}
}

// TestCodeIsRefused: who may not promote gets none and nobody is asked; what the provider refuses is
// told, kept nowhere, and may be tried again.
func TestCodeIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.picture = drawnCode(t)
	app := w.App(t, w.Tenant).ID
	ask := func(member, spu int64) string {
		_, err := w.Poster(t.Context(), w.Tenant.ID, member, app, spu)
		return w.code(err)
	}
	nobody := w.member()
	if got := ask(nobody, 0); got != "DISTRIBUTION_OFF" {
		t.Error(got)
	}
	w.save(nil)
	d := w.distributor()
	if got := ask(nobody, 0); got != "DISTRIBUTION_NOT_DISTRIBUTOR" {
		t.Error(got)
	}
	if got := ask(d.MemberID, 8); got != "NOT_FOUND" {
		t.Error(got)
	}
	if err := w.Freeze(t.Context(), w.Tenant.ID, d.MemberID, "看一下", "staff:1"); err != nil {
		t.Fatal(err)
	}
	if got := ask(d.MemberID, 0); got != "DISTRIBUTION_NOT_DISTRIBUTOR" {
		t.Error(got)
	}
	if err := w.Unfreeze(t.Context(), w.Tenant.ID, d.MemberID, "staff:1"); err != nil {
		t.Fatal(err)
	}
	if len(w.asked) != 0 {
		t.Errorf("the provider was asked for %q", w.asked)
	}
	w.noCode = distribution.ErrPoster
	if got := ask(d.MemberID, 0); got != "DISTRIBUTION_POSTER" {
		t.Error(got)
	}
	if n := w.number("SELECT count(*) FROM code_picture"); n != 0 || w.stored() != 0 {
		t.Errorf("%d pictures of a code that was refused", n)
	}
	w.noCode = nil
	poster, err := w.Poster(t.Context(), w.Tenant.ID, d.MemberID, app, 7)
	if err != nil {
		t.Fatal(err)
	}
	if size, err := png.DecodeConfig(bytes.NewReader(poster)); err != nil || size.Width != 750 {
		t.Errorf("%+v %v", size, err)
	}
	for path, field := range map[string]string{"/pages/a": "code_page", "pages/a?b=1": "product_page", strings.Repeat("a", 129): "code_page"} {
		p := plan()
		p.Version = 1
		if field == "code_page" {
			p.CodePage = path
		} else {
			p.ProductPage = path
		}
		if got := w.code(w.SavePlan(t.Context(), w.Tenant.ID, p, "staff:1")); got != "VALIDATION" {
			t.Errorf("%s %q: %s", field, path, got)
		}
	}
}

// TestCodeFiles: a picture whose file is lost is asked for anew, files without rows go after a day,
// and a member who leaves gives the room back.
func TestCodeFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.picture = drawnCode(t)
	w.save(nil)
	d := w.distributor()
	app := w.App(t, w.Tenant).ID
	get := func() {
		t.Helper()
		if _, err := w.CodePicture(t.Context(), w.Tenant.ID, d.MemberID, app, 0); err != nil {
			t.Fatal(err)
		}
	}
	files := func() (keys []string) {
		t.Helper()
		err := w.files.Each(t.Context(), upload.Folder("code", w.Tenant.ID), func(key string, _ time.Time) error {
			keys = append(keys, key)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	get()
	first := files()
	if len(first) != 1 {
		t.Fatal(first)
	}
	if _, _, err := picture.New(picture.Deps{Store: picture.NewFolder(t.TempDir())}).Find(t.Context(), picture.Prefix+first[0]); err == nil {
		t.Error("a code is public")
	}
	if err := w.files.Delete(t.Context(), first[0]); err != nil {
		t.Fatal(err)
	}
	get()
	if again := files(); len(w.asked) != 2 || len(again) != 1 || w.stored() != int64(len(w.picture)) {
		t.Errorf("asked %d times, %v, %d bytes", len(w.asked), again, w.stored())
	}
	w.tx(func(tx tenantdb.Tx) error { return w.ForgetMemberTx(t.Context(), tx, d.MemberID) })
	if w.stored() != 0 || w.number("SELECT count(*) FROM code_picture") != 0 {
		t.Error("who left keeps pictures of codes")
	}
	if n, err := w.Sweep(t.Context(), w.Tenant.ID); err != nil || n != 0 {
		t.Errorf("%d young files were swept: %v", n, err)
	}
	w.ahead = 25 * time.Hour
	if n, err := w.Sweep(t.Context(), w.Tenant.ID); err != nil || n != 1 || len(files()) != 0 {
		t.Errorf("%d files were swept: %v", n, err)
	}
}

// TestCodesOfTwoWhoBecomeOne: pictures follow the code that stays.
func TestCodesOfTwoWhoBecomeOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.picture = drawnCode(t)
	w.save(nil)
	d, plainMember := w.distributor(), w.member()
	app := w.App(t, w.Tenant).ID
	if _, err := w.CodePicture(t.Context(), w.Tenant.ID, d.MemberID, app, 0); err != nil {
		t.Fatal(err)
	}
	w.tx(func(tx tenantdb.Tx) error { return w.MoveMemberTx(t.Context(), tx, d.MemberID, plainMember) })
	if _, err := w.CodePicture(t.Context(), w.Tenant.ID, plainMember, app, 0); err != nil || len(w.asked) != 1 {
		t.Errorf("asked %d times: %v", len(w.asked), err)
	}
}
