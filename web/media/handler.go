package media

import (
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// Register serves the pictures to everybody under /media/demo/. Any other name there is
// fiber's 404, which the application words.
func Register(router fiber.Router) {
	router.Get(prefix+":file", serve)
}

func serve(c *fiber.Ctx) error {
	name, isSVG := strings.CutSuffix(c.Params("file"), ".svg")
	svg, known := Draw(name)
	if !isSVG || !known {
		return fiber.NewError(http.StatusNotFound)
	}
	c.Set(fiber.HeaderContentType, "image/svg+xml")
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	// An SVG opened by itself is a document: it may load and run nothing.
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	return c.Send(svg)
}
