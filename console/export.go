package console

import (
	"context"
	"io"
	"maps"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/sheet"
	"galleria/tenant/audit"
)

// exportTime bounds an export, from its first row to its last.
const exportTime = 5 * time.Minute

// table is what an export sends.
type table struct {
	name   string         // of the file, before the shop's handle and the date
	title  string         // of the sheet
	action string         // of the audit entry
	detail map[string]any // of the audit entry: what was asked for
	head   []string
	// rows gives every row to row, until one is refused.
	rows func(row func(...sheet.Cell) error) error
	// stream gives them within ctx, after the handler has returned; it stands in for rows.
	stream func(ctx context.Context, row func(...sheet.Cell) error) error
}

// export sends a table as a file in the format that the form asks for. That it was taken is
// recorded first, and it is refused if it cannot be.
func (s *Console) export(c *fiber.Ctx, v *visit, t table) error {
	log := s.logOf(c, v)
	format := sheet.Parse(form(c, "format"))
	detail := map[string]any{"format": string(format)}
	maps.Copy(detail, t.detail)
	entry := audit.Entry{TenantID: log.id, Actor: actor(v.session.StaffID), Action: t.action, Detail: detail}
	if err := s.Audit.Record(c.UserContext(), entry); err != nil {
		return err
	}
	name := t.name + "-" + log.name + "-" + s.Now().In(s.texts.Shanghai()).Format("20060102") + "." + string(format)
	c.Set(fiber.HeaderContentType, format.ContentType())
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	// The rows are sent after this function has returned. A failure on the way ends the
	// connection without its proper end, so that half a table is not taken for all of it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), exportTime)
	read, write := io.Pipe()
	go func() {
		defer cancel()
		_ = write.CloseWithError(writeTable(ctx, write, format, t))
	}()
	c.Context().SetBodyStream(read, -1)
	return nil
}

func writeTable(ctx context.Context, w io.Writer, format sheet.Format, t table) error {
	out, err := sheet.New(format, w, t.title)
	if err != nil {
		return err
	}
	head := make([]sheet.Cell, 0, len(t.head))
	for _, h := range t.head {
		head = append(head, sheet.Text(h))
	}
	if err := out.Row(head...); err != nil {
		return err
	}
	if t.stream != nil {
		err = t.stream(ctx, out.Row)
	} else {
		err = t.rows(out.Row)
	}
	if err != nil {
		return err
	}
	return out.Close()
}
