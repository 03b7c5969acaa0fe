package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/view"
	"galleria/tenant/fault"
)

// messageList shows the messages of a development installation. Where messages are sent
// there is no such page.
func (s *Console) messageList(c *fiber.Ctx, v *visit) error {
	if s.Opening == nil || s.Opening.Desk == nil {
		return fault.ErrNotFound
	}
	var letters []view.Letter
	for _, m := range s.Opening.Desk.Messages() {
		letters = append(letters, view.Letter{
			At: v.text.DateTimeSeconds(m.At), Way: string(m.Way), To: m.To, Kind: string(m.Kind), Subject: m.Subject, Text: m.Text,
		})
	}
	return render(c, view.MessageListPage(s.page(c, v, v.text.T("desk.title"), ""), letters))
}
