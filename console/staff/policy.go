package staff

import (
	"context"
	_ "embed"
	"slices"
	"strings"
	"unicode/utf8"

	zxcvbn "github.com/ccojocar/zxcvbn-go"

	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

const (
	minPassword = 12  // characters
	maxPassword = 200 // bytes
	minScore    = 3   // of zxcvbn, 0 to 4: at least 10^8 guesses
	// weighed is how much of a password is looked at: the work grows faster than its length.
	weighed = 64 // bytes
)

// denied are long passwords that everybody's guesses begin with, one a line.
//
//go:embed denied.txt
var denied string

// The reasons for which a password is refused.
const (
	TooShort  = "short"
	TooLong   = "long"
	TooCommon = "common"
	TooWeak   = "weak"
)

// Strength is how hard a password is to guess.
type Strength struct {
	Score   int    // 0, very weak, to 4, very strong
	Problem string // why it is refused, "" if it is not
}

// Weigh tells how strong a password is. own are words that belong to the person or the
// shop and make a password no stronger.
func Weigh(password string, own ...string) Strength {
	if utf8.RuneCountInString(password) < minPassword {
		return Strength{Score: 0, Problem: TooShort}
	}
	if len(password) > maxPassword {
		return Strength{Score: 0, Problem: TooLong}
	}
	lower := strings.ToLower(password)
	words := []string{"galleria"}
	for _, word := range own {
		if word = strings.ToLower(strings.TrimSpace(word)); utf8.RuneCountInString(word) >= 3 {
			words = append(words, word)
			words = append(words, strings.FieldsFunc(word, func(r rune) bool { return r == '@' || r == '.' || r == ' ' })...)
		}
	}
	if slices.Contains(strings.Split(denied, "\n"), lower) || slices.ContainsFunc(words, func(w string) bool { return strings.ReplaceAll(lower, w, "") == "" }) {
		return Strength{Score: 0, Problem: TooCommon}
	}
	if len(password) > weighed {
		password = password[:weighed]
	}
	password = unit(password)
	s := Strength{Score: zxcvbn.PasswordStrength(password, words).Score}
	if s.Score < minScore {
		s.Problem = TooWeak
	}
	return s
}

// unit is what a password repeats: writing a word five times adds nothing to guess.
func unit(password string) string {
	for n := 1; n <= len(password)/2; n++ {
		if strings.HasPrefix(strings.Repeat(password[:n], len(password)/n+1), password) {
			return password[:n]
		}
	}
	return password
}

// passwordFault is the field error of a refused password, nil for a good one.
func passwordFault(s Strength) []fault.Field {
	switch s.Problem {
	case "":
		return nil
	case TooShort:
		return []fault.Field{{Path: "password", Message: "至少 12 个字符"}}
	case TooLong:
		return []fault.Field{{Path: "password", Message: "最多 200 个字符"}}
	default:
		return []fault.Field{{Path: "password", Message: "密码太容易被猜到"}}
	}
}

// HashedPassword is a new password, ready to be stored.
type HashedPassword struct{ encoded string }

// HashPassword weighs and hashes a new password, before the transaction that stores it.
// Faults: VALIDATION on "password", BUSY.
func (s *Service) HashPassword(ctx context.Context, password string, own ...string) (HashedPassword, error) {
	if fields := passwordFault(Weigh(password, own...)); fields != nil {
		return HashedPassword{}, fault.ErrValidation.With(fields...)
	}
	encoded, err := s.hasher.hash(ctx, password)
	return HashedPassword{encoded: encoded}, err
}

// SetPasswordTx replaces a person's password and makes links that would set another one
// worthless. Sessions go on; end them with the session store. Faults: NOT_FOUND.
func (s *Service) SetPasswordTx(ctx context.Context, tx tenantdb.Tx, staffID int64, p HashedPassword) error {
	n, err := s.q.SetPassword(ctx, tx, p.encoded, tx.Now(), staffID)
	if err == nil && n == 0 {
		return fault.ErrNotFound
	}
	if err != nil {
		return err
	}
	now := tx.Now()
	return s.q.ForgetProofs(ctx, tx, &now, staffID)
}
