package web_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"

	"galleria/commerce/aftersale"
	"galleria/commerce/order"
	"galleria/commerce/picture"
	"galleria/tenant/tenantdb"
	"galleria/web/miniapi"
)

// noRefunds numbers the refunds that cases ask for: payments are not what these tests are
// about.
type noRefunds struct{}

func (noRefunds) AskTx(_ context.Context, _ tenantdb.Tx, in aftersale.RefundAsk) (aftersale.RefundAsked, error) {
	return aftersale.RefundAsked{OutRefundNo: "R" + in.Document}, nil
}

// afterSales builds the rooms behind after-sales and buyers' pictures.
func (h *house) afterSales(orders *order.Service) (*aftersale.Service, *picture.Service) {
	h.cases = aftersale.New(aftersale.Deps{
		DB: h.DB, Orders: orders, Inventory: h.stock, Refunder: noRefunds{}, Outbox: h.Outbox, Timers: h.Timers, Audit: h.Audit,
		Pictures: func(tx tenantdb.Tx, address string) bool { return picture.Owns(tx.TenantID(), address) },
	})
	return h.cases, picture.New(picture.Deps{DB: h.DB, Plans: h.Plans, Outbox: h.Outbox, Store: picture.NewFolder(h.files), Now: h.Clock().Now})
}

// photo is a form with one picture, as wx.uploadFile sends it.
func photo(t *testing.T, seed uint8, parts ...string) (body, contentType string) {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 120, 120))
	for i := range 120 {
		img.Set(i, i, color.RGBA{R: seed, A: 255})
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for _, name := range append(parts, "file") {
		part, err := w.CreateFormFile(name, "照片.png")
		if err == nil {
			err = png.Encode(part, img)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return form.String(), w.FormDataContentType()
}

// walkAfterSales opens two cases of an order that was sent, and takes them through every
// operation.
func walkAfterSales(t *testing.T, h *house, s *shop, orderNo string, lineID int64, call func(want, status int, method, path string, body any, header ...string) answer) {
	t.Helper()
	form, kind := photo(t, 1)
	var uploaded miniapi.UploadedPicture
	call(5, http.StatusCreated, http.MethodPost, "/pictures", form, "Content-Type", kind).into(t, &uploaded)
	lines := []any{map[string]any{"line_id": lineID, "qty": 1}}
	body := map[string]any{"order_no": orderNo, "kind": "exchange", "lines": lines}
	var preview miniapi.AfterSalePreview
	call(1, http.StatusOK, http.MethodPost, "/aftersales/preview", body).into(t, &preview)
	body["reason"], body["body"], body["pictures"] = "quality", "杯口有裂纹", []string{uploaded.URL}
	var opened miniapi.OpenedAfterSale
	call(9, http.StatusCreated, http.MethodPost, "/aftersales", body, "Idempotency-Key", "as-1").into(t, &opened)
	call(1, http.StatusOK, http.MethodGet, "/aftersales?open=true", nil)
	one := "/aftersales/" + opened.CaseNo
	call(1, http.StatusOK, http.MethodGet, one, nil)
	call(9, http.StatusOK, http.MethodPost, one+"/messages", map[string]any{"body": "请尽快处理"}, "Idempotency-Key", "say-1")
	h.agreeToReturn(t, s, opened.CaseNo)
	var couriers miniapi.CourierList
	call(0, http.StatusOK, http.MethodGet, "/couriers", nil).into(t, &couriers)
	with := slices.IndexFunc(couriers.Items, func(c miniapi.Courier) bool { return c.Name == "顺丰速运" })
	if with < 0 {
		t.Fatalf("couriers: %+v", couriers)
	}
	call(9, http.StatusOK, http.MethodPost, one+"/send-back", map[string]any{"courier": couriers.Items[with].Code, "tracking_no": "SF1234567890123"})
	h.replace(t, s, opened.CaseNo, lineID)
	var c miniapi.AfterSale
	call(11, http.StatusOK, http.MethodPost, one+"/confirm", nil).into(t, &c)
	if c.Status != "closed" || len(c.Messages) < 6 || c.Messages[0].Pictures[0] != uploaded.URL {
		t.Errorf("the case: %+v", c)
	}
	body["kind"] = "return"
	call(9, http.StatusCreated, http.MethodPost, "/aftersales", body, "Idempotency-Key", "as-2").into(t, &opened)
	call(11, http.StatusOK, http.MethodPost, "/aftersales/"+opened.CaseNo+"/cancel", nil)
}

func (h *house) agreeToReturn(t *testing.T, s *shop, caseNo string) {
	t.Helper()
	if err := h.cases.AddAddress(t.Context(), s.ID, aftersale.Address{Name: "仓库", Phone: "13800000000", Address: "昆明市五华区"}, "staff:1"); err != nil {
		t.Fatal(err)
	}
	set, err := h.cases.Settings(t.Context(), s.ID)
	if err == nil {
		_, err = h.cases.Approve(t.Context(), s.ID, aftersale.ApproveInput{CaseNo: caseNo, AddressID: set.Addresses[0].ID, Actor: "staff:1"})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) replace(t *testing.T, s *shop, caseNo string, lineID int64) {
	t.Helper()
	_, err := h.cases.Arrive(t.Context(), s.ID, caseNo, "staff:1")
	if err == nil {
		_, err = h.cases.Inspect(t.Context(), s.ID, aftersale.InspectInput{CaseNo: caseNo, Lines: map[int64]aftersale.Found{lineID: {Sellable: 1}}, Actor: "staff:1"})
	}
	if err == nil {
		_, err = h.cases.Reship(t.Context(), s.ID, caseNo, "sf", "SF9876543210123", "staff:1")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// plainly calls without counting statements.
func plainly(t *testing.T, c *client) func(want, status int, method, path string, body any, header ...string) answer {
	t.Helper()
	return func(_, status int, method, path string, body any, header ...string) answer {
		t.Helper()
		return c.must(t, status, method, path, body, header...)
	}
}

// TestT102_WhatBuyersUpload: only pictures are taken, by their bytes, one at a time and in a
// form; and a case shows only what was uploaded here.
func TestT102_WhatBuyersUpload(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.open(t, h.Tenant, 1)
	c := h.login(t, s, "o-upload")
	form, kind := photo(t, 2)
	c.refused(t, http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", http.MethodPost, "/pictures", map[string]any{"file": "x"})
	c.refused(t, http.StatusUnsupportedMediaType, "PICTURE_TYPE", http.MethodPost, "/pictures", strings.Replace(form, "PNG", "GIF", 1), "Content-Type", kind)
	two, kindOfTwo := photo(t, 3, "file")
	c.refused(t, http.StatusUnprocessableEntity, "VALIDATION", http.MethodPost, "/pictures", two, "Content-Type", kindOfTwo)
	c.refused(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE", http.MethodPost, "/pictures", form+strings.Repeat("x", picture.MaxBytes+65<<10), "Content-Type", kind)
	c.token = ""
	c.refused(t, http.StatusUnauthorized, "AUTH_REQUIRED", http.MethodPost, "/pictures", form, "Content-Type", kind)
}
