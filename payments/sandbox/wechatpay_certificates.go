package sandbox

import (
	"net/http"
	"slices"
)

type certificateList struct {
	Data []certificateRow `json:"data"`
}

type certificateRow struct {
	SerialNo           string            `json:"serial_no"`
	EffectiveTime      string            `json:"effective_time"`
	ExpireTime         string            `json:"expire_time"`
	EncryptCertificate sealedCertificate `json:"encrypt_certificate"`
}

type sealedCertificate struct {
	Algorithm      string `json:"algorithm"`
	Nonce          string `json:"nonce"`
	AssociatedData string `json:"associated_data"`
	Ciphertext     string `json:"ciphertext"`
}

const certificateAAD = "certificate"

// certificates is GET /v3/certificates; a merchant that has only the public key has none.
func (s *Server) certificates(call *payCall) (int, any, error) {
	q := call.r.URL.Query()
	for name := range q {
		if name != "algorithm_type" || !slices.Contains([]string{"RSA", "ALL"}, q.Get(name)) {
			return 0, nil, badField("query", name, q.Get(name), "unknown parameter or value")
		}
	}
	k := call.keys
	if k.KeyMode == KeyModePublicKey {
		return 0, nil, payError("RESOURCE_NOT_EXISTS", textNoCertificate)
	}
	nonce := s.letters(gcmNonceSize)
	sealed, err := seal(k.APIv3Key, nonce, certificateAAD, []byte(k.PlatformCertificate))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, certificateList{Data: []certificateRow{{
		SerialNo: k.PlatformSerial, EffectiveTime: k.PlatformEffectiveTime, ExpireTime: k.PlatformExpireTime,
		EncryptCertificate: sealedCertificate{
			Algorithm: algorithmGCM, Nonce: nonce, AssociatedData: certificateAAD, Ciphertext: sealed,
		},
	}}}, nil
}
