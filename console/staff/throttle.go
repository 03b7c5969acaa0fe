package staff

import (
	"context"
	"net/netip"
	"time"

	"galleria/tenant/tenantdb"
)

const (
	// TriesPerWindow is how many failures an account or an address may have.
	TriesPerWindow = 10
	// Window is how long a failure counts.
	Window = 5 * time.Minute
)

// tries are the recorded tries of one sign-in, which count as failures until the
// password has proven right.
type tries struct {
	account, address string
	ids              []int64
}

// admit counts a try for the account and the address, or refuses it with
// LOGIN_THROTTLED and the time to wait. Both scopes are locked in a fixed order, so
// that two sign-ins cannot wait for each other.
func (s *Service) admit(ctx context.Context, login, ip string) (t tries, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		t = tries{account: "account:" + login, address: "ip:" + network(ip)}
		for _, scope := range []string{t.account, t.address} {
			if err := s.q.LockScope(ctx, tx, scope); err != nil {
				return err
			}
			recent, err := s.q.RecentTries(ctx, tx, scope, tx.Now().Add(-Window), TriesPerWindow)
			if err != nil {
				return err
			}
			if recent.Tries >= TriesPerWindow {
				wait := recent.Oldest.Add(Window).Sub(tx.Now())
				return ErrTooManyTries.After(max(wait.Round(time.Second), time.Second))
			}
		}
		for _, scope := range []string{t.account, t.address} {
			id, err := s.q.RecordTry(ctx, tx, scope, tx.Now())
			if err != nil {
				return err
			}
			t.ids = append(t.ids, id)
		}
		return nil
	})
	return t, err
}

// forgive takes a try back that was right: the account starts afresh, the address only
// loses this one try, so that one known password does not buy guesses at others.
func (s *Service) forgive(ctx context.Context, t tries) error {
	return s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		for _, id := range t.ids {
			if err := s.q.ForgetTry(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := s.q.ForgetScope(ctx, tx, t.account); err != nil {
			return err
		}
		return s.q.ForgetOldTries(ctx, tx)
	})
}

// network is what counts as one address: the address itself, or its /64 in IPv6.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return addr.String()
	}
	return prefix.String()
}
