// Package auth finds out who a Mini Program request comes from: App turns the X-App-Id
// header into the tenant, Session turns the bearer token into the member.
//
// It owns the order of trust. The AppID is public and only routes; the tenant comes from
// our directory, and a tenant that a client names anywhere is ignored. The token must
// belong to that tenant and app: one of another tenant is refused without a look into
// any database and leaves an audit entry. It owns no tokens and no sessions: those are
// commerce/member's.
//
// Invariant: behind App, tenant.FromContext always gives an active tenant whose schema
// this binary can serve.
package auth
