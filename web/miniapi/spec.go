package miniapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"galleria/commerce/member"
	"galleria/tenant/fault"
	"galleria/tenant/registry"
	"galleria/web/auth"
	"galleria/web/envelope"
	"galleria/web/middleware"
)

const (
	sessionScheme = "session"

	tagSession      = "Session"
	tagCatalog      = "Catalogue"
	tagCart         = "Cart"
	tagOrder        = "Orders"
	tagAfterSale    = "After-sales"
	tagReview       = "Reviews"
	tagDistribution = "Distribution"
	tagCoupon       = "Coupons"
	tagPoints       = "Points"
	tagLevel        = "Levels"
	tagInvoice      = "Invoices"
	tagAddress      = "Addresses"
	tagSubscription = "Messages"
)

const cachedNote = "Carries a strong `ETag`; repeat it in `If-None-Match` and an unchanged answer is 304 without a body."

// Spec renders the contract as an OpenAPI 3.1 document: the same bytes for the same
// program. No service is needed for it.
func Spec() ([]byte, error) {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	routes := New(app, Deps{}) //nolint:exhaustruct_v5 // routes are described, not served
	api := routes.huma.OpenAPI()
	api.Info.Description += "\n\n### Error codes\n\n" + codeTable(routes.faults)
	finish(api)
	raw, err := json.MarshalIndent(api, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("render the contract: %w", err)
	}
	return append(raw, '\n'), nil
}

// finish corrects what huma writes of its own accord: the schemas of an error model that
// never leaves, and headers that the handlers, not huma, insist on.
func finish(api *huma.OpenAPI) {
	schemas := api.Components.Schemas.Map()
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
	for _, item := range api.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete} {
			if op == nil {
				continue
			}
			if op.RequestBody != nil {
				delete(op.RequestBody.Content, "application/octet-stream") // huma's idea of an input that keeps its raw bytes
			}
			for _, p := range op.Parameters {
				if p.Name == "Idempotency-Key" {
					p.Required = true
				}
			}
		}
	}
}

func info() *huma.Info {
	return &huma.Info{
		Title: "Galleria Mini Program API", Version: "1.0.0",
		License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		Description: strings.Join([]string{
			"The API that a shop's Mini Program speaks.",
			"**Which shop.** Every request names its Mini Program in `X-App-Id`; the server finds the shop by it. " +
				"Tokens belong to one shop and one Mini Program.",
			"**Session.** `wx.login` → `POST /auth/login` → `Authorization: Bearer <access_token>`. After a 401 with code " +
				"`AUTH_INVALID`: refresh or log in again once, and repeat the request.",
			"**Values.** Amounts are integers in fen (1 yuan = 100 fen) in members ending in `_fen`. Times are RFC 3339. " +
				"Lists page by an opaque `cursor`.",
			"**Strict.** Unknown, repeated or differently capitalised members, numbers written as `1.0`, `1e3` or `\"1\"`, trailing data, " +
				"unknown or repeated query parameters and compressed bodies are refused. Bodies are at most 256 kB, nested at most 32 deep.",
			"**Errors.** Every failure is `{\"code\",\"message\",\"request_id\",\"fields\"?,\"data\"?}`. Act on `code`; show `message` " +
				"(Chinese, or English by `Accept-Language: en`). New codes may appear: treat an unknown one by its status.",
		}, "\n\n"),
	}
}

func tags() []*huma.Tag {
	return []*huma.Tag{
		{Name: tagSession, Description: "Logging in and out, and who the buyer is."},
		{Name: tagCatalog, Description: "What the shop sells. Needs no session."},
		{Name: tagCart, Description: "What the buyer has put aside."},
		{Name: tagOrder, Description: "From quote to payment."},
		{Name: tagAfterSale, Description: "What goes back, and what for."},
		{Name: tagReview, Description: "What buyers say of what they got."},
		{Name: tagDistribution, Description: "Members who sell for the shop, and what they are owed."},
		{Name: tagCoupon, Description: "What the shop gives away under conditions."},
		{Name: tagPoints, Description: "What buyers earn, and pay with."},
		{Name: tagLevel, Description: "How far buyers have grown, and what that gives them."},
		{Name: tagInvoice, Description: "Invoices (fapiao) that buyers ask for."},
		{Name: tagAddress, Description: "Where orders go."},
		{Name: tagSubscription, Description: "Which messages the buyer wants."},
	}
}

func securitySchemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{sessionScheme: {
		Type: "http", Scheme: "bearer", Description: "The access token of a member session of this shop and this Mini Program.",
	}}
}

func appIDParam() *huma.Param {
	return &huma.Param{
		Name: auth.HeaderAppID, In: "header", Required: true, Description: "AppID of the calling Mini Program. Exactly once.",
		Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^[0-9A-Za-z]{8,32}$"}, Example: "wx0123456789abcdef",
	}
}

// common are the refusals that any route can give.
func common(r route) []*fault.Error {
	all := []*fault.Error{
		envelope.ErrMalformed, registry.ErrUnknownApp, registry.ErrSuspended, registry.ErrMaintenance,
		fault.ErrValidation, fault.ErrBusy, fault.ErrUnknownOutcome, envelope.ErrRateLimited, middleware.ErrShopBusy, envelope.ErrEncoding, envelope.Internal(),
	}
	if r.path != "/auth/login" && r.path != "/auth/refresh" { // a token may come along even where none is needed
		all = append(all, member.ErrAuthInvalid, member.ErrBlocked)
	}
	if r.member {
		all = append(all, member.ErrAuthRequired)
	}
	if r.method != http.MethodGet {
		all = append(all, envelope.ErrBodyTooLarge, envelope.ErrMediaType)
	}
	return append(all, r.errors...)
}

// responses describes every refusal of a route, by status with its codes.
func responses(schemas huma.Registry, r route) map[string]*huma.Response {
	codes := map[int][]string{}
	for _, e := range common(r) {
		status := envelope.StatusOf(e)
		if !slices.Contains(codes[status], e.Code()) {
			codes[status] = append(codes[status], e.Code())
		}
	}
	schema := schemas.Schema(reflect.TypeFor[envelope.Problem](), true, "Problem")
	out := map[string]*huma.Response{}
	for status, list := range codes {
		slices.Sort(list)
		response := &huma.Response{
			Description: "`" + strings.Join(list, "`, `") + "`",
			Content:     map[string]*huma.MediaType{"application/json": {Schema: schema}},
		}
		if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
			response.Headers = map[string]*huma.Param{"Retry-After": {
				Description: "Seconds to wait.", Schema: &huma.Schema{Type: huma.TypeInteger},
			}}
		}
		out[strconv.Itoa(status)] = response
	}
	if len(r.file) > 0 {
		response := &huma.Response{Description: "The file.", Content: map[string]*huma.MediaType{}}
		for _, kind := range r.file {
			response.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
		}
		out[strconv.Itoa(http.StatusOK)] = response
	}
	if slices.Contains(memoryPaths(), r.path) {
		out[strconv.Itoa(http.StatusNotModified)] = &huma.Response{Description: "What `If-None-Match` names is still good."}
	}
	return out
}

// memoryPaths are the routes that are answered from memory, as the contract writes them.
func memoryPaths() []string {
	return []string{"/shop", "/categories", "/products", "/products/{id}", "/campaigns", "/flash-sessions", "/products/{id}/reviews", "/brands", "/search/facets", "/search/suggest"}
}

// codeTable lists every code once: what the routes answer with, and what is answered before
// one is found.
func codeTable(faults []*fault.Error) string {
	known := map[string]*fault.Error{}
	for _, e := range append([]*fault.Error{envelope.ErrMethod, envelope.ErrHeaderTooLarge, fault.ErrNotFound}, faults...) {
		known[e.Code()] = e
	}
	var b strings.Builder
	b.WriteString("| status | code | meaning |\n|---|---|---|\n")
	codes := slices.SortedFunc(maps.Keys(known), func(x, y string) int {
		if d := envelope.StatusOf(known[x]) - envelope.StatusOf(known[y]); d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	for _, code := range codes {
		e := known[code]
		fmt.Fprintf(&b, "| %d | `%s` | %s · %s |\n", envelope.StatusOf(e), code, e.Text("en"), e.Text("zh"))
	}
	return b.String()
}
