package middleware

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/web/envelope"
)

// Deadline ends the request's context after d, so that nothing below waits longer than
// the caller does.
func Deadline(d time.Duration) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(c.UserContext(), d)
		defer cancel()
		c.SetUserContext(ctx)
		return c.Next()
	}
}

// PlainBody refuses a compressed request body before anybody may inflate it: the HTTP
// library would, past its own size limit.
func PlainBody() fiber.Handler {
	return func(c *fiber.Ctx) error {
		if len(c.Request().Header.Peek(fiber.HeaderContentEncoding)) > 0 {
			return envelope.ErrEncoding
		}
		return c.Next()
	}
}

// BodyLimit refuses bodies over limit bytes; the server's own limit is for all routes.
func BodyLimit(limit int) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if len(c.Request().Body()) > limit {
			return envelope.ErrBodyTooLarge
		}
		return c.Next()
	}
}
