package picture_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"galleria/commerce/picture"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
)

func serviceOf(env *tenanttest.Env, store picture.Store) *picture.Service {
	return picture.New(picture.Deps{DB: env.DB, Plans: env.Plans, Outbox: env.Outbox, Store: store, Now: env.Clock().Now})
}

// used is what the shop's counter of storage says.
func used(t *testing.T, env *tenanttest.Env) (n int64) {
	t.Helper()
	env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT coalesce(sum(used), 0)::bigint FROM platform.quota_usage WHERE quota = $1", string(plan.Storage)).Scan(&n)
	})
	return n
}

func stored(t *testing.T, env *tenanttest.Env) (n int64) {
	t.Helper()
	env.InTenant(t, func(tx tenantdb.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT coalesce(sum(bytes), 0)::bigint FROM picture").Scan(&n)
	})
	return n
}

// T102: what is kept is counted, once for the same file however often it is sent, and given
// back when it goes.
func TestT102StorageIsCounted(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := serviceOf(env, picture.NewFolder(t.TempDir()))
	raw := encoded(t, photo(900, 600), "jpeg")
	var wg sync.WaitGroup
	addresses := make([]string, 8)
	for i := range addresses {
		wg.Go(func() {
			var err error
			if addresses[i], err = s.Take(t.Context(), env.Tenant.ID, picture.TakeInput{Raw: raw, Name: "a.jpg"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, address := range addresses {
		if address != addresses[0] {
			t.Fatalf("one file has the addresses %s and %s", addresses[0], address)
		}
	}
	key := strings.TrimPrefix(addresses[0], picture.Prefix)
	for range 2 { // a repetition changes nothing
		if err := s.MakeThumb(t.Context(), env.Tenant.ID, key); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := used(t, env), stored(t, env); a != b || a == 0 {
		t.Errorf("counted %d, stored %d", a, b)
	}
	body, _, err := s.Find(t.Context(), picture.Small(addresses[0]))
	if err != nil {
		t.Fatal(err)
	}
	if size, _, err := image.DecodeConfig(bytes.NewReader(body)); err != nil || size.Width != picture.Thumb {
		t.Errorf("the thumbnail is %d wide, %v", size.Width, err)
	}
	env.Owner(t, fmt.Sprintf("INSERT INTO %s.product_snapshot (hash, spu_id, body) VALUES (repeat('0', 64), 1, jsonb_build_object('cover', $1::text))", env.Tenant.ID), addresses[0])
	if err := s.Delete(t.Context(), env.Tenant.ID, 1); !errors.Is(err, picture.ErrUsed) {
		t.Errorf("a picture that orders show: %v", err)
	}
	env.Owner(t, fmt.Sprintf("DELETE FROM %s.product_snapshot", env.Tenant.ID))
	var id int64
	env.InTenant(t, func(tx tenantdb.Tx) error { return tx.QueryRow(t.Context(), "SELECT id FROM picture").Scan(&id) })
	if err := s.Delete(t.Context(), env.Tenant.ID, id); err != nil {
		t.Fatal(err)
	}
	if n := used(t, env); n != 0 {
		t.Errorf("%d bytes are counted of nothing", n)
	}
	if _, _, err := s.Find(t.Context(), addresses[0]); err == nil {
		t.Error("the file is still there")
	}
}

// T102: a shop without room is refused, and nothing is left of the try.
func TestT102NoRoomLeavesNothing(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	dir := t.TempDir()
	s := serviceOf(env, picture.NewFolder(dir))
	env.Owner(t, "INSERT INTO platform.tenant_limit (tenant_id, quota, soft, hard) VALUES ($1, 'storage', 10, 10)", env.Tenant.ID.String())
	if _, err := s.Take(t.Context(), env.Tenant.ID, picture.TakeInput{Raw: encoded(t, photo(300, 200), "jpeg")}); !errors.Is(err, plan.ErrQuota) {
		t.Fatalf("got %v", err)
	}
	if n := stored(t, env); n != 0 {
		t.Errorf("%d bytes are stored", n)
	}
	files, _ := filepath.Glob(dir + "/*/*")
	if len(files) != 0 {
		t.Errorf("left %q", files)
	}
}

// T103: a picture whose header announces gigabytes costs neither time nor memory.
func TestT103AnnouncedGigabytesAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	s := serviceOf(env, picture.NewFolder(t.TempDir()))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	if _, err := s.Take(t.Context(), env.Tenant.ID, picture.TakeInput{Raw: bomb(t)}); !errors.Is(err, picture.ErrPixels) {
		t.Errorf("got %v", err)
	}
	runtime.ReadMemStats(&after)
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %v", took)
	}
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 100<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

func TestSweepTakesOnlyOrphans(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	dir := t.TempDir()
	store := picture.NewFolder(dir)
	s := serviceOf(env, store)
	address, err := s.Take(t.Context(), env.Tenant.ID, picture.TakeInput{Raw: encoded(t, photo(300, 200), "jpeg")})
	if err != nil {
		t.Fatal(err)
	}
	kept := strings.TrimPrefix(address, picture.Prefix)
	folder, _, _ := strings.Cut(kept, "/")
	orphan, fresh, legacy := folder+"/"+strings.Repeat("a", 26)+".jpg", folder+"/"+strings.Repeat("b", 26)+"-s.png", folder+"/"+strings.Repeat("0", 32)+".jpg"
	for _, key := range []string{orphan, fresh, legacy} {
		if err := store.Put(t.Context(), key, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	old := env.Clock().Now().Add(-48 * time.Hour)
	for _, key := range []string{kept, orphan, legacy} {
		if err := os.Chtimes(filepath.Join(dir, key), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(filepath.Join(dir, fresh), env.Clock().Now(), env.Clock().Now()); err != nil {
		t.Fatal(err)
	}
	n, err := s.Sweep(t.Context(), env.Tenant.ID)
	if err != nil || n != 1 {
		t.Errorf("swept %d, %v; want the orphan alone", n, err)
	}
	for _, key := range []string{kept, fresh, legacy} {
		if _, err := store.Get(t.Context(), key); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}
