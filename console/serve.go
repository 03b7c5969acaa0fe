package console

import (
	"bytes"
	"io"
	"iter"
	"mime/multipart"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"galleria/tenant/audit"
	"galleria/tenant/fault"
)

// policy forbids inline code and everything from elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"

// serve wraps a route: headers, who visits, what he may, the form's proof, the page,
// and a page for whatever went wrong.
func (s *Console) serve(r route) fiber.Handler {
	return func(c *fiber.Ctx) (err error) {
		s.secure(c)
		v := &visit{text: s.texts.Printer(langOf(c))}
		defer func() {
			if p := recover(); p != nil {
				err = s.problem(c, v, &panicked{value: p, stack: debug.Stack()})
			}
		}()
		if err := s.run(c, &v, r); err != nil {
			return s.problem(c, v, err)
		}
		return nil
	}
}

func (s *Console) run(c *fiber.Ctx, v **visit, r route) error {
	if len(c.Request().Header.Peek(fiber.HeaderContentEncoding)) > 0 {
		return ErrEncoding
	}
	if r.path == assetPath { // files need no visitor, and must not cost a statement
		return r.handle(c, *v)
	}
	if refusal, ok := c.Locals(RefusalLocal).(error); ok {
		return refusal
	}
	known, err := s.begin(c)
	*v = known
	if err != nil {
		return err
	}
	known.upload = r.takesFiles()
	if done, err := s.admit(c, known, r); done || err != nil {
		return err
	}
	if err := charge(c, known); err != nil {
		return err
	}
	if c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead && r.method != "ALL" {
		if err := s.checkForm(c, known, takesFiles(r)); err != nil {
			return err
		}
	}
	if err := readable(c.Request().URI().QueryArgs().All()); err != nil {
		return err
	}
	if err := s.withinPlan(c, known, r); err != nil {
		return err
	}
	c.SetUserContext(audit.NewContext(c.UserContext(), caller(c, known)))
	return r.handle(c, known)
}

// caller is who acts, and from where, for the audit log.
func caller(c *fiber.Ctx, v *visit) audit.Caller {
	who := audit.Caller{Actor: "", Name: "", Role: "", IP: clientIP(c), UserAgent: c.Get(fiber.HeaderUserAgent)}
	if v.session != nil {
		who.Actor, who.Name = "staff:"+strconv.FormatInt(v.session.StaffID, 10), v.session.Name
	}
	if v.shop != nil {
		who.Role = v.shop.Role.Code
	}
	return who
}

// toSignIn sends a browser to the sign-in page and back again afterwards: to the page that was
// asked for, or to the one whose form was sent.
func (s *Console) toSignIn(c *fiber.Ctx, v *visit) error {
	query, next := url.Values{}, localPath(c.OriginalURL())
	if c.Method() != fiber.MethodGet {
		next = s.formPage(c)
	}
	if next != "" && next != "/console" {
		query.Set("next", next)
	}
	if v.pending != nil {
		return s.toCode(c, query.Get("next"))
	}
	if v.ended {
		query.Set("expired", "1")
	}
	return s.detour(c, "/console/login", query)
}

// maxForm is more than any form of ours sends that has no files, in bytes; the server
// bounds the others.
const maxForm = 64 << 10

// takesFiles reports a route whose form comes with files.
func takesFiles(r route) bool {
	return r.method == fiber.MethodPost && (r.path == productsPath || r.path == productPath || r.path == picturesPath || arranges(r.path) || r.path == refundPath+"/settle" || r.path == importPath || r.path == paidPath || r.path == issuePath)
}

// arranges reports the forms that may come with one picture: of a category, a brand, the shop.
func arranges(path string) bool {
	return path == shopPath+"/categories" || path == shopPath+"/categories/:id" || path == shopPath+"/brands" || path == shopPath+"/brands/:id" || path == profilePath
}

// checkForm accepts a changing request only as a plain form of our own pages.
func (s *Console) checkForm(c *fiber.Ctx, v *visit, files bool) error {
	if len(c.Request().Body()) > maxForm && !files {
		return ErrTooLarge
	}
	if !s.sameOrigin(c) {
		return ErrForm
	}
	token, err := formToken(c, v, files)
	if err != nil {
		return err
	}
	if !s.guard.Valid(v.binding, token) {
		return ErrForm
	}
	return nil
}

