package middleware

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/gofiber/fiber/v2"

	"galleria/tenant"
	"galleria/web/envelope"
)

// Identify gives the request its id and its language. An id from outside is kept only
// in the form that logs can bear: 8 to 64 letters, digits and dashes.
func Identify() fiber.Handler {
	return func(c *fiber.Ctx) error {
		Begin(c)
		return c.Next()
	}
}

// Begin is Identify for requests that the HTTP server refused before any middleware
// ran. It does nothing the second time.
func Begin(c *fiber.Ctx) {
	ctx := c.UserContext()
	if envelope.RecordOf(ctx) != nil {
		return
	}
	id := c.Get(fiber.HeaderXRequestID)
	if !acceptable(id) {
		id = newID()
	}
	c.Set(fiber.HeaderXRequestID, id)
	record := &envelope.Record{Lang: envelope.Language(c.Get(fiber.HeaderAcceptLanguage))}
	c.SetUserContext(envelope.WithRecord(tenant.WithRequestID(ctx, id), record))
}

func acceptable(id string) bool {
	if len(id) < 8 || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' {
			return false
		}
	}
	return true
}

func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}
