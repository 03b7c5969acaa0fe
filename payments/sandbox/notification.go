package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"galleria/payments/sandbox/internal/courier"
)

// envelope is the body of a callback.
type envelope struct {
	ID           string          `json:"id"`
	CreateTime   string          `json:"create_time"`
	ResourceType string          `json:"resource_type"`
	EventType    string          `json:"event_type"`
	Summary      string          `json:"summary"`
	Resource     *sealedResource `json:"resource,omitempty"`
}

type sealedResource struct {
	OriginalType   string `json:"original_type"`
	Algorithm      string `json:"algorithm"`
	Ciphertext     string `json:"ciphertext"`
	AssociatedData string `json:"associated_data"`
	Nonce          string `json:"nonce"`
}

const (
	eventPaid     = "TRANSACTION.SUCCESS"
	originalTx    = "transaction"
	originalRef   = "refund"
	resourceType  = "encrypt-resource"
	algorithmGCM  = "AEAD_AES_256_GCM"
	gcmNonceSize  = 12
	shortNonce    = 8
	headerPayTime = "Wechatpay-Timestamp"
)

// SignWith says whose key signs a hand-made notification.
type SignWith string

// Keys for NotificationInput.SignWith.
const (
	SignRight    SignWith = ""         // the merchant's WeChat Pay key, by its key mode
	SignPlatform SignWith = "platform" // the platform certificate, if the merchant has one
	SignStranger SignWith = "stranger" // a key that belongs to nobody, announced under the right serial
	SignProbe    SignWith = "signtest" // WECHATPAY/SIGNTEST/…, which must fail verification
)

// NotificationInput asks for a callback that is ready to be posted but is not sent.
// Everything but MchID is optional; the zero value is a true TRANSACTION.SUCCESS.
type NotificationInput struct {
	MchID           string               // who signs
	SubMchID        string               // whose charge, of a service provider; "" is MchID's own
	OutTradeNo      string               // which charge; "" = the merchant's latest, or an invented one
	OutBillNo       string               // instead: which transfer
	Mutate          func(map[string]any) // changes the resource before it is encrypted
	MutateEnvelope  func(map[string]any) // changes the body before it is signed
	EventID         string
	EventType       string
	OriginalType    string
	SignWith        SignWith
	SignAs          string        // another merchant whose WeChat Pay key and serial are used
	EncryptAs       string        // another merchant whose APIv3 key is used
	Serial          string        // overrides Wechatpay-Serial
	Signature       string        // overrides Wechatpay-Signature
	TimestampOffset time.Duration // added to now, such as -10 minutes
}

// Notification builds a signed and encrypted callback: the headers and the body to post.
// The charge is shown as paid whatever its state is, so forged payments can be tried.
// Numbers inside Mutate's map are json.Number or any Go integer.
func (s *Server) Notification(in NotificationInput) (http.Header, []byte, error) {
	s.mu.Lock()
	keys, signAs, encryptAs := s.keysOf(in.MchID), s.keysOf(orElse(in.SignAs, in.MchID)), s.keysOf(orElse(in.EncryptAs, in.MchID))
	charge, bill := s.chargeToShow(orElse(in.SubMchID, in.MchID), in.OutTradeNo), s.books.transfers[pair{in.MchID, in.OutBillNo}]
	s.mu.Unlock()
	if keys == nil || signAs == nil || encryptAs == nil {
		return nil, nil, payError("MCH_NOT_EXISTS")
	}
	event, original, said := eventPaid, originalTx, any(transactionOf(charge, stateSuccess))
	if in.OutBillNo != "" {
		event, original, said = transferEventType, originalTransfer, transferNoticeOf(bill)
	}
	content, err := asMap(said)
	if err != nil {
		return nil, nil, err
	}
	if in.Mutate != nil {
		in.Mutate(content)
	}
	plain, err := json.Marshal(content)
	if err != nil {
		return nil, nil, fmt.Errorf("encode resource: %w", err)
	}
	d := Delivery{
		EventID: orElse(in.EventID, s.uuid()), MchID: in.MchID, EventType: orElse(in.EventType, event),
		Original: orElse(in.OriginalType, original), Summary: textPaid, Content: string(plain), Progress: courier.Progress{CreatedAt: s.now()},
	}
	body, err := s.envelope(d, encryptAs.APIv3Key, nil)
	if err == nil && in.MutateEnvelope != nil {
		body, err = rewrite(body, in.MutateEnvelope)
	}
	if err != nil {
		return nil, nil, err
	}
	plan := signPlan{signer: signAs.callbackSigner(1), body: body, at: s.now().Add(in.TimestampOffset), nonce: s.letters(32), signature: in.Signature}
	if err := s.chooseSigner(&plan, in, signAs); err != nil {
		return nil, nil, err
	}
	out, err := s.sign(plan)
	if err != nil {
		return nil, nil, err
	}
	return callbackHeaders(out), out.body, nil
}

