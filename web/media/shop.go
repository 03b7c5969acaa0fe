package media

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/picture"
	"galleria/tenant/fault"
)

// Pictures finds what merchants have uploaded; *picture.Service is one.
type Pictures interface {
	Find(ctx context.Context, address string) (body []byte, contentType string, err error)
}

// Shop returns what serves the uploaded pictures to everybody under /media/shop/. An
// address names its content: it may be cached for ever.
func Shop(pictures Pictures) func(router fiber.Router) {
	return func(router fiber.Router) {
		router.Get(picture.Prefix+":folder/:file", func(c *fiber.Ctx) error { return serveShop(c, pictures) })
	}
}

func serveShop(c *fiber.Ctx, pictures Pictures) error {
	body, contentType, err := pictures.Find(c.UserContext(), c.Path())
	if errors.Is(err, fault.ErrNotFound) {
		return fiber.NewError(fiber.StatusNotFound)
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, contentType)
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	return c.Send(body)
}
