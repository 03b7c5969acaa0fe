package wechat

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/verifiers"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"
	"github.com/wechatpay-apiv3/wechatpay-go/utils"
	"golang.org/x/sync/singleflight"

	"galleria/payments"
	"galleria/payments/internal/wire"
	"galleria/tenant/vault"
)

// refreshInterval is the least time between two fetches for one account, whatever the
// outcome of the first.
const refreshInterval = time.Minute

// certificateRefresh bounds how often certificates are fetched.
type certificateRefresh struct {
	group singleflight.Group
	mu    sync.Mutex
	last  map[wire.AccountKey]time.Time
}

func newCertificateRefresh() *certificateRefresh {
	return &certificateRefresh{group: singleflight.Group{}, mu: sync.Mutex{}, last: map[wire.AccountKey]time.Time{}}
}

// due takes the turn of an account, if it has one.
func (r *certificateRefresh) due(key wire.AccountKey, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, ok := r.last[key]; ok && now.Sub(last) < refreshInterval {
		return false
	}
	if len(r.last) >= wire.MostClients {
		clear(r.last)
	}
	r.last[key] = now
	return true
}

// RefreshCertificates fetches the platform's certificates of an account, so that a
// rotation is known before its first message; a job calls it every twelve hours. An
// account in public-key mode has none, and the provider is not asked.
func (c *Channel) RefreshCertificates(ctx context.Context, acc payments.Account) error {
	if acc.Config.KeyMode == payments.KeyModePublicKey {
		return nil
	}
	client, err := c.client(ctx, acc)
	if err != nil {
		return err
	}
	return c.fetchCertificates(ctx, client.verifier)
}

// fetchCertificates adds the platform's certificates to a verifier and to the store. All
// who wait share one call. Too early a repeat does nothing: the serial stays unknown.
func (c *Channel) fetchCertificates(ctx context.Context, v *verifier) error {
	key := wire.KeyOf(v.acc)
	shared := c.certificates.group.DoChan(fmt.Sprintf("%s/%d", key.Tenant, key.Account), func() (any, error) {
		if !c.certificates.due(key, c.d.Now()) {
			return nil, nil
		}
		// One call serves all who wait for it; it must not die with the first of them.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		return nil, c.downloadCertificates(ctx, v)
	})
	select {
	case done := <-shared:
		if errors.Is(done.Err, payments.ErrNoSuchNumber) {
			return nil // a merchant that has none: the serial stays unknown
		}
		return done.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

type certificateList struct {
	Data []struct {
		SerialNo  string `json:"serial_no"`
		Encrypted struct {
			Algorithm      string `json:"algorithm"`
			Nonce          string `json:"nonce"`
			AssociatedData string `json:"associated_data"`
			Ciphertext     string `json:"ciphertext"`
		} `json:"encrypt_certificate"`
	} `json:"data"`
}

func (c *Channel) downloadCertificates(ctx context.Context, v *verifier) error {
	client, err := c.client(ctx, v.acc)
	if err != nil {
		return err
	}
	// The answer may be signed by a certificate that is in it: decrypt first (the APIv3
	// key authenticates the content), then verify with what came.
	result, err := core.NewClientWithValidator(client.core, unverified{}).Get(ctx, consts.WechatPayAPIServer+"/v3/certificates")
	if err := classify(err); err != nil {
		return err
	}
	body, err := io.ReadAll(result.Response.Body)
	_ = result.Response.Body.Close()
	if err != nil {
		return classify(err)
	}
	fresh := newCertificates(c.d.Now)
	keys, err := openCertificates(body, v.acc, fresh)
	if err != nil {
		return payments.ErrBadResponse.Because(err)
	}
	trial := *v
	trial.certs, trial.publicKeyID, trial.sdk = fresh, "", verifiers.NewSHA256WithRSAVerifier(fresh)
	trial.acc.Config.KeyMode = payments.KeyModePublicKey // nothing more to fetch
	if err := trial.verify(ctx, result.Response.Header, body, c.d.Now()); err != nil {
		return payments.ErrBadResponse.Because(err)
	}
	for _, k := range keys {
		block, _ := pem.Decode([]byte(k.PEM))
		if err := v.certs.add(k.Serial, block.Bytes); err != nil {
			return payments.ErrBadResponse.Because(err)
		}
	}
	c.d.Log.InfoContext(ctx, "platform certificates fetched", "tenant_id", v.acc.TenantID.String(), "account_id", v.acc.ID, "count", len(keys))
	return c.d.Keys.AddProviderKeys(ctx, v.acc.TenantID, v.acc.ID, keys)
}

// openCertificates decrypts the list into certs and returns it for the store.
func openCertificates(body []byte, acc payments.Account, certs *certificates) ([]payments.ProviderKey, error) {
	var list certificateList
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("certificate list: %w", err)
	}
	keys := make([]payments.ProviderKey, 0, len(list.Data))
	for _, row := range list.Data {
		e := row.Encrypted
		text, err := open(acc, e.Algorithm, e.Nonce, e.AssociatedData, e.Ciphertext)
		if err != nil {
			return nil, fmt.Errorf("certificate %.40q: %w", row.SerialNo, err)
		}
		block, _ := pem.Decode([]byte(text))
		if block == nil || block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("certificate %.40q is not PEM", row.SerialNo)
		}
		if err := certs.add(row.SerialNo, block.Bytes); err != nil {
			return nil, err
		}
		certs.mu.RLock()
		notAfter := certs.all[row.SerialNo].NotAfter
		certs.mu.RUnlock()
		keys = append(keys, payments.ProviderKey{Serial: row.SerialNo, PEM: text, NotAfter: &notAfter})
	}
	if len(keys) == 0 {
		return nil, errors.New("the certificate list is empty")
	}
	return keys, nil
}

const (
	algorithm = "AEAD_AES_256_GCM"
	nonceSize = 12
)

var errSealed = errors.New("the content does not open with the APIv3 key")

// open decrypts with the account's APIv3 key. The nonce's length is checked because the
// cipher panics on a wrong one. The error never contains any of it.
func open(acc payments.Account, alg, nonce, associated, ciphertext string) (string, error) {
	if alg != algorithm || len(nonce) != nonceSize {
		return "", errSealed
	}
	acc.Used(vault.Decrypt)
	plain, err := utils.DecryptAES256GCM(string(acc.APIv3Key.Reveal()), associated, nonce, ciphertext)
	if err != nil {
		return "", errSealed
	}
	return plain, nil
}

// unverified lets an answer through to be verified afterwards.
type unverified struct{}

// Validate implements auth.Validator.
func (unverified) Validate(context.Context, *http.Response) error { return nil }

// GetAcceptSerial implements auth.Validator: the provider chooses the key.
func (unverified) GetAcceptSerial(context.Context) (string, error) { return "", errSignature }
