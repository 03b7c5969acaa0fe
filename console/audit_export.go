package console

import (
	"context"
	"encoding/hex"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/sheet"
	"galleria/console/i18n"
	"galleria/console/view"
	"galleria/tenant/audit"
)

// auditExport sends what the filters of the audit log show as a table for a spreadsheet.
// The export itself is recorded, and refused if it cannot be.
func (s *Console) auditExport(c *fiber.Ctx, v *visit) error {
	log := s.logOf(c, v)
	filter, invalid := s.auditFilter(log, searchWords(form(c, "actor")), searchWords(form(c, "group")), searchWords(form(c, "object")), form(c, "from"), form(c, "to"))
	if invalid != "" { // the page says what is wrong with the dates
		query := url.Values{"from": {form(c, "from")}, "to": {form(c, "to")}}
		return c.Redirect(log.base+"?"+query.Encode(), fiber.StatusSeeOther)
	}
	t := v.text
	return s.export(c, v, table{
		name: "audit", title: t.T("audit.title"), action: "audit.exported", detail: exported(c),
		head: []string{
			t.T("audit.seq"), t.T("audit.time"), t.T("audit.actor"), t.T("audit.who_role"), t.T("audit.col.what"), t.T("audit.object"),
			t.T("audit.changes"), t.T("audit.ip"), t.T("audit.agent"), t.T("audit.request_id"), t.T("audit.code"), t.T("audit.hash"),
		},
		stream: func(ctx context.Context, row func(...sheet.Cell) error) error {
			return s.Audit.Each(ctx, filter, func(r audit.Row) error { return row(auditCells(t, r)...) })
		},
	})
}

// auditCells are an entry: sentences as the page shows them, codes beside them.
func auditCells(t i18n.Printer, r audit.Row) []sheet.Cell {
	texts := []string{
		t.Machine(r.At), view.AuditActorName(t, r.Actor, r.ActorName), view.AuditRole(t, r), view.AuditSentence(t, r), view.AuditObject(t, r.Object),
		audit.ChangesText(r.Changes), r.ClientIP, r.Agent, r.RequestID, r.Action, hex.EncodeToString(r.Hash),
	}
	cells := []sheet.Cell{sheet.Count(r.Seq)}
	for _, text := range texts {
		cells = append(cells, sheet.Text(text))
	}
	return cells
}

// exported is what the entry of an export says: which filters were set.
func exported(c *fiber.Ctx) map[string]any {
	set := map[string]any{}
	for _, name := range []string{"actor", "group", "from", "to", "object"} {
		if value := searchWords(form(c, name)); value != "" {
			set[name] = value
		}
	}
	if len(set) == 0 {
		return nil
	}
	return map[string]any{"filter": set}
}
