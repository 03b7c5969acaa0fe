package wechat

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the provider's OAEP uses SHA-1
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"

	"galleria/payments"
	"galleria/payments/internal/billtext"
)

const (
	// mostSealed is how large a part of a sealed bill may be: it is authenticated as a whole,
	// so it must fit into memory. Ten bytes packed a movement, three million of them.
	mostSealed = 32 << 20
	// mostParts is how many parts a day of one merchant may have.
	mostParts = 64
)

// sealedBills is where the parts of a merchant's fund-flow bill lie that its service
// provider asks for. Each part is sealed with a key that only the signer's opens.
type sealedBills struct {
	Count int `json:"download_bill_count"`
	Parts []struct {
		billAnswer
		Sequence int    `json:"bill_sequence"`
		Key      string `json:"encrypt_key"`
		Nonce    string `json:"nonce"`
	} `json:"download_bill_list"`
}

// fetchSealedBill fetches the fund-flow bill of a service provider's merchant. Its parts,
// opened and one behind the other, are one packed file.
func (c *Channel) fetchSealedBill(ctx context.Context, acc payments.Account, day time.Time, to io.Writer) error {
	target := consts.WechatPayAPIServer + ofMerchant(acc, "/v3/bill/sub-merchant-fundflowbill?account_type=BASIC&algorithm=AEAD_AES_256_GCM&bill_date="+
		billtext.Date(day)+"&tar_type=GZIP", "&")
	var answer sealedBills
	err := c.call(ctx, acc, callTimeout, &answer, func(ctx context.Context, client *core.Client) (*core.APIResult, error) {
		return client.Get(ctx, target)
	})
	if err != nil {
		return billFault(err)
	}
	if len(answer.Parts) == 0 || len(answer.Parts) > mostParts || answer.Count != len(answer.Parts) {
		return payments.ErrBadResponse.Because(fmt.Errorf("a bill of %d parts, %d named", answer.Count, len(answer.Parts)))
	}
	client, err := c.client(ctx, acc)
	if err != nil {
		return err
	}
	for i, part := range answer.Parts {
		address, err := part.address()
		if err != nil {
			return err
		}
		if part.Sequence != i+1 {
			return payments.ErrBadResponse.Because(fmt.Errorf("part %d of a bill is numbered %d", i+1, part.Sequence))
		}
		open, err := client.signer.partCipher(part.Key, part.Nonce)
		if err != nil {
			return payments.ErrBadResponse.Because(err)
		}
		err = c.download(ctx, acc, address, func(file io.Reader) error {
			packed, err := openPart(file, open, part.Nonce)
			if err != nil {
				return err
			}
			return c.keep(bytes.NewReader(packed), part.HashValue, to)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// partCipher opens the key of a part, which is sealed for the signer.
func (s *signer) partCipher(sealed, nonce string) (cipher.AEAD, error) {
	text, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, errors.New("the key of a bill is not Base64")
	}
	key, err := rsa.DecryptOAEP(sha1.New(), rand.Reader, s.key, text, nil) //nolint:gosec // as above
	if err != nil {
		return nil, errors.New("the key of a bill does not open")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errors.New("the key of a bill is none")
	}
	open, err := cipher.NewGCM(block)
	if err != nil || open.NonceSize() != len(nonce) {
		return nil, errors.New("the nonce of a bill is none")
	}
	return open, nil
}

func openPart(file io.Reader, open cipher.AEAD, nonce string) ([]byte, error) {
	sealed, err := io.ReadAll(billtext.Bounded(file, mostSealed))
	if err != nil {
		return nil, broken(err)
	}
	packed, err := open.Open(sealed[:0], []byte(nonce), sealed, nil)
	if err != nil {
		return nil, billtext.Bad("a part of the bill does not open")
	}
	return packed, nil
}
