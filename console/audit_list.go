package console

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/audit"
)

// auditPage is how many entries a page of the audit log shows.
const auditPage = 30

// auditLog is the log that a page is about: the shop's, or the platform's own.
type auditLog struct {
	id        tenant.ID // zero for the platform's
	base      string    // address of its list
	name      string    // in the names of exported files
	mayExport bool
	page      func(title string) view.Page
}

// logOf is the log of the visitor's shop, or on the platform's pages the platform's.
func (s *Console) logOf(c *fiber.Ctx, v *visit) auditLog {
	if v.shop == nil {
		return auditLog{
			base: platformURL + "/audit", name: audit.Platform, mayExport: v.platform[authz.PlatformAuditExport],
			page: func(title string) view.Page {
				p := s.platformPage(c, v, title, "platform.audit")
				if c.Method() == fiber.MethodPost { // the answer to a form stands at no address of its own
					p.Back = platformURL + "/audit"
				}
				return p
			},
		}
	}
	return auditLog{
		id: v.shop.ID, base: view.Shop{Handle: v.shop.Handle}.URL("/audit"), name: v.shop.Handle, mayExport: v.granted[authz.AuditExport],
		page: func(title string) view.Page { return s.page(c, v, title, "nav.audit") },
	}
}

// auditList shows an audit log. A date that cannot be read is left out and said so.
func (s *Console) auditList(c *fiber.Ctx, v *visit) error { return s.showAudit(c, v, nil) }

func (s *Console) showAudit(c *fiber.Ctx, v *visit, state *view.AuditState) error {
	log := s.logOf(c, v)
	list := view.AuditList{
		Actor: searchWords(c.Query("actor")), Group: searchWords(c.Query("group")), From: c.Query("from"), To: c.Query("to"),
		Object: searchWords(c.Query("object")), MayExport: log.mayExport, Base: log.base, State: state,
	}
	filter, invalid := s.auditFilter(log, list.Actor, list.Group, list.Object, list.From, list.To)
	list.Invalid = invalid
	before := cursor(c.Query("before"))
	list.OnFirst = before == 0
	rows, more, err := s.Audit.Page(c.UserContext(), filter, before, auditPage)
	if err != nil {
		return err
	}
	list.Rows = rows
	if more {
		list.Next = rows[len(rows)-1].Seq
	}
	facets, err := s.Audit.Facets(c.UserContext(), log.id)
	if err != nil {
		return err
	}
	list.Actors, list.Groups = auditChoices(v, facets, list.Actor, list.Group)
	return render(c, view.AuditListPage(log.page(v.text.T("audit.title")), list))
}

// auditFilter is what the form of the audit log asks for.
func (s *Console) auditFilter(log auditLog, actor, group, object, first, last string) (f audit.Filter, invalid string) {
	from, until, invalid := s.dateRange(first, last)
	return audit.Filter{TenantID: log.id, Actor: actor, Group: group, From: from, Until: until, Object: object}, invalid
}

// auditChoices lists whom and what the filter offers: who acted lately, and what is chosen.
func auditChoices(v *visit, facets []audit.Facet, actor, group string) (actors []view.AuditActor, groups []string) {
	names := map[string]string{}
	for _, f := range facets {
		if names[f.Actor] == "" {
			names[f.Actor] = f.Name
		}
		groups = append(groups, f.Group)
	}
	if _, ok := names[actor]; !ok && actor != "" {
		names[actor] = ""
	}
	if group != "" {
		groups = append(groups, group)
	}
	for id, name := range names {
		actors = append(actors, view.AuditActor{Value: id, Label: view.AuditActorName(v.text, id, name)})
	}
	slices.SortFunc(actors, func(a, b view.AuditActor) int { return strings.Compare(a.Label+a.Value, b.Label+b.Value) })
	slices.Sort(groups)
	return actors, slices.Compact(groups)
}
