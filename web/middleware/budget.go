package middleware

import (
	"net/netip"

	"github.com/gofiber/fiber/v2"
)

// Budgets are what a door may be asked for, per process. Zero rates mean no limit.
type Budgets struct {
	// Address bounds one address per class. The address is the connection's, or what a
	// trusted proxy tells; IPv6 counts by network of 64 bits, because a household has one.
	Address map[Class]Rate
	// ConsoleTenant and ConsolePerson bound the console, per shop and per signed-in person.
	ConsoleTenant, ConsolePerson Rate
}

// LocalCharge is the fiber local in which the console finds how to take a request from the
// budget of the shop and the person it has recognised: a func(tenant, person string) error.
const LocalCharge = "charge"

// Budget takes every request from its address's budget, and leaves the console a way to
// charge its own. It follows Identify.
func (l *Limiter) Budget(b Budgets) fiber.Handler {
	charge := func(tenant, person string) error {
		if person != "" {
			if err := l.Local("console:person:"+person, b.ConsolePerson); err != nil {
				return err
			}
		}
		if tenant == "" {
			return nil
		}
		return l.Local("console:tenant:"+tenant, b.ConsoleTenant)
	}
	return func(c *fiber.Ctx) error {
		class := ClassOf(c.Path())
		if class == ClassConsole {
			c.Locals(LocalCharge, charge)
		}
		if budget := b.Address[class]; budget.PerSecond > 0 {
			ip, _ := c.Locals(LocalClientIP).(string)
			if err := l.Local("address:"+string(class)+":"+network(ip), budget); err != nil {
				return refuse(c, err)
			}
		}
		return c.Next()
	}
}

// network is the part of an address that belongs to one customer of a provider.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Is4() {
		return ip
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return ip
	}
	return prefix.String()
}
