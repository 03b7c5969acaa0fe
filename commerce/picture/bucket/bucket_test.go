package bucket_test

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"galleria/commerce/picture"
	"galleria/commerce/picture/bucket"
	"galleria/tenant/fault"
)

// stores are both kinds, and they must do the same. The object store is a stand-in that speaks
// a part of S3 over HTTP; a real one is not to be had in tests.
func stores(t *testing.T) map[string]picture.Store {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("pictures"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	b, err := bucket.New(bucket.Config{
		Endpoint: strings.TrimPrefix(server.URL, "http://"), Bucket: "pictures", Region: "us-east-1", AccessKey: "k", SecretKey: "s", Insecure: true, PathStyle: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]picture.Store{"folder": picture.NewFolder(t.TempDir()), "bucket": b}
}

func TestStoresDoTheSame(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if _, err := s.Get(ctx, "0123456789abcdef/a.jpg"); !errors.Is(err, fault.ErrNotFound) {
				t.Errorf("a file that is not there: %v", err)
			}
			if list, err := s.List(ctx, "0123456789abcdef"); err != nil || len(list) != 0 {
				t.Errorf("an empty folder: %v, %v", list, err)
			}
			for _, key := range []string{"0123456789abcdef/a.jpg", "0123456789abcdef/b.png", "fedcba9876543210/c.jpg"} {
				if err := s.Put(ctx, key, []byte(key)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Put(ctx, "0123456789abcdef/a.jpg", []byte("0123456789abcdef/a.jpg")); err != nil {
				t.Errorf("the same again: %v", err)
			}
			if body, err := s.Get(ctx, "0123456789abcdef/a.jpg"); err != nil || !bytes.Equal(body, []byte("0123456789abcdef/a.jpg")) {
				t.Errorf("got %q, %v", body, err)
			}
			list, err := s.List(ctx, "0123456789abcdef")
			if err != nil || len(list) != 2 || list[0].At.IsZero() {
				t.Errorf("listed %v, %v", list, err)
			}
			for range 2 {
				if err := s.Delete(ctx, "0123456789abcdef/a.jpg"); err != nil {
					t.Errorf("delete: %v", err)
				}
			}
			if _, err := s.Get(ctx, "0123456789abcdef/a.jpg"); !errors.Is(err, fault.ErrNotFound) {
				t.Errorf("a deleted file: %v", err)
			}
			if _, err := s.Get(ctx, "fedcba9876543210/c.jpg"); err != nil {
				t.Errorf("another folder's file: %v", err)
			}
		})
	}
}
