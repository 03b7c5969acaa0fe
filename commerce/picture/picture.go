package picture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image/jpeg"
	"image/png"
	"regexp"
	"strings"

	"galleria/tenant"
)

// Bounds of an upload and of what becomes of it.
const (
	MaxBytes  = 5 << 20
	MaxPixels = 30_000_000
	MinSide   = 100
	Longest   = 1600 // pixels of the longer side as it is kept
	quality   = 86
)

// Prefix begins the address of every uploaded picture.
const Prefix = "/media/shop/"

// Store keeps files by key. Keys are "<folder>/<name>" of lower-case letters, digits and
// dots. Safe for concurrent use.
type Store interface {
	// Put writes a file whole or not at all; writing the same again is no error.
	Put(ctx context.Context, key string, body []byte) error
	// Get reads a file. Faults: NOT_FOUND.
	Get(ctx context.Context, key string) ([]byte, error)
}

// Service takes and finds pictures. Safe for concurrent use.
type Service struct {
	store    Store
	decoding chan struct{}
}

// New returns the service over a store.
func New(store Store) *Service { return &Service{store: store, decoding: make(chan struct{}, 1)} }

// Take checks an upload, makes a clean picture of it, keeps it for the shop and returns its
// address. Safe to repeat: the same file has the same address. Faults: PICTURE_….
func (s *Service) Take(ctx context.Context, id tenant.ID, raw []byte) (address string, err error) {
	if len(raw) > MaxBytes {
		return "", ErrTooLarge
	}
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-ctx.Done():
		return "", ErrNoPlace.Because(ctx.Err())
	}
	body, suffix, err := clean(raw)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	key := folderOf(id) + "/" + hex.EncodeToString(sum[:16]) + suffix
	if err := s.store.Put(ctx, key, body); err != nil {
		return "", ErrNoPlace.Because(err)
	}
	return Prefix + key, nil
}

var keyForm = regexp.MustCompile(`^[0-9a-f]{16}/[0-9a-f]{32}\.(jpg|png)$`)

// Find returns a picture by its address, and its type. Faults: NOT_FOUND.
func (s *Service) Find(ctx context.Context, address string) (body []byte, contentType string, err error) {
	key, ours := strings.CutPrefix(address, Prefix)
	if !ours || !keyForm.MatchString(key) {
		return nil, "", errNotFound
	}
	if body, err = s.store.Get(ctx, key); err != nil {
		return nil, "", fmt.Errorf("find picture: %w", err)
	}
	if strings.HasSuffix(key, ".png") {
		return body, "image/png", nil
	}
	return body, "image/jpeg", nil
}

// Owns reports whether an address is of a picture that this shop has uploaded.
func Owns(id tenant.ID, address string) bool {
	key, ours := strings.CutPrefix(address, Prefix)
	return ours && keyForm.MatchString(key) && strings.HasPrefix(key, folderOf(id)+"/")
}

// folderOf is where a shop's pictures lie. An address is public; a shop's id is not.
func folderOf(id tenant.ID) string {
	sum := sha256.Sum256([]byte("pictures:" + id.String()))
	return hex.EncodeToString(sum[:8])
}

// clean decodes a picture and encodes what is to be seen of it, and nothing else.
func clean(raw []byte) (body []byte, suffix string, err error) {
	decode, bounds := jpeg.Decode, jpeg.DecodeConfig
	turn := 1
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xd8\xff")):
		turn = orientation(raw)
	case bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")):
		decode, bounds = png.Decode, png.DecodeConfig
	default:
		return nil, "", ErrType
	}
	size, err := bounds(bytes.NewReader(raw))
	if err != nil {
		return nil, "", ErrBroken.Because(err)
	}
	if size.Width < MinSide || size.Height < MinSide || size.Width*size.Height > MaxPixels || size.Width > MaxPixels || size.Height > MaxPixels {
		return nil, "", ErrPixels
	}
	img, err := decode(bytes.NewReader(raw))
	if err != nil {
		return nil, "", ErrBroken.Because(err)
	}
	small := upright(shrink(img), turn)
	var out bytes.Buffer
	if small.Opaque() {
		err, suffix = jpeg.Encode(&out, small, &jpeg.Options{Quality: quality}), ".jpg"
	} else {
		err, suffix = png.Encode(&out, small), ".png"
	}
	return out.Bytes(), suffix, err
}
