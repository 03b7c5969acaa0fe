package session

import (
	"time"

	"github.com/gofiber/fiber/v2"
)

const (
	// CookieName carries the session token.
	CookieName = "__Host-galleria"
	// VisitorCookie carries the mark that forms are bound to before sign-in.
	VisitorCookie = "__Host-galleria-visit"
)

// Token returns the session token that came with the request, "" for none.
func Token(c *fiber.Ctx) string { return c.Cookies(CookieName) }

// SetCookie hands the token to the browser for as long as the browser runs.
func SetCookie(c *fiber.Ctx, token string) { c.Cookie(hostCookie(CookieName, token)) }

// ClearCookie takes the token back.
func ClearCookie(c *fiber.Ctx) {
	cookie := hostCookie(CookieName, "")
	cookie.Expires = time.Unix(0, 0)
	c.Cookie(cookie)
}

// Visitor returns the visitor's mark, making one for a first visit. A mark that this
// server could not have made is replaced.
func Visitor(c *fiber.Ctx) string {
	if mark := c.Cookies(VisitorCookie); wellFormed(mark) {
		return mark
	}
	mark := newToken()
	c.Cookie(hostCookie(VisitorCookie, mark))
	return mark
}

// KnownVisitor returns the mark that came with the request, "" for none.
func KnownVisitor(c *fiber.Ctx) string {
	if mark := c.Cookies(VisitorCookie); wellFormed(mark) {
		return mark
	}
	return ""
}

func hostCookie(name, value string) *fiber.Cookie {
	return &fiber.Cookie{Name: name, Value: value, Path: "/", Secure: true, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode}
}
