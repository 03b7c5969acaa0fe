// Package openapi keeps the contract of the Mini Program API as a committed document and
// shows it: /openapi.json for machines, /docs for people.
//
// The page is rendered by our own template (docs.templ) from the document itself. It has no script
// and loads nothing, from here or elsewhere; its policy forbids it to.
package openapi

import (
	"bytes"
	_ "embed" // the document
	"fmt"
	"net/http"
	"sync"

	"github.com/gofiber/fiber/v2"
)

//go:embed openapi.json
var document []byte

// Document returns the committed contract. Callers must not change it.
func Document() []byte { return document }

// policy lets the page use its own inline style sheet, by hash, and nothing else.
const policy = "default-src 'none'; style-src '%s'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Mount serves the document and the page, which is rendered when it is first asked for.
func Mount(app *fiber.App) {
	rendered := sync.OnceValues(func() (answer struct {
		html   []byte
		policy string
	}, err error,
	) {
		var b bytes.Buffer
		styleHash, err := render(&b, document)
		answer.html, answer.policy = b.Bytes(), fmt.Sprintf(policy, styleHash)
		return answer, err
	})
	app.Get("/openapi.json", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "application/openapi+json;version=3.1")
		c.Set(fiber.HeaderAccessControlAllowOrigin, "*") // it is public, and tools of developers read it from their own pages
		return c.Status(http.StatusOK).Send(document)
	})
	app.Get("/docs", func(c *fiber.Ctx) error {
		answer, err := rendered()
		if err != nil {
			return fmt.Errorf("render the contract's page: %w", err)
		}
		c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
		c.Set(fiber.HeaderContentSecurityPolicy, answer.policy)
		c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
		return c.Status(http.StatusOK).Send(answer.html)
	})
}
