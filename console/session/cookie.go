package session

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// The names of the cookies. The prefix makes a browser refuse them unless they are Secure,
// for the whole path and for this host alone.
const (
	// CookieName carries the session token.
	CookieName = "__Host-galleria"
	// VisitorCookie carries the mark that forms are bound to before sign-in.
	VisitorCookie = "__Host-galleria-visit"

	securePrefix = "__Host-"
)

// Cookies reads and writes the two cookies. Plain is for an installation that is reached
// over http on loopback, where clients other than browsers would not send a Secure cookie
// back: the cookies then have neither Secure nor the prefix that demands it.
type Cookies struct{ Plain bool }

func (k Cookies) name(name string) string {
	if k.Plain {
		return strings.TrimPrefix(name, securePrefix)
	}
	return name
}

// Token returns the session token that came with the request, "" for none.
func (k Cookies) Token(c *fiber.Ctx) string { return c.Cookies(k.name(CookieName)) }

// SetToken hands the token to the browser for as long as the browser runs.
func (k Cookies) SetToken(c *fiber.Ctx, token string) { c.Cookie(k.cookie(CookieName, token)) }

// ClearToken takes the token back.
func (k Cookies) ClearToken(c *fiber.Ctx) {
	cookie := k.cookie(CookieName, "")
	cookie.Expires = time.Unix(0, 0)
	c.Cookie(cookie)
}

// Visitor returns the visitor's mark, making one for a first visit. A mark that this
// server could not have made is replaced.
func (k Cookies) Visitor(c *fiber.Ctx) string {
	if mark := k.KnownVisitor(c); mark != "" {
		return mark
	}
	mark := newToken()
	c.Cookie(k.cookie(VisitorCookie, mark))
	return mark
}

// KnownVisitor returns the mark that came with the request, "" for none.
func (k Cookies) KnownVisitor(c *fiber.Ctx) string {
	if mark := c.Cookies(k.name(VisitorCookie)); wellFormed(mark) {
		return mark
	}
	return ""
}

func (k Cookies) cookie(name, value string) *fiber.Cookie {
	return &fiber.Cookie{
		Name: k.name(name), Value: value, Path: "/", Secure: !k.Plain, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	}
}
