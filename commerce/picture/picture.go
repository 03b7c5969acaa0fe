package picture

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image/jpeg"
	"image/png"
	"regexp"
	"strings"
	"time"
	"unicode"

	"galleria/commerce/picture/internal/picturedb"
	"galleria/tenant"
	"galleria/tenant/outbox"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
)

// Bounds of an upload and of what becomes of it.
const (
	MaxBytes  = 5 << 20
	MaxPixels = 30_000_000
	MinSide   = 100
	Longest   = 1600 // pixels of the longer side as it is kept
	Thumb     = 400  // pixels of the longer side of the small one
	quality   = 86
	maxName   = 80 // characters
	small     = "-s"
)

// Prefix begins the address of every uploaded picture.
const Prefix = "/media/shop/"

// Store keeps files by key. Keys are "<folder>/<name>" of lower-case letters, digits, dots and
// dashes. Safe for concurrent use.
type Store interface {
	// Put writes a file whole or not at all; writing the same again is no error.
	Put(ctx context.Context, key string, body []byte) error
	// Get reads a file. Faults: NOT_FOUND.
	Get(ctx context.Context, key string) ([]byte, error)
	// Delete removes a file; one that is not there is no error.
	Delete(ctx context.Context, key string) error
	// List gives the files of a folder with the time they were written.
	List(ctx context.Context, folder string) ([]File, error)
}

// File is an entry of a Store.
type File struct {
	Key string
	At  time.Time
}

// Files is a Store for rooms that keep other files in it and know nothing of this one.
type Files struct{ Store }

// Each gives the files of a folder with the time they were written.
func (f Files) Each(ctx context.Context, folder string, take func(key string, at time.Time) error) error {
	list, err := f.List(ctx, folder)
	if err != nil {
		return err
	}
	for _, file := range list {
		if err := take(file.Key, file.At); err != nil {
			return err
		}
	}
	return nil
}

// Plans counts what a shop may have; *plan.Service is one.
type Plans interface {
	TakeTx(ctx context.Context, tx tenantdb.Tx, q plan.Quota, n int64) error
	GiveBackTx(ctx context.Context, tx tenantdb.Tx, q plan.Quota, n int64) error
}

// Deps are what the service works with.
type Deps struct {
	DB     *tenantdb.DB
	Plans  Plans
	Outbox *outbox.Outbox
	Store  Store
	Now    func() time.Time
}

// Service takes and finds pictures. Safe for concurrent use.
type Service struct {
	Deps
	q        *picturedb.Queries
	decoding chan struct{}
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{Deps: d, q: picturedb.New(), decoding: make(chan struct{}, 1)}
}

// TopicUploaded announces a new picture; its key is the file's, and a small one is made of it.
const TopicUploaded outbox.Topic = "picture.uploaded"

// UploadedV1 is the payload of TopicUploaded.
type UploadedV1 struct {
	Key string `json:"key"`
}

// TakeInput is an upload.
type TakeInput struct {
	Raw   []byte
	Name  string // of the file, as its owner calls it; only to find it by
	Actor string // "staff:7"
	// MostPerDay bounds what Actor uploads in a day; 0 for no bound. What is known already
	// does not count.
	MostPerDay int64
}

// Take checks an upload, makes a clean picture of it, keeps it for the shop and returns its
// address. Safe to repeat: the same file is kept once. The file is written before the row: what
// is left without a row by a crash is swept. Faults: PICTURE_…, QUOTA_EXCEEDED.
func (s *Service) Take(ctx context.Context, id tenant.ID, in TakeInput) (address string, err error) {
	if len(in.Raw) > MaxBytes {
		return "", ErrTooLarge
	}
	made, err := s.clean(ctx, in.Raw)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(made.body)
	known, err := s.bySum(ctx, id, sum[:])
	if err != nil || known != "" {
		return known, s.touch(ctx, id, sum[:], err)
	}
	if err := s.notTooMany(ctx, id, in); err != nil {
		return "", err
	}
	key := folderOf(id) + "/" + strings.ToLower(rand.Text()) + made.suffix
	if err := s.Store.Put(ctx, key, made.body); err != nil {
		return "", ErrNoPlace.Because(err)
	}
	err = s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		_, err := s.q.Insert(ctx, tx, picturedb.InsertParams{
			Key: key, Sum: sum[:], Name: nameOf(in.Name), Bytes: int64(len(made.body)), Width: int32(made.width), Height: int32(made.height),
			UploadedBy: in.Actor, UploadedAt: tx.Now(),
		})
		if err != nil {
			return err
		}
		if err := s.Outbox.Append(ctx, tx, TopicUploaded, key, UploadedV1{Key: key}); err != nil {
			return err
		}
		return s.Plans.TakeTx(ctx, tx, plan.Storage, int64(len(made.body)))
	})
	if err == nil {
		return Prefix + key, nil
	}
	gone := s.Store.Delete(context.WithoutCancel(ctx), key)
	if tenantdb.NoRows(err) { // somebody else has sent the same at the same time
		return s.bySum(ctx, id, sum[:])
	}
	return "", errors.Join(fmt.Errorf("keep picture: %w", err), gone)
}

