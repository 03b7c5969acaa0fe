package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/tenant/fault"
)

const assetPath = AssetPrefix + ":file"

// assetShow serves a file of the browser, which may keep it for a year: another
// content has another name.
func (s *Console) assetShow(c *fiber.Ctx, _ *visit) error {
	body, gzip, contentType, ok := s.Assets.Lookup(c.Path())
	if !ok {
		return fault.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, contentType)
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	if gzip != nil && c.Get(fiber.HeaderAcceptEncoding) != "" && c.AcceptsEncodings("gzip") == "gzip" {
		c.Set(fiber.HeaderContentEncoding, "gzip")
		body = gzip
	}
	return c.Send(body)
}
