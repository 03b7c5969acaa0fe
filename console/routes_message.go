package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

// The routes of messages: what the shop tells, and what its staff are told.
const (
	messagesPath = "/messages"
	noticesPath  = "/notices"
)

// messageTable lists the routes of messages. The board shows each member of staff only what
// else they may see, so everybody may open it.
func (s *Console) messageTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const all, template = shopPath + messagesPath, shopPath + messagesPath + "/templates/:app/:event"
	read, update, anybody := authz.Require(authz.MessageRead), authz.Require(authz.MessageUpdate), authz.Require(authz.DashboardRead)
	return []route{
		{get, shopPath + noticesPath, anybody, s.noticeList},
		{post, shopPath + noticesPath + "/seen", anybody, s.noticeSeen},
		{get, all, read, s.messageSettings},
		{post, all, update, s.messageSave},
		{get, all + "/log", read, s.messageLog},
		{get, template, update, s.messageTemplate},
		{post, template, update, s.messageTemplateSave},
		{post, template + "/test", update, s.messageTest},
		{post, template + "/delete", update, s.messageTemplateDrop},
	}
}
