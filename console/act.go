package console

import (
	"errors"
	"regexp"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// act does something and records it in one transaction: neither exists without the other.
// The entry is the viewer's, in the shop of the page if there is one; do may add to it.
func (s *Console) act(c *fiber.Ctx, v *visit, e *audit.Entry, do func(tx tenantdb.Tx) error) error {
	ctx := c.UserContext()
	e.Actor = actor(v.session.StaffID)
	if v.shop != nil {
		e.TenantID = v.shop.ID
	}
	if e.Detail == nil {
		e.Detail = map[string]any{}
	}
	e.Detail["ip"] = clientIP(c)
	if v.shop != nil { // what this process believes about the shop may be what changes
		defer s.rights.Forget(v.shop.ID)
	}
	return s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, *e)
	})
}

// sentence is what a refusal tells people, "" for a failure that is none.
func sentence(v *visit, err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return ""
	}
	switch f.Kind() {
	case fault.Conflict, fault.Forbidden, fault.NotFound, fault.Invalid, fault.Throttled:
		return textOf(v, f)
	default:
		return ""
	}
}

// textOf is the sentence of a fault in the viewer's language; of another error there is
// nothing to show.
func textOf(v *visit, err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return ""
	}
	return f.Text(string(v.text.Lang()))
}

var doneForm = regexp.MustCompile(`^[a-z_]{1,40}$`)

// done is what the form before this page did, as the address says; nothing that is not a
// text of ours.
func done(c *fiber.Ctx, v *visit) string {
	what := c.Query("done")
	if !doneForm.MatchString(what) || !v.text.Has("done."+what) {
		return ""
	}
	return what
}

// pathID reads a number out of the address. Faults: NOT_FOUND.
func pathID(c *fiber.Ctx, name string) (int64, error) {
	id, err := strconv.ParseInt(c.Params(name), 10, 64)
	if err != nil || id <= 0 {
		return 0, fault.ErrNotFound
	}
	return id, nil
}

// formAll returns every value of a field of the posted form.
func formAll(c *fiber.Ctx, name string) []string {
	var out []string
	for _, value := range c.Request().PostArgs().PeekMulti(name) {
		out = append(out, string(value))
	}
	return out
}
