package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
	"galleria/tenant/fault"
)

// auditShow shows one entry of the shop's audit log.
func (s *Console) auditShow(c *fiber.Ctx, v *visit) error {
	seq := cursor(c.Params("seq"))
	if seq == 0 {
		return fault.ErrNotFound
	}
	row, err := s.Audit.One(c.UserContext(), v.shop.ID, seq)
	if err != nil {
		return err
	}
	return render(c, view.AuditShowPage(s.page(c, v, v.text.T("audit.one"), "nav.audit"), view.AuditShow{Row: row}))
}
