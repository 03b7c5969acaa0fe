package sandbox

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // WeChat signs its messages with it
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"galleria/payments/sandbox/internal/faults"
)

// Limits of media_check_async, and of messages.
const (
	mediaImage    = 2
	mediaLimit    = 10 << 20
	pushTries     = 3 // a message that is not acknowledged in answerLimit is sent again
	pushPause     = 200 * time.Millisecond
	pushPadding   = 32
	mediaMissing  = -1008 // WeChat's number for a picture that it cannot fetch
	labelIndecent = "20002"
)

var (
	pushTokenForm = regexp.MustCompile(`^[0-9A-Za-z]{3,32}$`)
	pushKeyForm   = regexp.MustCompile(`^[0-9A-Za-z]{43}$`)
)

// PushInput is where an app's messages are to go.
type PushInput struct {
	AppID string `json:"app_id"`
	Push
}

// SetPush has an app's messages sent to an address, as the provider's console does: the
// address is asked for an echo first.
func (s *Server) SetPush(ctx context.Context, in PushInput) error {
	s.mu.Lock()
	_, known := s.books.apps[in.AppID]
	s.mu.Unlock()
	switch {
	case !known:
		return badControl(http.StatusNotFound, "NOT_FOUND", "no app %q", in.AppID)
	case !pushTokenForm.MatchString(in.Token), !pushKeyForm.MatchString(in.AESKey):
		return badControl(http.StatusBadRequest, "INVALID", "token must be 3 to 32, aes_key 43 letters and digits")
	}
	if err := s.greet(ctx, in.Push); err != nil {
		return err
	}
	_, err := s.AddApp(AppInput{AppID: in.AppID, Push: in.Push})
	return err
}

// Greet has the messages of an app that has keys for them sent to url from now on, where the
// app's own server may have moved, and asks for an echo there.
func (s *Server) Greet(ctx context.Context, appID, url string) error {
	s.mu.Lock()
	push := s.books.apps[appID].Push
	s.mu.Unlock()
	push.URL = url
	return s.SetPush(ctx, PushInput{AppID: appID, Push: push})
}

func (s *Server) greet(ctx context.Context, in Push) error {
	target, err := url.Parse(in.URL)
	if err != nil || target.Host == "" {
		return badControl(http.StatusBadRequest, "INVALID", "url %q is no address", in.URL)
	}
	q := s.pushAddress(in.Token, "", nil)
	echo := s.digits(19)
	q.Set("echostr", echo)
	target.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return fmt.Errorf("push address: %w", err)
	}
	status, said, err := s.courier.Hand(req)
	if err != nil {
		return badControl(http.StatusBadGateway, "NO_ECHO", "%s does not answer", in.URL)
	}
	if status != http.StatusOK || string(said) != echo {
		return badControl(http.StatusBadGateway, "NO_ECHO", "%s did not answer with the echo, but %d", in.URL, status)
	}
	return nil
}

// pushAddress is the query of a message's address, signed with the token.
func (s *Server) pushAddress(token, sealed string, f *Fault) url.Values {
	stamp, nonce := strconv.FormatInt(s.now().Unix(), 10), s.digits(10)
	q := url.Values{"signature": {pushSignature(token, stamp, nonce)}, "timestamp": {stamp}, "nonce": {nonce}}
	if sealed != "" {
		q.Set("encrypt_type", "aes")
		q.Set("msg_signature", pushSignature(token, stamp, nonce, sealed))
	}
	if f.Is(ModeCorruptSignature) {
		q.Set("msg_signature", strings.Repeat("0", 2*sha1.Size))
	}
	return q
}

func pushSignature(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // WeChat signs its messages with it
	return hex.EncodeToString(sum[:])
}

type mediaBody struct {
	MediaURL  string `json:"media_url"`
	MediaType int    `json:"media_type"`
	Version   int    `json:"version"`
	Scene     int    `json:"scene"`
	OpenID    string `json:"openid"`
}

