package staff

import (
	"regexp"
	"strings"

	"galleria/console/courier"
	"galleria/tenant/fault"
)

// The canonical forms of addresses, as platform.staff checks them.
var (
	mailForm  = regexp.MustCompile(`^[^@\s\x00<>"(),:;\[\]\\]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,60}[a-z0-9])?\.[a-z]{2,24}$`)
	phoneForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	// mainland is a mobile number of mainland China as people write it.
	mainland = regexp.MustCompile(`^1[3-9][0-9]{9}$`)
)

// Address is where a person is reached, in its canonical form.
type Address struct {
	Way   courier.Way
	Value string // "li@example.com" or "+8613800000000"
}

// ParseAddress reads a mail address or phone number as people type it; a number without
// a country is one of mainland China. Faults: VALIDATION on "address".
func ParseAddress(typed string) (Address, error) {
	typed = strings.ToLower(strings.TrimSpace(typed))
	if phone := phoneOf(typed); phone != "" {
		return Address{Way: courier.SMS, Value: phone}, nil
	}
	if len(typed) <= maxLogin && mailForm.MatchString(typed) {
		return Address{Way: courier.Mail, Value: typed}, nil
	}
	return Address{}, fault.Invalidf("address", "请输入邮箱或手机号")
}

// phoneOf returns the canonical form of a phone number, "" for anything else.
func phoneOf(typed string) string {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(typed)
	if mainland.MatchString(digits) {
		return "+86" + digits
	}
	if phoneForm.MatchString(digits) {
		return digits
	}
	return ""
}