func (s *Server) chooseSigner(plan *signPlan, in NotificationInput, as *merchantKeys) error {
	switch in.SignWith {
	case SignPlatform:
		if as.platform == nil {
			return badControl(http.StatusConflict, "NO_PLATFORM_KEY", "merchant %s has no platform certificate", as.MchID)
		}
		plan.signer = signer{as.PlatformSerial, as.platform}
	case SignStranger:
		key, err := s.stranger()
		if err != nil {
			return err
		}
		plan.signer.key = key
	case SignProbe:
		plan.signature = s.probeSignature()
	case SignRight:
	}
	plan.signer.id = orElse(in.Serial, plan.signer.id)
	return nil
}

// chargeToShow is the named charge, or the latest, or an invented one; its payment is
// invented where it has none. s.mu must be held.
func (s *Server) chargeToShow(mchid, outTradeNo string) Charge {
	c, ok := s.books.charges[pair{mchid, outTradeNo}]
	for i := len(s.books.chargeOrder) - 1; i >= 0 && !ok && outTradeNo == ""; i-- {
		if key := s.books.chargeOrder[i]; key.owner == mchid {
			c, ok = s.books.charges[key], true
		}
	}
	if !ok {
		c = Charge{MchID: mchid, AppID: "wx" + s.hexLower(16), OutTradeNo: orElse(outTradeNo, s.digits(20)), OpenID: OpenID("", s.hexLower(8)), TotalFen: 1}
	}
	if c.PaidAt.IsZero() {
		c.PaidAt, c.TransactionID = s.now().UTC(), s.transactionID()
	}
	return c
}

// envelope encrypts a delivery's content. Each attempt gets a fresh GCM nonce: the same
// nonce with two plaintexts would give the key away.
func (s *Server) envelope(d Delivery, apiV3Key string, f *Fault) ([]byte, error) {
	size := gcmNonceSize
	if f.Is(ModeShortNonce) {
		size = shortNonce
	}
	nonce := s.letters(size)
	cipherText, err := seal(apiV3Key, nonce, d.Original, []byte(d.Content))
	if err != nil {
		return nil, err
	}
	e := envelope{
		ID: d.EventID, CreateTime: rfc3339(d.CreatedAt), ResourceType: resourceType, EventType: d.EventType, Summary: d.Summary,
		Resource: &sealedResource{
			OriginalType: d.Original, Algorithm: algorithmGCM, Ciphertext: cipherText,
			AssociatedData: d.Original, Nonce: nonce,
		},
	}
	if f.Is(ModeNoResource) {
		e.Resource = nil
	}
	body, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode callback: %w", err)
	}
	return body, nil
}

func callbackHeaders(out signed) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Accept", "*/*")
	h.Set("User-Agent", "Mozilla/4.0")
	h.Set(headerPayTime, out.timestamp)
	h.Set("Wechatpay-Nonce", out.nonce)
	h.Set("Wechatpay-Signature", out.signature)
	h.Set("Wechatpay-Serial", out.serial)
	h.Set("Wechatpay-Signature-Type", authScheme)
	return h
}

func rewrite(body []byte, change func(map[string]any)) ([]byte, error) {
	m, err := decodeMap(body)
	if err != nil {
		return nil, err
	}
	change(m)
	out, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode callback: %w", err)
	}
	return out, nil
}

func decodeMap(raw []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	m := map[string]any{}
	if err := dec.Decode(&m); err != nil {
		return nil, fmt.Errorf("decode content: %w", err)
	}
	return m, nil
}

func orElse(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}

// uuid is an event id: 36 characters, never seen before.
func (s *Server) uuid() string {
	h := s.hexLower(32)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// transactionID is 28 digits that begin with 4200, as WeChat's do.
func (s *Server) transactionID() string {
	return "4200" + s.digits(6) + s.now().In(chinaTime()).Format("20060102") + s.digits(10)
}
