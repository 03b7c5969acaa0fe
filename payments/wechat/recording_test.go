package wechat_test

import (
	"io"
	"maps"
	"net/http"
	"testing"
)

// recording is a provider's answer as it went over the wire.
type recording struct {
	status int
	header http.Header
	body   []byte
}

// record passes a request on to the provider and keeps what it answers.
func record(t *testing.T, provider string, r *http.Request) *recording {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.Method, provider+r.URL.RequestURI(), r.Body)
	if err != nil {
		t.Error(err)
		return &recording{status: http.StatusBadGateway}
	}
	req.Header = r.Header.Clone()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return &recording{status: http.StatusBadGateway}
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	return &recording{resp.StatusCode, resp.Header, body}
}

func (r *recording) play(w http.ResponseWriter) {
	maps.Copy(w.Header(), r.header)
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body)
}
