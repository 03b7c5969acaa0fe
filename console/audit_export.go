package console

import (
	"context"
	"encoding/csv"
	"encoding/hex"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/console/i18n"
	"galleria/console/view"
	"galleria/tenant/audit"
)

// exportTime bounds an export, from its first row to its last.
const exportTime = 5 * time.Minute

// auditExport sends what the filters of the audit log show as a table for a spreadsheet.
// The export itself is recorded, and refused if it cannot be.
func (s *Console) auditExport(c *fiber.Ctx, v *visit) error {
	log := s.logOf(c, v)
	filter, invalid := s.auditFilter(log, searchWords(form(c, "actor")), searchWords(form(c, "group")), searchWords(form(c, "object")), form(c, "from"), form(c, "to"))
	if invalid != "" { // the page says what is wrong with the dates
		query := url.Values{"from": {form(c, "from")}, "to": {form(c, "to")}}
		return c.Redirect(log.base+"?"+query.Encode(), fiber.StatusSeeOther)
	}
	err := s.Audit.Record(c.UserContext(), audit.Entry{TenantID: log.id, Action: "audit.exported", Detail: exported(c)})
	if err != nil {
		return err
	}
	name := "audit-" + log.name + "-" + s.Now().In(s.texts.Shanghai()).Format("20060102") + ".csv"
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	// The rows are sent after this function has returned. A failure on the way ends the
	// connection without its proper end, so that half a log is not taken for all of it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), exportTime)
	read, write := io.Pipe()
	text := v.text
	go func() {
		defer cancel()
		_ = write.CloseWithError(s.writeAudit(ctx, write, text, filter))
	}()
	c.Context().SetBodyStream(read, -1)
	return nil
}

// exported is what the entry of an export says: which filters were set.
func exported(c *fiber.Ctx) map[string]any {
	set := map[string]any{}
	for _, name := range []string{"actor", "group", "from", "to", "object"} {
		if value := searchWords(form(c, name)); value != "" {
			set[name] = value
		}
	}
	detail := map[string]any{"format": "csv"}
	if len(set) > 0 {
		detail["filter"] = set
	}
	return detail
}

// writeAudit writes the table: sentences as the page shows them, codes beside them.
func (s *Console) writeAudit(ctx context.Context, w io.Writer, text i18n.Printer, f audit.Filter) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil { // tells a spreadsheet that this is UTF-8
		return err
	}
	out := csv.NewWriter(w)
	write := func(cells ...string) error {
		for i := range cells {
			cells[i] = audit.SafeCell(cells[i])
		}
		return out.Write(cells)
	}
	err := write(
		text.T("audit.seq"), text.T("audit.time"), text.T("audit.actor"), text.T("audit.who_role"), text.T("audit.col.what"), text.T("audit.object"),
		text.T("audit.changes"), text.T("audit.ip"), text.T("audit.agent"), text.T("audit.request_id"), text.T("audit.code"), text.T("audit.hash"),
	)
	if err == nil {
		err = s.Audit.Each(ctx, f, func(r audit.Row) error {
			return write(
				strconv.FormatInt(r.Seq, 10), text.Machine(r.At), view.AuditActorName(text, r.Actor, r.ActorName), view.AuditRole(text, r), view.AuditSentence(text, r),
				view.AuditObject(text, r.Object), audit.ChangesText(r.Changes), r.ClientIP, r.Agent, r.RequestID, r.Action, hex.EncodeToString(r.Hash),
			)
		})
	}
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}
