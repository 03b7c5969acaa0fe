package miniprogram

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // WeChat signs its messages with it
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault"
)

// PushState is how far WeChat's messages to us are set up for an app.
type PushState struct {
	Keys    bool       // a token and a key were made
	ReadyAt *time.Time // WeChat proved that it has them
	HeardAt *time.Time // its latest message, to the hour
}

// PushKeys are what a merchant enters at WeChat. They are shown once.
type PushKeys struct {
	Token  string // 26 letters and digits
	AESKey string // 43 letters and digits: WeChat's EncodingAESKey
}

// PushQuery is what stands in the address of a message.
type PushQuery struct {
	Signature    string // of the address alone
	MsgSignature string // of the body, too
	Timestamp    string
	Nonce        string
}

// What WeChat's messages tell of.
const (
	EventMediaCheck    = "wxa_media_check"            // the verdict on a picture that CheckPicture asked about
	EventMessageSent   = "subscribe_msg_sent_event"   // receipts of subscribe messages
	EventMessageAsked  = "subscribe_msg_popup_event"  // what a buyer answered when asked to subscribe
	EventMessageChange = "subscribe_msg_change_event" // what a buyer changed in WeChat's settings
)

// PushEvent is a message of WeChat's. What it says of a picture is of EventMediaCheck only.
type PushEvent struct {
	Name    string
	OpenID  string // whom it is about, of messages
	TraceID string
	Found   Finding
	Notes   []MessageNote // of the events about subscribe messages
}

// MessageNote is what WeChat says of one template or of one message.
type MessageNote struct {
	TemplateID string
	Accepted   bool   // of EventMessageAsked and EventMessageChange
	MsgID      string // of EventMessageSent, as SendSubscribeMessage returned it
	Code       string // "0": delivered
	Words      string // WeChat's of Code
}

const (
	pushKey    = "push_key"
	pushToken  = "push_token"
	aesKeySize = 43
	pushPad    = 32 // WeChat pads to 32 bytes, not to the cipher's 16
	pushRandom = 16
)

// NewPush makes the keys of an app's messages and returns them, this once. Those that it had
// are void from now on. Opens a platform and a tenant transaction. Faults: NOT_FOUND for an app
// that is not here, has no keys or is not WeChat's.
func (s *Service) NewPush(ctx context.Context, id tenant.ID, app tenant.AppID) (PushKeys, error) {
	// Base32 is letters and digits alone, which is all that WeChat's form takes.
	keys := PushKeys{Token: rand.Text(), AESKey: (rand.Text() + rand.Text())[:aesKeySize]}
	token, err := s.vault.Seal(ctx, appField(id, app, pushToken), vault.NewSecret([]byte(keys.Token)))
	if err != nil {
		return PushKeys{}, fmt.Errorf("new push keys: %w", err)
	}
	key, err := s.vault.Seal(ctx, appField(id, app, pushKey), vault.NewSecret([]byte(keys.AESKey)))
	if err != nil {
		return PushKeys{}, fmt.Errorf("new push keys: %w", err)
	}
	err = s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		n, err := s.q.PushNew(ctx, tx, app.String())
		if err == nil && n == 0 {
			err = fault.ErrNotFound
		}
		if err == nil {
			err = s.q.PutAppSecret(ctx, tx, app.String(), pushToken, token, keys.Token[len(keys.Token)-4:])
		}
		if err == nil {
			err = s.q.PutAppSecret(ctx, tx, app.String(), pushKey, key, keys.AESKey[aesKeySize-4:])
		}
		if err != nil {
			return err
		}
		return s.audit.RecordTx(ctx, tx, audit.Entry{Action: "app.push_set", Object: appOwner + app.String()})
	})
	if err != nil {
		return PushKeys{}, fmt.Errorf("new push keys: %w", err)
	}
	return keys, nil
}

func (s *Service) pushKeys(ctx context.Context, id tenant.ID, app tenant.AppID) (out PushKeys, err error) {
	sealed := map[string][]byte{}
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.PushKeys(ctx, r, app.String())
		for _, row := range rows {
			sealed[row.Field] = row.Sealed
		}
		return err
	})
	if err != nil {
		return out, fmt.Errorf("push keys: %w", err)
	}
	if len(sealed) != 2 {
		return out, ErrPushUnknown
	}
	token, err := s.vault.Open(ctx, appField(id, app, pushToken), sealed[pushToken])
	if err != nil {
		return out, fmt.Errorf("push keys: %w", err)
	}
	key, err := s.vault.Open(ctx, appField(id, app, pushKey), sealed[pushKey])
	if err != nil {
		return out, fmt.Errorf("push keys: %w", err)
	}
	return PushKeys{Token: string(token.Reveal()), AESKey: string(key.Reveal())}, nil
}

// GreetPush answers WeChat's question whether the address of messages is ours; it asks when
// the merchant saves it. Faults: PUSH_UNKNOWN, PUSH_SIGNATURE.
func (s *Service) GreetPush(ctx context.Context, id tenant.ID, app tenant.AppID, q PushQuery) error {
	keys, err := s.pushKeys(ctx, id, app)
	if err != nil {
		return err
	}
	if !signedBy(q.Signature, keys.Token, q.Timestamp, q.Nonce) {
		return ErrPushSignature
	}
	return s.heard(ctx, id, app)
}

