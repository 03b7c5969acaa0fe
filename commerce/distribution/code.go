package distribution

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/distribution/internal/distributiondb"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/plan"
	"galleria/tenant/tenantdb"
	"galleria/tenant/upload"
)

// Store keeps files by key; commerce/picture's stores are such.
type Store interface {
	Put(ctx context.Context, key string, body []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	Delete(ctx context.Context, key string) error
	// Each gives the files of a folder with the time they were written.
	Each(ctx context.Context, folder string, take func(key string, at time.Time) error) error
}

// Plans counts what a shop may have; *plan.Service is one.
type Plans interface {
	TakeTx(ctx context.Context, tx tenantdb.Tx, q plan.Quota, n int64) error
	GiveBackTx(ctx context.Context, tx tenantdb.Tx, q plan.Quota, n int64) error
}

// Codes makes pictures of Mini Program codes.
type Codes interface {
	// Picture is a JPEG or PNG of a code of an app that opens a page with a scene. Its faults are
	// the provider's and may be told to the caller.
	Picture(ctx context.Context, id tenant.ID, app tenant.AppID, scene, page string, env CodeEnv) ([]byte, error)
}

const (
	codePurpose = "code"         // of private files
	orphanAge   = 24 * time.Hour // of a file without a row before it is swept
	mostPage    = 128            // characters
)

var pageForm = regexp.MustCompile(`^([0-9A-Za-z_-]+(/[0-9A-Za-z_-]+)*)?$`)

// isPage reports whether a path may be that of a page; "" is the app's first one.
func isPage(path string) bool { return len(path) <= mostPage && pageForm.MatchString(path) }

// Scene is what the code of a distributor says to the page that it opens, in at most 32 characters:
// "c=K7Q2M9XT", and "c=K7Q2M9XT&p=12" for a product.
func Scene(code string, spuID int64) string {
	if spuID == 0 {
		return "c=" + code
	}
	return "c=" + code + "&p=" + strconv.FormatInt(spuID, 10)
}

// wanted is a code, before there is a picture of it.
type wanted struct {
	distributor int64
	app         tenant.AppID
	scene, page string
	env         CodeEnv
}

// CodePicture is the picture of an active distributor's code in an app, a JPEG or a PNG; with a
// product, of a code that opens it. The provider is asked once, outside any transaction; who has
// no room or no store keeps nothing and asks again. Faults: DISTRIBUTION_OFF,
// DISTRIBUTION_NOT_DISTRIBUTOR, and the provider's.
func (s *Service) CodePicture(ctx context.Context, id tenant.ID, memberID int64, app tenant.AppID, spuID int64) ([]byte, error) {
	w, key, err := s.wanted(ctx, id, memberID, app, spuID)
	if err != nil {
		return nil, fmt.Errorf("code of a distributor: %w", err)
	}
	if key != "" {
		body, err := s.d.Store.Get(ctx, key)
		if err == nil || !errors.Is(err, fault.ErrNotFound) {
			return body, err
		}
		if err := s.lost(ctx, id, key); err != nil {
			return nil, fmt.Errorf("code of a distributor: %w", err)
		}
	}
	one := strings.Join([]string{id.String(), app.String(), w.scene, w.page, string(w.env)}, " ")
	made, err, _ := s.asking.Do(one, func() (any, error) { return s.fetch(context.WithoutCancel(ctx), id, w) })
	if err != nil {
		return nil, fmt.Errorf("code of a distributor: %w", err)
	}
	return made.([]byte), nil //nolint:forcetypeassert // fetch returns nothing else
}

// wanted says which code a distributor has, and where its picture lies if there is one.
func (s *Service) wanted(ctx context.Context, id tenant.ID, memberID int64, app tenant.AppID, spuID int64) (w wanted, key string, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		p, err := s.plan(ctx, r)
		if err != nil {
			return err
		}
		d, err := s.q.Distributor(ctx, r, memberID)
		switch {
		case !p.Enabled && (err == nil || tenantdb.NoRows(err)):
			return ErrOff
		case tenantdb.NoRows(err) || (err == nil && Status(d.Status) != Active):
			return ErrNotDistributor
		case err != nil:
			return err
		}
		w = wanted{distributor: memberID, app: app, scene: Scene(d.Code, spuID), page: p.CodePage, env: p.CodeEnv}
		if spuID != 0 && p.ProductPage != "" {
			w.page = p.ProductPage
		}
		key, err = s.q.Code(ctx, r, app.String(), w.scene, w.page, string(w.env))
		if tenantdb.NoRows(err) {
			return nil
		}
		return err
	})
	return w, key, err
}

