package console

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/audit"
)

// auditPage is how many entries a page of the audit log shows.
const auditPage = 30

// auditList shows the shop's audit log. A date that cannot be read is left out and said so.
func (s *Console) auditList(c *fiber.Ctx, v *visit) error {
	list := view.AuditList{
		Actor: searchWords(c.Query("actor")), Group: searchWords(c.Query("group")), From: c.Query("from"), To: c.Query("to"),
		Object: searchWords(c.Query("object")), MayExport: v.granted[authz.AuditExport],
	}
	filter, invalid := s.auditFilter(v, list.Actor, list.Group, list.Object, list.From, list.To)
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
	facets, err := s.Audit.Facets(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	list.Actors, list.Groups = auditChoices(v, facets, list.Actor, list.Group)
	return render(c, view.AuditListPage(s.page(c, v, v.text.T("audit.title"), "nav.audit"), list))
}

// auditFilter is what the form of the audit log asks for, in the visitor's shop.
func (s *Console) auditFilter(v *visit, actor, group, object, first, last string) (f audit.Filter, invalid string) {
	from, until, invalid := s.dateRange(first, last)
	return audit.Filter{TenantID: v.shop.ID, Actor: actor, Group: group, From: from, Until: until, Object: object}, invalid
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