// notTooMany bounds what one uploads in a day; two at once may pass it by one each.
func (s *Service) notTooMany(ctx context.Context, id tenant.ID, in TakeInput) error {
	if in.MostPerDay == 0 {
		return nil
	}
	return s.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		n, err := s.q.TakenSince(ctx, r, in.Actor, s.Now().Add(-24*time.Hour))
		if err == nil && n >= in.MostPerDay {
			return ErrTooMany
		}
		return err
	})
}

// touch lets what is known already wait anew for what it is to be shown in.
func (s *Service) touch(ctx context.Context, id tenant.ID, sum []byte, err error) error {
	if err != nil {
		return err
	}
	return s.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.q.Touch(ctx, tx, tx.Now(), sum) })
}

func (s *Service) bySum(ctx context.Context, id tenant.ID, sum []byte) (address string, err error) {
	err = s.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		key, err := s.q.BySum(ctx, r, sum)
		if tenantdb.NoRows(err) {
			return nil
		}
		address = Prefix + key
		return err
	})
	return address, err
}

// nameOf keeps what of a file's name may be shown in a list.
func nameOf(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if chars := []rune(name); len(chars) > maxName {
		name = string(chars[:maxName])
	}
	return name
}

var keyForm = regexp.MustCompile(`^[0-9a-f]{16}/([0-9a-f]{32}|[a-z2-7]{26})(-s)?\.(jpg|png)$`)

// Find returns a picture by its address, and its type; instead of a small one that is not made
// yet, the whole. Faults: NOT_FOUND.
func (s *Service) Find(ctx context.Context, address string) (body []byte, contentType string, err error) {
	key, ours := strings.CutPrefix(address, Prefix)
	if !ours || !keyForm.MatchString(key) {
		return nil, "", errNotFound
	}
	body, err = s.Store.Get(ctx, key)
	if errors.Is(err, errNotFound) && strings.Contains(key, small+".") {
		key = strings.Replace(key, small+".", ".", 1)
		body, err = s.Store.Get(ctx, key)
	}
	if err != nil {
		return nil, "", fmt.Errorf("find picture: %w", err)
	}
	if bytes.HasPrefix(body, []byte("\x89PNG")) {
		return body, "image/png", nil
	}
	return body, "image/jpeg", nil
}

// Small is the address of a picture's thumbnail; any other address is its own.
func Small(address string) string {
	key, ours := strings.CutPrefix(address, Prefix)
	if dot := strings.LastIndexByte(address, '.'); ours && keyForm.MatchString(key) && !strings.Contains(key, small+".") {
		return address[:dot] + small + address[dot:]
	}
	return address
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

// picture is an upload as it is kept.
type picture struct {
	body          []byte
	suffix        string
	width, height int
}

// clean makes a picture, one at a time in this process.
func (s *Service) clean(ctx context.Context, raw []byte) (picture, error) {
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-ctx.Done():
		return picture{}, ErrNoPlace.Because(ctx.Err())
	}
	return clean(raw, Longest)
}

// clean decodes a picture and encodes what is to be seen of it, and nothing else, with no side
// longer than longest.
func clean(raw []byte, longest int) (picture, error) {
	decode, bounds := jpeg.Decode, jpeg.DecodeConfig
	turn := 1
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xd8\xff")):
		turn = orientation(raw)
	case bytes.HasPrefix(raw, []byte("\x89PNG\r\n\x1a\n")):
		decode, bounds = png.Decode, png.DecodeConfig
	default:
		return picture{}, ErrType
	}
	size, err := bounds(bytes.NewReader(raw))
	if err != nil {
		return picture{}, ErrBroken.Because(err)
	}
	if size.Width < MinSide || size.Height < MinSide || size.Width*size.Height > MaxPixels || size.Width > MaxPixels || size.Height > MaxPixels {
		return picture{}, ErrPixels
	}
	img, err := decode(bytes.NewReader(raw))
	if err != nil {
		return picture{}, ErrBroken.Because(err)
	}
	drawn := upright(shrink(img, longest), turn)
	var out bytes.Buffer
	made := picture{suffix: ".jpg", width: drawn.Rect.Dx(), height: drawn.Rect.Dy()}
	if drawn.Opaque() {
		err = jpeg.Encode(&out, drawn, &jpeg.Options{Quality: quality})
	} else {
		made.suffix = ".png"
		err = png.Encode(&out, drawn)
	}
	made.body = out.Bytes()
	return made, err
}