// formToken is what a form says to prove that it is ours. Only routes that take files may
// be sent a form with parts.
func formToken(c *fiber.Ctx, v *visit, files bool) (string, error) {
	sent, _, _ := strings.Cut(c.Get(fiber.HeaderContentType), ";")
	parts := false
	switch strings.ToLower(strings.TrimSpace(sent)) {
	case fiber.MIMEApplicationForm:
		if err := readable(c.Request().PostArgs().All()); err != nil {
			return "", err
		}
	case fiber.MIMEMultipartForm:
		if parts = files; parts {
			break
		}
		if !v.upload {
			return "", ErrForm
		}
		if err := readUpload(c); err != nil {
			return "", err
		}
	default:
		return "", ErrForm
	}
	if token := c.Get("X-Csrf-Token"); token != "" {
		return token, nil
	}
	if !parts {
		return string(c.Request().PostArgs().Peek("csrf")), nil
	}
	form, err := c.MultipartForm()
	if err != nil {
		return "", ErrForm
	}
	if err := readable(partsOf(form)); err != nil {
		return "", err
	}
	if list := form.Value["csrf"]; len(list) > 0 {
		return list[0], nil
	}
	return "", nil
}

// readUpload makes a form with files one without: what a chosen file holds is the value of
// its field, and goes before what was typed there.
func readUpload(c *fiber.Ctx) error {
	parts, err := c.MultipartForm()
	if err != nil {
		return ErrForm.Because(err)
	}
	defer c.Request().RemoveMultipartFormFiles()
	if err := readable(partsOf(parts)); err != nil {
		return err
	}
	args := c.Request().PostArgs()
	for name, values := range parts.Value {
		for _, value := range values {
			args.Add(name, value)
		}
	}
	for name, files := range parts.File {
		for _, head := range files {
			if head.Size == 0 {
				continue
			}
			file, err := head.Open()
			if err != nil {
				return ErrForm.Because(err)
			}
			content, err := io.ReadAll(io.LimitReader(file, maxForm))
			_ = file.Close()
			if err != nil {
				return ErrForm.Because(err)
			}
			args.SetBytesV(name, content)
		}
	}
	return nil
}

// readable refuses names and values that are no text: with NUL, or with bytes that are no UTF-8.
// No page of ours sends them, and no column takes them. Files may hold what they like.
func readable(fields iter.Seq2[[]byte, []byte]) error {
	for name, value := range fields {
		for _, text := range [][]byte{name, value} {
			if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
				return fault.Invalidf(strings.ToValidUTF8(string(name), "\uFFFD"), "has characters that are not text")
			}
		}
	}
	return nil
}

// partsOf are the typed fields of a form with parts.
func partsOf(form *multipart.Form) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		for name, values := range form.Value {
			for _, value := range values {
				if !yield([]byte(name), []byte(value)) {
					return
				}
			}
		}
	}
}

// sameOrigin believes the browser's own word about where the request was made. A
// client that says nothing is no browser, and has the form token to prove itself.
func (s *Console) sameOrigin(c *fiber.Ctx) bool {
	if site := c.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" {
		return true
	}
	own := c.Protocol() + "://" + string(c.Request().Host())
	return origin == s.origin || origin == own
}

// secure sets the headers of every answer.
func (s *Console) secure(c *fiber.Ctx) {
	if strings.HasPrefix(s.origin, "https:") {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
	c.Set(fiber.HeaderContentSecurityPolicy, policy)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set(fiber.HeaderPermissionsPolicy, "camera=(), geolocation=(), microphone=(), payment=()")
	c.Set(fiber.HeaderCacheControl, "no-store")
	// The pages follow the system's theme without a script. Critical-CH asks for the
	// first one again with the hint; where a browser does not do so (seen on plain
	// http), theme.js asks the system itself.
	c.Set("Accept-CH", schemeHint)
	c.Set("Critical-CH", schemeHint)
	c.Vary(schemeHint)
}

func render(c *fiber.Ctx, page templ.Component) error {
	c.Type("html", "utf-8")
	return page.Render(c.UserContext(), c)
}

// ClientIPLocal is the fiber local in which the server, who knows its trusted proxies,
// leaves the client's address as a string.
const ClientIPLocal = "client_ip"

// clientIP is the client's address as the server found it, or else that of the
// connection; never what a header says.
func clientIP(c *fiber.Ctx) string {
	if ip, ok := c.Locals(ClientIPLocal).(string); ok && ip != "" {
		return ip
	}
	return c.Context().RemoteIP().String()
}

// RefusalLocal is the fiber local in which the server leaves the error of a request that
// is over its limits: the console answers it with a page.
const RefusalLocal = "refusal"

// ChargeLocal is the fiber local in which the server leaves the way to take a request from
// the budgets of a shop and a person, either of them empty if unknown.
const ChargeLocal = "charge"

func charge(c *fiber.Ctx, v *visit) error {
	take, ok := c.Locals(ChargeLocal).(func(tenant, person string) error)
	if !ok || v.session == nil {
		return nil
	}
	shop := ""
	if v.shop != nil {
		shop = v.shop.ID.String()
	}
	return take(shop, strconv.FormatInt(v.session.StaffID, 10))
}

// form returns a value of the posted form.
func form(c *fiber.Ctx, name string) string { return string(c.Request().PostArgs().Peek(name)) }