// fetch asks for a picture and keeps it.
func (s *Service) fetch(ctx context.Context, id tenant.ID, w wanted) ([]byte, error) {
	body, err := s.d.Codes.Picture(ctx, id, w.app, w.scene, w.page, w.env)
	if err != nil {
		return nil, err
	}
	key := upload.Folder(codePurpose, id) + "/" + strings.ToLower(rand.Text()) + "." + upload.Kind(body)
	if err := s.d.Store.Put(ctx, key, body); err != nil {
		return body, nil //nolint:nilerr // the picture is good, and asked for anew
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.AddCode(ctx, tx, distributiondb.AddCodeParams{
			DistributorID: w.distributor, AppID: w.app.String(), Scene: w.scene, Page: w.page, Env: string(w.env), FileKey: key, Bytes: int64(len(body)), FetchedAt: tx.Now(),
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return errKept
		}
		return s.d.Plans.TakeTx(ctx, tx, plan.Storage, int64(len(body)))
	})
	if errors.Is(err, errKept) || errors.Is(err, plan.ErrQuota) {
		_ = s.d.Store.Delete(ctx, key) // what cannot be removed now is swept
		return body, nil
	}
	return body, err
}

// errKept is a picture that another process has kept meanwhile.
var errKept = errors.New("it is kept already")

// lost forgets a picture whose file is gone.
func (s *Service) lost(ctx context.Context, id tenant.ID, key string) error {
	return s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.DropCode(ctx, tx, key)
		if tenantdb.NoRows(err) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.d.Plans.GiveBackTx(ctx, tx, plan.Storage, n)
	})
}

// forgetCodes forgets the pictures of a member's codes; their files are swept.
func (s *Service) forgetCodes(ctx context.Context, tx tenantdb.Tx, memberID int64) error {
	n, err := s.q.ForgetCodes(ctx, tx, memberID)
	if err != nil || n == 0 {
		return err
	}
	return s.d.Plans.GiveBackTx(ctx, tx, plan.Storage, n)
}

// Sweep removes files of a shop that have no row and are older than a day, and returns how many
// there were.
func (s *Service) Sweep(ctx context.Context, id tenant.ID) (swept int, err error) {
	codes, err := s.sweep(ctx, id, codePurpose, s.q.KnownCodes)
	proofs, proofErr := s.sweep(ctx, id, proofPurpose, s.q.KnownProofs)
	return codes + proofs, errors.Join(err, proofErr)
}

func (s *Service) sweep(ctx context.Context, id tenant.ID, purpose string, known func(ctx context.Context, q distributiondb.DBTX, keys []string) ([]string, error)) (swept int, err error) {
	var old []string
	err = s.d.Store.Each(ctx, upload.Folder(purpose, id), func(key string, at time.Time) error {
		if at.Before(s.d.Now().Add(-orphanAge)) {
			old = append(old, key)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("sweep files of distribution: %w", err)
	}
	const portion = 500
	for part := range slices.Chunk(old, portion) {
		var kept []string
		err := s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) (err error) {
			kept, err = known(ctx, r, part)
			return err
		})
		for _, key := range part {
			if err == nil && !slices.Contains(kept, key) {
				err = s.d.Store.Delete(ctx, key)
				swept++
			}
		}
		if err != nil {
			return swept, fmt.Errorf("sweep files of distribution: %w", err)
		}
	}
	return swept, nil
}
