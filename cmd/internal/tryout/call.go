package tryout

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	callTime   = 10 * time.Second
	mostAnswer = 1 << 20 // bytes
)

type request struct {
	method, url string
	body        any // nil for none
	header      map[string]string
}

type answer struct {
	status int
	body   []byte
}

// call sends JSON and reads the answer, whatever it says.
func call(ctx context.Context, in request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	body := []byte{}
	if in.body != nil {
		var err error
		if body, err = json.Marshal(in.body); err != nil {
			return answer{}, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, in.method, in.url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if in.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range in.header {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	return answer{res.StatusCode, got}, err
}

// read decodes the answer into out, unless that is nil.
func (a answer) read(out any) error {
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		return stop("ANSWER_UNREADABLE", "", err)
	}
	return nil
}

// problem is what both our API and the sandbox say of a refusal.
type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (a answer) problem() problem {
	var p problem
	if json.Unmarshal(a.body, &p) != nil || p.Code == "" {
		p = problem{Code: fmt.Sprintf("HTTP_%d", a.status), Message: http.StatusText(a.status)}
	}
	return p
}

func (a answer) message() string { p := a.problem(); return p.Code + " " + p.Message }

// stopped is a step that could not be done: for the shopkeeper, not for the log.
type stopped struct {
	code, message string
	cause         error
}

func (s *stopped) Error() string {
	if s.cause != nil {
		return s.code + ": " + s.cause.Error()
	}
	return s.code + ": " + s.message
}

func (s *stopped) Unwrap() error { return s.cause }

func stop(code, message string, cause error) error { return &stopped{code, message, cause} }

// reasonOf says for the page why a step could not be done.
func reasonOf(err error) (code, message string) {
	if s, ok := errors.AsType[*stopped](err); ok {
		return s.code, s.message
	}
	return "INTERNAL", ""
}
