package auth

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/member"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/registry"
	"galleria/web/envelope"
)

// Members finds the member of an access token; *member.Service is one.
type Members interface {
	Authenticate(ctx context.Context, id tenant.ID, appID tenant.AppID, accessToken string) (member.Identity, error)
}

// Auditor records security-relevant acts; *audit.Log is one.
type Auditor interface {
	Record(ctx context.Context, e audit.Entry) error
}

// SessionDeps is what Session needs.
type SessionDeps struct {
	Members Members
	Audit   Auditor
	// MayAudit bounds the audit entries a stranger can cause for a tenant.
	MayAudit func(id tenant.ID) bool
	Log      *slog.Logger
	// Skip names the routes that take no session, such as logging in: an outdated token
	// must not keep anybody from getting a new one.
	Skip func(path string) bool
}

type memberKey struct{}

// Session puts the member of the bearer token into the context. A request without a
// token passes as nobody's; Require turns it away where somebody is needed. Faults:
// AUTH_INVALID, MEMBER_BLOCKED, MALFORMED for a header given twice.
func Session(d SessionDeps) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if d.Skip(c.Path()) {
			return c.Next()
		}
		token, err := bearer(c)
		if err != nil {
			return err
		}
		if token == "" {
			return c.Next()
		}
		ctx := c.UserContext()
		scope, ok := tenant.FromContext(ctx)
		if !ok {
			return registry.ErrUnknownApp
		}
		who, err := d.Members.Authenticate(ctx, scope.Tenant.ID, scope.App.ID, token)
		if err != nil {
			d.reportMismatch(audit.NewContext(ctx, callerOf(c)), scope, err)
			return err
		}
		if r := envelope.RecordOf(ctx); r != nil {
			r.MemberID = who.MemberID
		}
		c.SetUserContext(context.WithValue(ctx, memberKey{}, who))
		return c.Next()
	}
}

// bearer returns the token of the Authorization header, empty if there is none.
func bearer(c *fiber.Ctx) (string, error) {
	values := c.Request().Header.PeekAll(fiber.HeaderAuthorization)
	switch len(values) {
	case 0:
		return "", nil
	case 1:
	default:
		return "", envelope.ErrMalformed.With(field(fiber.HeaderAuthorization, "must be given once"))
	}
	scheme, token, ok := strings.Cut(string(values[0]), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", member.ErrAuthInvalid
	}
	return token, nil
}

// callerOf is where a request comes from, for the audit log.
func callerOf(c *fiber.Ctx) audit.Caller {
	caller := audit.Caller{Actor: "", Name: "", Role: "", IP: "", UserAgent: c.Get(fiber.HeaderUserAgent)}
	if r := envelope.RecordOf(c.UserContext()); r != nil {
		caller.IP = r.ClientIP
	}
	return caller
}

// reportMismatch leaves an audit entry when a token of another tenant was shown.
func (d SessionDeps) reportMismatch(ctx context.Context, scope tenant.Scope, err error) {
	// Compared by identity: the two refusals share the code that the client sees.
	refused, ok := errors.AsType[*fault.Error](err)
	if !ok || refused != member.ErrWrongTenant || !d.MayAudit(scope.Tenant.ID) {
		return
	}
	entry := audit.Entry{
		TenantID: scope.Tenant.ID, Actor: "anonymous", Action: "auth.tenant_mismatch",
		Detail: map[string]any{"app_id": scope.App.ID.String()},
	}
	if err := d.Audit.Record(ctx, entry); err != nil {
		d.Log.ErrorContext(ctx, "audit entry lost", "request_id", tenant.RequestID(ctx), "error", err)
	}
}

// Member returns the member of the request; ok is false for nobody's.
func Member(ctx context.Context) (who member.Identity, ok bool) {
	who, ok = ctx.Value(memberKey{}).(member.Identity)
	return who, ok
}

// Require returns the member of the request. Faults: AUTH_REQUIRED.
func Require(ctx context.Context) (member.Identity, error) {
	who, ok := Member(ctx)
	if !ok {
		return member.Identity{}, member.ErrAuthRequired
	}
	return who, nil
}

func field(path, message string) fault.Field { return fault.Field{Path: path, Message: message} }
