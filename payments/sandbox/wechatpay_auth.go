package sandbox

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	authScheme   = "WECHATPAY2-SHA256-RSA2048"
	clockWindow  = 5 * time.Minute
	maxBody      = 1 << 20
	maxNonceSize = 128
)

// payCall is one request to /v3 that has proved who sent it.
type payCall struct {
	keys   *merchantKeys
	signer signer // of the answer
	body   []byte
	r      *http.Request
	fault  *Fault // armed for this call, or nil
}

var authField = regexp.MustCompile(`^([a-z_]+)="([^"]*)"$`)

// authorize checks everything about a request that does not depend on its meaning.
func (s *Server) authorize(r *http.Request) (payCall, *Refusal) {
	var call payCall
	if refusal := checkHeaders(r); refusal != nil {
		return call, refusal
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		return call, payError("INVALID_REQUEST", "cannot read the body: "+err.Error())
	}
	if len(body) > maxBody {
		return call, payError("INVALID_REQUEST", "body larger than 1 MiB")
	}
	auth, refusal := parseAuthorization(r.Header.Values("Authorization"))
	if refusal != nil {
		return call, refusal
	}
	keys, refusal := s.checkSignature(r, auth, body)
	if refusal != nil {
		return call, refusal
	}
	answer, ok := keys.answerSigner(r.Header.Get("Wechatpay-Serial"))
	if !ok {
		return call, payError("PARAM_ERROR", textAnswerSerial)
	}
	return payCall{keys: keys, signer: answer, body: body, r: r, fault: nil}, nil
}

func checkHeaders(r *http.Request) *Refusal {
	accept := r.Header.Get("Accept")
	acceptable := strings.Contains(accept, "application/json") || strings.Contains(accept, "*/*")
	if r.UserAgent() == "" || !acceptable {
		return payError("INVALID_REQUEST", textUserAgent)
	}
	if r.Method == http.MethodGet {
		return nil
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := params["charset"]
	if err != nil || kind != "application/json" || (charset != "" && !strings.EqualFold(charset, "utf-8")) {
		return payError("INVALID_REQUEST", textContentType)
	}
	if r.Header.Get("Content-Encoding") != "" {
		return payError("INVALID_REQUEST", "Content-Encoding is not supported")
	}
	return nil
}

type authorization struct {
	mchid, nonce, serial, signature string
	timestamp                       int64
}

func parseAuthorization(headers []string) (authorization, *Refusal) {
	var auth authorization
	if len(headers) != 1 {
		return auth, payError("SIGN_ERROR", textAuthFormat)
	}
	scheme, rest, ok := strings.Cut(headers[0], " ")
	if !ok {
		return auth, payError("SIGN_ERROR", textAuthFormat)
	}
	if scheme != authScheme {
		return auth, payError("SIGN_ERROR", textAuthScheme)
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		m := authField.FindStringSubmatch(part)
		if m == nil {
			return auth, payError("SIGN_ERROR", textAuthFormat)
		}
		if _, twice := fields[m[1]]; twice {
			return auth, payError("SIGN_ERROR", textAuthFormat)
		}
		fields[m[1]] = m[2]
	}
	stamp, err := strconv.ParseInt(fields["timestamp"], 10, 64)
	auth = authorization{
		mchid: fields["mchid"], nonce: fields["nonce_str"], serial: fields["serial_no"],
		signature: fields["signature"], timestamp: stamp,
	}
	whole := auth.mchid != "" && auth.nonce != "" && auth.serial != "" && auth.signature != ""
	if err != nil || !whole || len(fields) != 5 || len(auth.nonce) > maxNonceSize {
		return auth, payError("SIGN_ERROR", textAuthFormat)
	}
	return auth, nil
}

func (s *Server) checkSignature(r *http.Request, auth authorization, body []byte) (*merchantKeys, *Refusal) {
	now := s.now()
	sent := time.Unix(auth.timestamp, 0)
	if now.Sub(sent).Abs() > clockWindow {
		return nil, payError("SIGN_ERROR", textAuthClock)
	}
	s.mu.Lock()
	keys := s.keysOf(auth.mchid)
	s.mu.Unlock()
	if keys == nil {
		return nil, payError("SIGN_ERROR", textAuthMerchant)
	}
	if auth.serial != keys.CertificateSerial {
		return nil, payError("SIGN_ERROR", textAuthSerial)
	}
	text := r.Method + "\n" + r.RequestURI + "\n" + strconv.FormatInt(auth.timestamp, 10) + "\n" +
		auth.nonce + "\n" + string(body) + "\n"
	if !verifyBase64(keys.verify, text, auth.signature) {
		return nil, payError("SIGN_ERROR")
	}
	// Only a true signature may use up a nonce, or anybody could burn a merchant's.
	if !s.spendNonce(r.Method, auth, now) {
		return nil, payError("SIGN_ERROR", textAuthReplay)
	}
	return keys, nil
}

// spentNonce remembers the request that used a nonce.
type spentNonce struct {
	at        time.Time
	signature string
}

// spendNonce reports whether the nonce is new within the clock window. The very same
// GET may come again: Go's transport and proxies repeat one by themselves when a kept
// connection breaks, and reading twice harms nobody.
func (s *Server) spendNonce(method string, auth authorization, now time.Time) bool {
	key := auth.mchid + " " + auth.nonce
	s.mu.Lock()
	defer s.mu.Unlock()
	if spent, seen := s.nonces[key]; seen {
		return method == http.MethodGet && spent.signature == auth.signature
	}
	if len(s.nonces) >= s.nonceSweep {
		for k, spent := range s.nonces {
			if now.Sub(spent.at) > 2*clockWindow {
				delete(s.nonces, k)
			}
		}
		// Sweeping again makes sense only after as many more.
		s.nonceSweep = max(smallestSweep, 2*len(s.nonces))
	}
	s.nonces[key] = spentNonce{at: now, signature: auth.signature}
	return true
}

// smallestSweep is the fewest nonces at which old ones are thrown out.
const smallestSweep = 4096