type mediaAnswer struct {
	ErrCode int    `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
	TraceID string `json:"trace_id"`
}

// checkMedia is POST /wxa/media_check_async, version 2: it answers at once, and tells the
// app's server later what it thinks.
func (s *Server) checkMedia(r *http.Request, body []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, err := s.checkToken(r)
	if err != nil {
		return nil, err
	}
	var in mediaBody
	err = decodeMini(body, []field{
		{name: "media_url", kind: kindString, required: true},
		{name: "media_type", kind: kindInteger, required: true},
		{name: "version", kind: kindInteger, required: true},
		{name: "scene", kind: kindInteger, required: true},
		{name: "openid", kind: kindString, required: true},
	}, &in)
	target, urlErr := url.Parse(in.MediaURL)
	switch {
	case err != nil:
		return nil, err
	case in.Version != checkVersion || in.MediaType != mediaImage || urlErr != nil || target.Host == "":
		return nil, miniRefusal(47001)
	}
	if err := s.checkAuthor(app, in.Scene, in.OpenID); err != nil {
		return nil, err
	}
	trace := s.hexLower(8) + "-" + s.hexLower(16)
	if app.Push.URL != "" {
		s.courier.Go(func(ctx context.Context) { s.tellMedia(ctx, app, trace, in.MediaURL) })
	}
	return mediaAnswer{ErrCode: 0, ErrMsg: "ok", TraceID: trace}, nil
}

type mediaEvent struct {
	ToUserName   string        `json:"ToUserName"`
	FromUserName string        `json:"FromUserName"`
	CreateTime   int64         `json:"CreateTime"`
	MsgType      string        `json:"MsgType"`
	Event        string        `json:"Event"`
	AppID        string        `json:"appid"`
	TraceID      string        `json:"trace_id"`
	Version      int           `json:"version"`
	ErrCode      int           `json:"errcode"`
	ErrMsg       string        `json:"errmsg"`
	Result       contentResult `json:"result"`
}

// tellMedia looks at a picture and tells the app's server what it thinks, up to three times.
// Nothing of it outlives the server: WeChat's messages may be lost, too.
func (s *Server) tellMedia(ctx context.Context, app App, trace, picture string) {
	f := s.faults.Take(TargetPush, app.AppID)
	if f.Is(ModeDrop) {
		return
	}
	f.Wait(ctx)
	event := mediaEvent{
		ToUserName: "gh_sandbox", FromUserName: "weixin", CreateTime: s.now().Unix(), MsgType: "event", Event: "wxa_media_check",
		AppID: app.AppID, TraceID: trace, Version: checkVersion, ErrMsg: "ok", Result: contentResult{Suggest: "pass", Label: labelNormal},
	}
	if f.Is(ModeRisky) {
		label, _ := strconv.Atoi(orElse(f.Value, labelIndecent))
		event.Result = contentResult{Suggest: "risky", Label: label}
	}
	if !s.fetchable(ctx, picture) {
		event.ErrCode, event.ErrMsg, event.Result = mediaMissing, "download failed", contentResult{}
	}
	s.tellApp(ctx, app, event, f)
}

// tellApp sends a message up to three times, until it is acknowledged.
func (s *Server) tellApp(ctx context.Context, app App, event any, f *Fault) {
	times := 1
	if f.Is(ModeDuplicate) {
		times, f = 2, nil
	}
	for range times {
		for range pushTries {
			if s.push(ctx, app, event, f) {
				break
			}
			f = nil // what was forged is repeated truly
			faults.Pause(ctx, pushPause)
		}
	}
}

func (s *Server) fetchable(ctx context.Context, picture string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, picture, http.NoBody)
	if err != nil {
		return false
	}
	resp, err := s.courier.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	n, err := io.Copy(io.Discard, io.LimitReader(resp.Body, mediaLimit+1))
	return err == nil && resp.StatusCode == http.StatusOK && n <= mediaLimit && strings.HasPrefix(resp.Header.Get("Content-Type"), "image/")
}

// push sends one message in secure mode and reports whether it was acknowledged.
func (s *Server) push(ctx context.Context, app App, event any, f *Fault) bool {
	message, err := json.Marshal(event)
	if err != nil {
		return false
	}
	appID := app.AppID
	if f.Is(ModeWrongAppID) {
		appID = "wx0000000000000000"
	}
	sealed, err := SealPush(app.Push.AESKey, appID, s.letters(16), message)
	if err != nil {
		return false
	}
	body, err := json.Marshal(map[string]string{"ToUserName": "gh_sandbox", "Encrypt": sealed})
	if err != nil {
		return false
	}
	address := app.Push.URL + "?" + s.pushAddress(app.Push.Token, sealed, f).Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json")
	status, said, err := s.courier.Hand(req)
	return err == nil && status == http.StatusOK && (len(said) == 0 || string(said) == "success")
}

// SealPush encrypts a message as the provider does: random is 16 bytes.
func SealPush(aesKey, appID, random string, message []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil {
		return "", fmt.Errorf("aes_key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", fmt.Errorf("aes_key: %w", err)
	}
	raw := append([]byte(random), binary.BigEndian.AppendUint32(nil, uint32(len(message)))...)
	raw = append(append(raw, message...), appID...)
	pad := pushPadding - len(raw)%pushPadding
	raw = append(raw, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(raw, raw)
	return base64.StdEncoding.EncodeToString(raw), nil
}
