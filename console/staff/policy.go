package staff

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	zxcvbn "github.com/ccojocar/zxcvbn-go"
)

// Policy is what a password must be. The zero Policy is the house's: 12 characters, at
// most 200 bytes, and beyond what ten to the tenth guesses find.
type Policy struct{}

// minScore is zxcvbn's: 3 withstands about 10^10 guesses.
const minScore = 3

// scored is how much of a password is scored, in bytes: scoring takes longer than it is
// worth on more.
const scored = 100

// deniedPasswords are long and yet among the first that are tried, in the form without
// case and signs.
func deniedPasswords() []string {
	return []string{
		"123456789012", "1234567890123", "1qaz2wsx3edc4rfv", "1qaz2wsx3edc", "abcd12345678", "admin123456789", "administrator",
		"correcthorsebatterystaple", "galleria", "iloveyou1314520", "letmeinletmein", "password1234", "passwordpassword", "qwertyuiop123",
		"qwertyuiopasdf", "qwer1234asdf", "woaini1314520", "woaini5201314", "woaini520520", "zaq12wsxcde3",
	}
}

// Check refuses a password that is too short or too easily guessed. inputs are what the
// guesser knows about the person: account, name, shop. Faults: PASSWORD_SHORT,
// PASSWORD_LONG, PASSWORD_WEAK.
func (Policy) Check(password string, inputs ...string) error {
	if utf8.RuneCountInString(password) < minPassword {
		return ErrPasswordShort
	}
	if len(password) > maxPassword || !utf8.ValidString(password) {
		return ErrPasswordLong
	}
	if slices.Contains(deniedPasswords(), plain(password)) {
		return ErrPasswordWeak
	}
	known := []string{"galleria"}
	for _, input := range inputs {
		// Parts count, too: the name in an address, the words of a shop's name.
		known = append(known, input)
		known = append(known, strings.FieldsFunc(input, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
	}
	if zxcvbn.PasswordStrength(password[:min(len(password), scored)], known).Score < minScore {
		return ErrPasswordWeak
	}
	return nil
}

// plain is a password without case and signs.
func plain(password string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, password)
}
