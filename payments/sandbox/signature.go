package sandbox

import (
	"strconv"
	"time"
)

// signPlan is what will be signed, before a fault bends it.
type signPlan struct {
	signer    signer
	body      []byte
	at        time.Time
	nonce     string
	signature string // non-empty: sent instead of a true one
	after     func([]byte) []byte
}

// signed is what goes on the wire.
type signed struct {
	timestamp, nonce, signature, serial string
	body                                []byte
}

// signTestPrefix marks the provider's probes: they must fail verification.
const signTestPrefix = "WECHATPAY/SIGNTEST/"

func (s *Server) sign(plan signPlan) (signed, error) {
	out := signed{
		timestamp: strconv.FormatInt(plan.at.Unix(), 10), nonce: plan.nonce,
		signature: plan.signature, serial: plan.signer.id, body: plan.body,
	}
	if out.signature == "" {
		var err error
		text := out.timestamp + "\n" + out.nonce + "\n" + string(plan.body) + "\n"
		if out.signature, err = signBase64(plan.signer.key, text); err != nil {
			return signed{}, err
		}
	}
	if plan.after != nil {
		out.body = plan.after(out.body)
	}
	return out, nil
}
