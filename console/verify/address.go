package verify

import (
	"net/mail"
	"net/netip"
	"regexp"
	"strings"

	"galleria/console/courier"
)

const maxAddress = 120 // characters, as long as an account's name may be

var (
	mobile = regexp.MustCompile(`^(?:\+?86)?(1[3-9][0-9]{9})$`)
	domain = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
)

// Address is a mail address in lower case or a mainland mobile number of eleven digits.
type Address struct {
	Way  courier.Way
	Text string
}

// ParseAddress reads what somebody typed: with an @ it is meant as a mail address, without
// as a mobile number.
func ParseAddress(typed string) (a Address, ok bool) {
	typed = strings.TrimSpace(typed)
	if strings.Contains(typed, "@") {
		a = Address{Way: courier.Mail, Text: strings.ToLower(typed)}
		parsed, err := mail.ParseAddress(a.Text)
		_, host, _ := strings.Cut(a.Text, "@")
		return a, err == nil && parsed.Address == a.Text && len(a.Text) <= maxAddress && ascii(a.Text) && domain.MatchString(host)
	}
	a = Address{Way: courier.SMS, Text: strings.NewReplacer(" ", "", "-", "").Replace(typed)}
	if m := mobile.FindStringSubmatch(a.Text); m != nil {
		a.Text = m[1]
		return a, true
	}
	return a, false
}

// To is the address as a courier wants it.
func (a Address) To() string {
	if a.Way == courier.SMS {
		return "+86" + a.Text
	}
	return a.Text
}

// Masked is the address as a page may repeat it.
func (a Address) Masked() string {
	if a.Way == courier.SMS {
		return a.Text[:3] + "****" + a.Text[7:]
	}
	local, host, _ := strings.Cut(a.Text, "@")
	return local[:min(2, len(local))] + "***@" + host
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Network is what counts as one client: the address itself, or its /64 in IPv6.
func Network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	addr = addr.Unmap().WithZone("")
	if prefix, err := addr.Prefix(64); err == nil && addr.Is6() {
		return prefix.String()
	}
	return addr.String()
}