// HearPush reads a message in WeChat's secure mode, as JSON or XML. Faults: PUSH_UNKNOWN,
// PUSH_SIGNATURE, PUSH_BODY.
func (s *Service) HearPush(ctx context.Context, id tenant.ID, app tenant.AppID, q PushQuery, body []byte) (PushEvent, error) {
	keys, err := s.pushKeys(ctx, id, app)
	if err != nil {
		return PushEvent{}, err
	}
	var envelope struct {
		Encrypt string `json:"Encrypt" xml:"Encrypt"`
	}
	if err := unmarshalPush(body, &envelope); err != nil {
		return PushEvent{}, ErrPushSignature.Because(err) // nothing of it was signed
	}
	if !signedBy(q.MsgSignature, keys.Token, q.Timestamp, q.Nonce, envelope.Encrypt) {
		return PushEvent{}, ErrPushSignature
	}
	message, err := openPush(keys.AESKey, app.String(), envelope.Encrypt)
	if err != nil {
		return PushEvent{}, ErrPushSignature.Because(err)
	}
	out, err := readPush(message)
	if err != nil {
		return PushEvent{}, ErrPushBody.Because(err)
	}
	return out, s.heard(ctx, id, app)
}

// pushNote is one entry of a List. Its numbers come as numbers or as text.
type pushNote struct {
	TemplateID string `json:"TemplateId" xml:"TemplateId"`
	Status     string `json:"SubscribeStatusString" xml:"SubscribeStatusString"`
	MsgID      text   `json:"MsgID" xml:"MsgID"`
	ErrorCode  text   `json:"ErrorCode" xml:"ErrorCode"`
	ErrorWords string `json:"ErrorStatus" xml:"ErrorStatus"`
}

// pushNotes is a List: in JSON one entry stands for itself, several stand in an array.
type pushNotes []pushNote

// UnmarshalJSON implements json.Unmarshaler.
func (n *pushNotes) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		return json.Unmarshal(raw, (*[]pushNote)(n))
	}
	var one pushNote
	err := json.Unmarshal(raw, &one)
	*n = pushNotes{one}
	return err
}

// maxNotes is far above what WeChat asks about at once, which is five.
const maxNotes = 20

// readPush takes the message apart.
func readPush(message []byte) (PushEvent, error) {
	var said struct {
		Event   string `json:"Event" xml:"Event"`
		From    string `json:"FromUserName" xml:"FromUserName"`
		TraceID string `json:"trace_id" xml:"trace_id"`
		ErrCode number `json:"errcode" xml:"errcode"`
		Result  struct {
			Suggest string `json:"suggest" xml:"suggest"`
			Label   number `json:"label" xml:"label"`
		} `json:"result" xml:"result"`
		List   json.RawMessage `json:"List" xml:"-"` // other events have Lists of other things
		Sent   []pushNote      `json:"-" xml:"SubscribeMsgSentEvent>List"`
		Asked  []pushNote      `json:"-" xml:"SubscribeMsgPopupEvent>List"`
		Change []pushNote      `json:"-" xml:"SubscribeMsgChangeEvent>List"`
	}
	if err := unmarshalPush(message, &said); err != nil {
		return PushEvent{}, err
	}
	out := PushEvent{Name: said.Event, OpenID: said.From, TraceID: said.TraceID}
	switch out.Name {
	case EventMediaCheck:
		if out.TraceID == "" || len(out.TraceID) > 128 {
			return PushEvent{}, errors.New("no trace_id")
		}
		out.Found = Finding{Pass: said.ErrCode == 0 && said.Result.Suggest == "pass"}
		if !out.Found.Pass && said.ErrCode == 0 {
			out.Found.Label = strconv.Itoa(int(said.Result.Label))
		}
	case EventMessageSent, EventMessageAsked, EventMessageChange:
		var list pushNotes
		if len(said.List) > 0 {
			if err := json.Unmarshal(said.List, &list); err != nil {
				return PushEvent{}, err
			}
		}
		list = slices.Concat(list, said.Sent, said.Asked, said.Change)
		if len(list) == 0 || len(list) > maxNotes || len(out.OpenID) > 128 {
			return PushEvent{}, errors.New("no List, or not one of messages")
		}
		for _, n := range list {
			out.Notes = append(out.Notes, MessageNote{
				TemplateID: n.TemplateID, Accepted: n.Status == "accept", MsgID: string(n.MsgID), Code: string(n.ErrorCode), Words: n.ErrorWords,
			})
		}
	}
	return out, nil
}

// heard notes that WeChat has the keys, and when it last spoke.
func (s *Service) heard(ctx context.Context, id tenant.ID, app tenant.AppID) error {
	now := s.now()
	return s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.q.PushReady(ctx, tx, &now, app.String(), now.Add(-time.Hour)) })
}

// signedBy compares a signature of WeChat's with that of parts.
func signedBy(signature string, parts ...string) bool {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // WeChat signs its messages with it
	return subtle.ConstantTimeCompare([]byte(signature), []byte(hex.EncodeToString(sum[:]))) == 1
}

// unmarshalPush reads JSON or XML, whichever the app's console was set to.
func unmarshalPush(body []byte, into any) error {
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		return xml.Unmarshal(body, into)
	}
	return json.Unmarshal(body, into)
}

var errPushSealed = errors.New("the message was not sealed for this app")

// openPush decrypts a message: 16 random bytes, its length, itself, the AppID.
func openPush(aesKey, appID, sealed string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil {
		return nil, errPushSealed
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) == 0 || len(raw)%aes.BlockSize != 0 {
		return nil, errPushSealed
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errPushSealed
	}
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(raw, raw)
	pad := int(raw[len(raw)-1])
	const head = pushRandom + 4
	if pad < 1 || pad > pushPad || len(raw) < head+pad {
		return nil, errPushSealed
	}
	raw = raw[:len(raw)-pad]
	size := int64(binary.BigEndian.Uint32(raw[pushRandom:head]))
	if size > int64(len(raw)-head) || string(raw[head+size:]) != appID {
		return nil, errPushSealed
	}
	return raw[head : head+size], nil
}
