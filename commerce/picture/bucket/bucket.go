// Package bucket keeps pictures in an object store that speaks S3: AWS, MinIO, Alibaba
// Cloud's OSS and Tencent Cloud's COS by their S3 endpoints.
//
// It owns the calls and nothing else: what a picture is and where it lies is commerce/picture's.
// The bucket is private; the application serves what lies in it, so that an address stays the
// same whichever store is behind it.
package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"galleria/commerce/picture"
	"galleria/tenant/fault"
)

// Config says where the bucket is.
type Config struct {
	Endpoint  string // host and port, without scheme: "oss-cn-hangzhou.aliyuncs.com"
	Bucket    string
	Region    string // empty where the store needs none
	AccessKey string
	SecretKey string
	Insecure  bool // plain http, for a store on the same machine
	PathStyle bool // the bucket in the path instead of the host's name, as MinIO wants it
}

// Bucket is a picture.Store. Safe for concurrent use.
type Bucket struct {
	client *minio.Client
	name   string
}

// callTimeout ends a call to the store.
const callTimeout = 20 * time.Second

// New returns the store; it calls nobody yet.
func New(c Config) (*Bucket, error) {
	lookup := minio.BucketLookupDNS
	if c.PathStyle {
		lookup = minio.BucketLookupPath
	}
	client, err := minio.New(c.Endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Secure: !c.Insecure, Region: c.Region, BucketLookup: lookup,
	})
	if err != nil {
		return nil, fmt.Errorf("object store: %w", err)
	}
	return &Bucket{client: client, name: c.Bucket}, nil
}

// Put implements picture.Store.
func (b *Bucket) Put(ctx context.Context, key string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := b.client.PutObject(ctx, b.name, key, bytes.NewReader(body), int64(len(body)), minio.PutObjectOptions{
		ContentType: typeOf(key), CacheControl: "public, max-age=31536000, immutable",
	})
	return err
}

func typeOf(key string) string {
	if strings.HasSuffix(key, ".png") {
		return "image/png"
	}
	return "image/jpeg"
}

// Get implements picture.Store. What is larger than any picture is refused.
func (b *Bucket) Get(ctx context.Context, key string) (body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	object, err := b.client.GetObject(ctx, b.name, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, translate(err)
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	const most = 8 * picture.MaxBytes
	body, err = io.ReadAll(io.LimitReader(object, most+1))
	if err != nil {
		return nil, translate(err)
	}
	if len(body) > most {
		return nil, fault.ErrNotFound
	}
	return body, nil
}

// Delete implements picture.Store.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := translate(b.client.RemoveObject(ctx, b.name, key, minio.RemoveObjectOptions{}))
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	return err
}

// List implements picture.Store.
func (b *Bucket) List(ctx context.Context, folder string) (out []picture.File, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	for object := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: folder + "/", Recursive: true}) {
		if object.Err != nil {
			return nil, translate(object.Err)
		}
		out = append(out, picture.File{Key: object.Key, At: object.LastModified})
	}
	return out, nil
}

// translate tells a file that is not there from trouble.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if answer := minio.ToErrorResponse(err); answer.Code == "NoSuchKey" || answer.StatusCode == http.StatusNotFound {
		return fault.ErrNotFound
	}
	return fmt.Errorf("object store: %w", err)
}
