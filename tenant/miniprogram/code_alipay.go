package miniprogram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"galleria/tenant/egress"
	"galleria/tenant/upload"
)

const (
	alipayCodeAPI = "alipay.open.app.qrcode.create"
	// alipayFirstPage stands in for the app's first page, whose path Alipay wants to be told.
	alipayFirstPage = "pages/index/index"
	// alipayCodeLabel is what the developer reads beside the code at Alipay.
	alipayCodeLabel = "推广码" //nolint:gosmopolitan // Alipay shows it
)

// alipayCode asks Alipay for a code and fetches its picture from the address in the signed answer.
// Source: docs.alipay.com/mini/api/openapi-qrcode and the guide on codes of Mini Programs: any
// number of codes with a start query, free of charge, once the app has the function. Assumed, for
// no source says so: an address that names http serves https as well, as that of a bill does; a
// refusal of a parameter is about the page, all else being of a fixed form; codes open the released
// version, for which reason Env is not looked at.
func (s *Service) alipayCode(ctx context.Context, cred credential, in Code) ([]byte, error) {
	page := in.Page
	if page == "" {
		page = alipayFirstPage
	}
	content, err := json.Marshal(map[string]string{
		"url_param": page, "query_param": "scene=" + url.QueryEscape(in.Scene), "describe": alipayCodeLabel,
	})
	if err != nil {
		return nil, err
	}
	body, err := s.gateway(ctx, cred, alipayCodeAPI, url.Values{"biz_content": {string(content)}})
	if err != nil {
		return nil, alipayCodeMeaning(err)
	}
	var answer struct {
		URL string `json:"qr_code_url"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, ErrBadResponse.Because(fmt.Errorf("%s: the answer is not JSON of the documented form", alipayCodeAPI))
	}
	picture, err := s.alipayPicture(ctx, cred, answer.URL)
	if err != nil {
		return nil, err
	}
	if kind := upload.Kind(picture); kind != "jpg" && kind != "png" {
		return nil, ErrBadResponse.Because(fmt.Errorf("%s: a picture of kind %q", alipayCodeAPI, kind))
	}
	return picture, nil
}

// alipayCodeMeaning is alipayMeaning with what only codes have.
func alipayCodeMeaning(err error) error {
	refusal, ok := errors.AsType[*GatewayError](err)
	if !ok || refusal.Code != "40004" {
		return alipayMeaning(err)
	}
	switch {
	case strings.HasSuffix(refusal.SubCode, "INVALID_PARAMETER"):
		return ErrCodePage.Because(refusal)
	case strings.HasSuffix(refusal.SubCode, "SYSTEM_ERROR"):
		return ErrProviderBusy.Because(refusal)
	}
	return alipayMeaning(err)
}

// alipayPicture fetches a picture without credentials, redirects or cookies: from a public address
// by https, or, of an app of the sandbox, from the sandbox alone.
func (s *Service) alipayPicture(ctx context.Context, cred credential, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	from, err := url.Parse(address)
	if err != nil || from.Host == "" || from.User != nil {
		return nil, badPicture(errors.New("no address"))
	}
	if cred.base != "" {
		return s.sandboxPicture(ctx, cred, from)
	}
	if from.Scheme == "http" {
		from.Scheme = "https"
	}
	resp, err := s.outside(ctx, egress.Request{Method: http.MethodGet, URL: from.String(), Most: mostPicture})
	switch {
	case errors.Is(err, egress.ErrUnreachable):
		return nil, unreachable(alipayCodeAPI, err)
	case err != nil:
		return nil, badPicture(err)
	}
	return resp.Body, pictureStatus(resp.Status)
}

func (s *Service) sandboxPicture(ctx context.Context, cred credential, from *url.URL) ([]byte, error) {
	if !egress.Only(cred.base)(from.Scheme + "://" + from.Host) {
		return nil, badPicture(errors.New("not at the sandbox"))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from.String(), nil)
	if err != nil {
		return nil, badPicture(errors.New("no address"))
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, unreachable(alipayCodeAPI, err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, mostPicture+1))
	if err != nil {
		return nil, unreachable(alipayCodeAPI, err)
	}
	if len(raw) > mostPicture {
		return nil, badPicture(fmt.Errorf("over %d bytes", mostPicture))
	}
	return raw, pictureStatus(resp.StatusCode)
}

func pictureStatus(status int) error {
	switch {
	case status >= http.StatusInternalServerError:
		return ErrProviderBusy.Because(fmt.Errorf("%s: HTTP %d at the picture's address", alipayCodeAPI, status))
	case status != http.StatusOK:
		return badPicture(fmt.Errorf("HTTP %d", status))
	}
	return nil
}

func badPicture(why error) error {
	return ErrBadResponse.Because(fmt.Errorf("%s: the picture's address: %w", alipayCodeAPI, why))
}
