package middleware

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/tenant"
	"galleria/web/envelope"
)

// LocalClientIP is the fiber local under which every route finds the client's address.
const LocalClientIP = "client_ip"

// Identify gives the request its id, its language and its client's address. An id from
// outside is kept only in the form that logs can bear: 8 to 64 letters, digits and dashes.
// trusted are the proxies whose X-Forwarded-For is believed.
func Identify(trusted []netip.Prefix) fiber.Handler {
	return func(c *fiber.Ctx) error {
		Begin(c)
		ip := clientIP(c, trusted)
		c.Locals(LocalClientIP, ip)
		if r := envelope.RecordOf(c.UserContext()); r != nil {
			r.ClientIP = ip
		}
		return c.Next()
	}
}

// ParseProxies reads addresses ("10.0.0.7") and networks ("10.0.0.0/8").
func ParseProxies(list []string) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(list))
	for _, text := range list {
		if addr, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("trusted proxy %q is neither an address nor a network", text)
		}
		out = append(out, prefix)
	}
	return out, nil
}

// clientIP walks X-Forwarded-For from its end, where our own proxies wrote, to the first
// address that is not a proxy of ours. What stands before it the client may have written.
func clientIP(c *fiber.Ctx, trusted []netip.Prefix) string {
	client, ok := netip.AddrFromSlice(c.Context().RemoteIP())
	if !ok {
		return ""
	}
	client = client.Unmap()
	if len(trusted) == 0 {
		return client.String()
	}
	hops := strings.Split(c.Get(fiber.HeaderXForwardedFor), ",")
	for i := len(hops) - 1; i >= 0 && within(trusted, client); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		client = hop.Unmap()
	}
	return client.String()
}

func within(list []netip.Prefix, addr netip.Addr) bool {
	for _, p := range list {
		if p.Contains(addr) {
			return true
		}
	}
	return false
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
