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

// CacheFor is how long a shop's policy is believed before it is read again.
const CacheFor = 5 * time.Second

// maxShops bounds the memory; beyond it everything is forgotten and read again.
const maxShops = 2000

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

// Enforcer answers for all shops. Safe for concurrent use.
type Enforcer struct {
	Deps
	q *authzdb.Queries

	mu    sync.Mutex
	shops map[tenant.ID]*policy
}

// policy is one shop's enforcer and when it stops being believed. Its mutex lets one
// reader refresh it while the others wait for the answer.
type policy struct {
	mu    sync.Mutex
	rules *casbin.Enforcer
	until time.Time
}

// New returns an enforcer that has read nothing yet.
func New(d Deps) *Enforcer {
	return &Enforcer{Deps: d, q: authzdb.New(), shops: map[tenant.ID]*policy{}}
}

// Allowed tells whether the member of staff may do p in the shop. An error means that
// the policy could not be read: the caller must deny.
func (e *Enforcer) Allowed(ctx context.Context, shop tenant.ID, staffID int64, p Permission) (bool, error) {
	rules, err := e.rules(ctx, shop)
	if err != nil {
		return false, err
	}
	ok, err := rules.Enforce(subject(staffID), shop.String(), string(p))
	if err != nil {
		return false, fmt.Errorf("decide %s: %w", p, err)
	}
	return ok, nil
}

// Granted returns what the member of staff may do in the shop.
func (e *Enforcer) Granted(ctx context.Context, shop tenant.ID, staffID int64) (map[Permission]bool, error) {
	granted := make(map[Permission]bool, len(Permissions()))
	for _, p := range Permissions() {
		ok, err := e.Allowed(ctx, shop, staffID, p)
		if err != nil {
			return nil, err
		}
		granted[p] = ok
	}
	return granted, nil
}

func (e *Enforcer) rules(ctx context.Context, shop tenant.ID) (*casbin.Enforcer, error) {
	held := e.policyOf(shop)
	held.mu.Lock()
	defer held.mu.Unlock()
	if held.rules != nil && e.Now().Before(held.until) {
		return held.rules, nil
	}
	// What was believed is not believed longer because the tables cannot be read now.
	held.rules = nil
	lines, err := e.read(ctx, shop)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		return nil, fmt.Errorf("policy model: %w", err)
	}
	rules, err := casbin.NewEnforcer(m, adapter{lines: lines})
	if err != nil {
		return nil, fmt.Errorf("load policy: %w", err)
	}
	held.rules, held.until = rules, e.Now().Add(CacheFor)
	return rules, nil
}

func (e *Enforcer) policyOf(shop tenant.ID) *policy {
	e.mu.Lock()
	defer e.mu.Unlock()
	held, ok := e.shops[shop]
	if !ok {
		if len(e.shops) >= maxShops {
			clear(e.shops)
		}
		held = &policy{}
		e.shops[shop] = held
	}
	return held
}

// read returns the shop's rules as Casbin's policy lines.
func (e *Enforcer) read(ctx context.Context, shop tenant.ID) (lines [][]string, err error) {
	err = e.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		lines = nil // the function may run again
		roles, err := e.q.Roles(ctx, tx, shop.String())
		if err != nil {
			return err
		}
		for _, role := range roles {
			for _, code := range role.Permissions {
				lines = append(lines, []string{"p", role.Code, shop.String(), code})
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

// subject cannot be mistaken for a role's code, which begins with a letter and has no
// colon.
func subject(staffID int64) string { return "staff:" + strconv.FormatInt(staffID, 10) }
