package authz

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"galleria/console/authz/internal/authzdb"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// CacheFor is how long a policy is believed, counted from before it was read: with the
// time a request takes, a change holds everywhere within five seconds.
const CacheFor = 4 * time.Second

// maxShops bounds the memory; beyond it everything is forgotten and read again.
const maxShops = 2000

// platformDomain is the domain of the platform's own staff; no tenant's id looks like it.
const platformDomain = "platform"

const modelText = `
[request_definition]
r = sub, dom, obj
[policy_definition]
p = sub, dom, obj
[role_definition]
g = _, _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj
`

// Deps are what the enforcer works with.
type Deps struct {
	DB  *tenantdb.DB
	Now func() time.Time
}

// Enforcer answers for all shops and for the platform. Safe for concurrent use.
type Enforcer struct {
	Deps
	q *authzdb.Queries

	mu      sync.Mutex
	domains map[string]*policy
}

// policy is one domain's enforcer, what it has decided, and when it stops being
// believed. Its mutex lets one reader refresh it while the others wait for the answer.
type policy struct {
	mu      sync.Mutex
	rules   *casbin.Enforcer
	decided map[int64][]string // what each person may do, once asked
	until   time.Time
}

// New returns an enforcer that has read nothing yet.
func New(d Deps) *Enforcer {
	return &Enforcer{Deps: d, q: authzdb.New(), domains: map[string]*policy{}}
}

// Allowed tells whether the member of staff may do p in the shop. An error means that
// the policy could not be read: the caller must deny.
func (e *Enforcer) Allowed(ctx context.Context, shop tenant.ID, staffID int64, p Permission) (bool, error) {
	granted, err := e.Granted(ctx, shop, staffID)
	return err == nil && granted[p], err
}

// Granted returns what the member of staff may do in the shop: one answer per policy and
// person, kept as long as the policy. An error means that the caller must deny.
func (e *Enforcer) Granted(ctx context.Context, shop tenant.ID, staffID int64) (Granted, error) {
	codes, err := e.codes(ctx, shop.String(), staffID, func(ctx context.Context) ([][]string, error) { return e.readShop(ctx, shop) })
	if err != nil {
		return nil, err
	}
	granted := make(Granted, len(codes))
	for _, code := range codes {
		granted[Permission(code)] = true
	}
	return granted, nil
}

// Forget drops what is believed about a shop, after a change made by this process.
func (e *Enforcer) Forget(shop tenant.ID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.domains, shop.String())
}

// ForgetPlatform drops what is believed about the platform's own staff, after a change
// made by this process.
func (e *Enforcer) ForgetPlatform() {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.domains, platformDomain)
}

// ForgetOlder drops what is believed about a shop unless it was read within the last
// second: a denial is worth a second look, because another process may have granted what
// is missing.
func (e *Enforcer) ForgetOlder(shop tenant.ID) {
	held := e.policyOf(shop.String())
	held.mu.Lock()
	defer held.mu.Unlock()
	if e.Now().Add(CacheFor - time.Second).After(held.until) {
		held.rules = nil
	}
}

// PlatformGranted returns what the member of staff may do on the platform. An error
// means that the caller must deny.
func (e *Enforcer) PlatformGranted(ctx context.Context, staffID int64) (PlatformGranted, error) {
	codes, err := e.codes(ctx, platformDomain, staffID, e.readPlatform)
	if err != nil {
		return nil, err
	}
	granted := make(PlatformGranted, len(codes))
	for _, code := range codes {
		granted[PlatformPermission(code)] = true
	}
	return granted, nil
}

// codes returns the person's permissions in a domain, asking Casbin once per policy.
func (e *Enforcer) codes(ctx context.Context, domain string, staffID int64, read func(context.Context) ([][]string, error)) ([]string, error) {
	held := e.policyOf(domain)
	held.mu.Lock()
	defer held.mu.Unlock()
	if held.rules == nil || !e.Now().Before(held.until) {
		if err := held.refresh(ctx, e.Now(), read); err != nil {
			return nil, err
		}
	}
	if codes, ok := held.decided[staffID]; ok {
		return codes, nil
	}
	permissions, err := held.rules.GetImplicitPermissionsForUser(subject(staffID), domain)
	if err != nil {
		return nil, fmt.Errorf("decide: %w", err)
	}
	codes := make([]string, len(permissions))
	for i, p := range permissions {
		codes[i] = p[len(p)-1] // subject, domain, object
	}
	held.decided[staffID] = codes
	return codes, nil
}

// refresh reads the policy anew. What was believed is not believed longer because the
// tables cannot be read now.
func (p *policy) refresh(ctx context.Context, began time.Time, read func(context.Context) ([][]string, error)) error {
	p.rules, p.decided = nil, nil
	lines, err := read(ctx)
	if err != nil {
		return fmt.Errorf("read policy: %w", err)
	}
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		return fmt.Errorf("policy model: %w", err)
	}
	rules, err := casbin.NewEnforcer(m, adapter{lines: lines})
	if err != nil {
		return fmt.Errorf("load policy: %w", err)
	}
	p.rules, p.decided, p.until = rules, map[int64][]string{}, began.Add(CacheFor)
	return nil
}

func (e *Enforcer) policyOf(domain string) *policy {
	e.mu.Lock()
	defer e.mu.Unlock()
	held, ok := e.domains[domain]
	if !ok {
		if len(e.domains) >= maxShops {
			clear(e.domains)
		}
		held = &policy{}
		e.domains[domain] = held
	}
	return held
}

// readShop returns the shop's rules as Casbin's policy lines.
func (e *Enforcer) readShop(ctx context.Context, shop tenant.ID) (lines [][]string, err error) {
	err = e.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		lines = nil // the function may run again
		roles, err := e.q.Roles(ctx, tx, shop.String())
		if err != nil {
			return err
		}
		for _, role := range roles {
			for _, p := range Effective(role.Code, role.Permissions) {
				lines = append(lines, []string{"p", role.Code, shop.String(), string(p)})
			}
		}
		grants, err := e.q.Grants(ctx, tx, shop.String())
		if err != nil {
			return err
		}
		for _, grant := range grants {
			lines = append(lines, []string{"g", subject(grant.StaffID), grant.RoleCode, shop.String()})
		}
		return nil
	})
	return lines, err
}

// readPlatform returns the rules of the platform's own staff.
func (e *Enforcer) readPlatform(ctx context.Context) (lines [][]string, err error) {
	for _, role := range PlatformRoles() {
		for _, p := range role.Permissions {
			lines = append(lines, []string{"p", role.Code, platformDomain, string(p)})
		}
	}
	grants, err := e.q.PlatformGrants(ctx, e.DB.Platform())
	if err != nil {
		return nil, err
	}
	for _, grant := range grants {
		lines = append(lines, []string{"g", subject(grant.StaffID), grant.RoleCode, platformDomain})
	}
	return lines, nil
}

// subject cannot be mistaken for a role's code, which begins with a letter and has no
// colon.
func subject(staffID int64) string { return "staff:" + strconv.FormatInt(staffID, 10) }
