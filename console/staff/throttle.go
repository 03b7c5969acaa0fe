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

// Tries are the recorded tries of one proof, which count as failures until it has proven
// right.
type Tries struct {
	account, address string
	ids              []int64
}

// Admit counts a try for an account, such as "account:li" or "factor:12", and for the
// address, or refuses it with LOGIN_THROTTLED and the time to wait. Both scopes are locked
// in a fixed order, so that two sign-ins cannot wait for each other.
func (s *Service) Admit(ctx context.Context, account, ip string) (t Tries, err error) {
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		t, err = s.admitTx(ctx, tx, account, ip)
		return err
	})
	return t, err
}

func (s *Service) admitTx(ctx context.Context, tx tenantdb.Tx, account, ip string) (Tries, error) {
	t := Tries{account: account, address: "ip:" + network(ip)}
	for _, scope := range []string{t.account, t.address} {
		if err := s.q.LockScope(ctx, tx, scope); err != nil {
			return t, err
		}
		recent, err := s.q.RecentTries(ctx, tx, scope, tx.Now().Add(-Window), TriesPerWindow)
		if err != nil {
			return t, err
		}
		if recent.Tries >= TriesPerWindow {
			wait := recent.Oldest.Add(Window).Sub(tx.Now())
			return t, ErrTooManyTries.After(max(wait.Round(time.Second), time.Second))
		}
	}
	for _, scope := range []string{t.account, t.address} {
		id, err := s.q.RecordTry(ctx, tx, scope, tx.Now())
		if err != nil {
			return t, err
		}
		t.ids = append(t.ids, id)
	}
	return t, nil
}

// Forgive takes a try back that was right: the account starts afresh, the address only
// loses this one try, so that one known password does not buy guesses at others.
func (s *Service) Forgive(ctx context.Context, t Tries) error {
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
