package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
	"galleria/tenant/fault"
)

// auditShow shows one entry of an audit log.
func (s *Console) auditShow(c *fiber.Ctx, v *visit) error {
	seq := cursor(c.Params("seq"))
	if seq == 0 {
		return fault.ErrNotFound
	}
	log := s.logOf(c, v)
	row, err := s.Audit.One(c.UserContext(), log.id, seq)
	if err != nil {
		return err
	}
	return render(c, view.AuditShowPage(log.page(v.text.T("audit.one")), view.AuditShow{Row: row, Base: log.base}))
}
