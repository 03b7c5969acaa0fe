package provision

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"galleria/tenant/tenantdb"
)

var handleForm = regexp.MustCompile(`^[a-z][a-z0-9-]{1,30}[a-z0-9]$`)

// wellFormed reports whether s can be a handle at all.
func wellFormed(s string) bool { return handleForm.MatchString(s) && !strings.Contains(s, "--") }

// reservedWords are words of the console's addresses and names that would mislead.
func reservedWords() []string {
	return []string{
		"account", "admin", "administrator", "alipay", "api", "app", "apps", "audit", "billing", "console", "dev", "docs", "galleria",
		"guanfang", "help", "kefu", "locale", "login", "logout", "mail", "media", "new", "notify", "official", "onboarding", "openapi",
		"platform", "pay", "payment", "reauth", "root", "security", "settings", "shop", "shops", "signin", "sign-in", "signup", "sign-up",
		"staff", "static", "status", "support", "system", "taobao", "tenpay", "terms", "theme", "tmall", "unionpay", "wechat", "weixin",
		"wechatpay", "weixinpay", "www",
	}
}

// misleadingWords make any handle look like ours or a provider's, whatever stands beside
// them: "wechat-pay-help" is nobody's shop.
func misleadingWords() []string {
	return []string{
		"admin", "administrator", "alipay", "galleria", "guanfang", "kefu", "official", "platform", "security", "support", "tenpay",
		"unionpay", "wechat", "wechatpay", "weixin", "weixinpay",
	}
}

// reserved reports a reserved word, or something that looks like one or has a misleading
// word in it.
func reserved(handle string) bool {
	like := func(words []string, text string) bool {
		skeleton := Skeleton(text)
		return slices.ContainsFunc(words, func(word string) bool { return Skeleton(word) == skeleton })
	}
	return like(reservedWords(), handle) ||
		slices.ContainsFunc(strings.Split(handle, "-"), func(part string) bool { return like(misleadingWords(), part) })
}

// Skeleton is a handle with what the eye confuses made one: 0 and o; 1, l and i; 5 and s;
// rn and m; vv and w; hyphens. Two handles with one skeleton pass for each other. The
// migration that introduced it computes the same in SQL.
func Skeleton(handle string) string {
	s := handle
	for _, pair := range [][2]string{{"-", ""}, {"rn", "m"}, {"vv", "w"}, {"o", "0"}, {"i", "1"}, {"l", "1"}, {"5", "s"}} {
		s = strings.ReplaceAll(s, pair[0], pair[1])
	}
	return s
}

// HandleState is what somebody who wishes for a handle learns about it.
type HandleState string

// The states of a handle. A handle that only looks like another is taken, too: which one
// it looks like is nobody's business.
const (
	HandleFree      HandleState = "free"
	HandleMalformed HandleState = "malformed"
	HandleTaken     HandleState = "taken"
)

// Check tells whether the request with this key could have the handle, and if not, names
// up to three like it that it could have. It holds nothing: Hold does.
func (s *Service) Check(ctx context.Context, handle, requestKey string) (state HandleState, suggestions []string, err error) {
	if !wellFormed(handle) {
		return HandleMalformed, nil, nil
	}
	if reserved(handle) {
		return HandleTaken, nil, nil // what is like a misleading word misleads
	}
	candidates := []string{handle}
	stem := strings.TrimRight(handle[:min(len(handle), 28)], "-")
	for n := 2; n <= 9; n++ {
		candidates = append(candidates, stem+"-"+strconv.Itoa(n))
	}
	skeletons := make([]string, len(candidates))
	for i, c := range candidates {
		skeletons[i] = Skeleton(c)
	}
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		held, err := s.q.HeldSkeletons(ctx, tx, skeletons, requestKey)
		if err != nil {
			return err
		}
		state, suggestions = HandleTaken, nil
		for i, c := range candidates {
			if slices.Contains(held, skeletons[i]) || reserved(c) || !wellFormed(c) {
				continue
			}
			if i == 0 {
				state = HandleFree
				return nil
			}
			if suggestions = append(suggestions, c); len(suggestions) == 3 {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return "", nil, fmt.Errorf("check handle: %w", err)
	}
	return state, suggestions, nil
}

// HoldTx keeps a handle for the request with this key, in the caller's platform
// transaction; OpenShop or Claim with the same key takes it. Holding it again is no error.
// Faults: VALIDATION, HANDLE_TAKEN.
func (s *Service) HoldTx(ctx context.Context, tx tenantdb.Tx, handle, requestKey string) error {
	if !wellFormed(handle) {
		return errHandleForm
	}
	if reserved(handle) {
		return ErrHandleTaken
	}
	if err := s.q.Hold(ctx, tx, handle, Skeleton(handle), requestKey); err != nil {
		return fmt.Errorf("hold handle: %w", err)
	}
	holder, err := s.q.HolderOf(ctx, tx, handle)
	if tenantdb.NoRows(err) || (err == nil && holder != requestKey) {
		return ErrHandleTaken // by another request, or one that looks like it is
	}
	return err
}

// ReleaseTx gives up what the request holds, except keep, which may be empty. The handle
// of a shop stays held.
func (s *Service) ReleaseTx(ctx context.Context, tx tenantdb.Tx, requestKey, keep string) error {
	if err := s.q.Release(ctx, tx, requestKey, keep); err != nil {
		return fmt.Errorf("release handle: %w", err)
	}
	return nil
}
