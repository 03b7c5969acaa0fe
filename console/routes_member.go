package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

const membersPath = shopPath + "/members"

// memberTable lists the routes of members.
func (s *Console) memberTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const one = membersPath + "/:id"
	return []route{
		{get, membersPath, authz.Require(authz.MemberRead), s.memberList},
		{get, one, authz.Require(authz.MemberRead), s.memberShow},
		{post, one + "/note", authz.Require(authz.MemberUpdate), s.memberNote},
		{post, one + "/tags", authz.Require(authz.MemberUpdate), s.memberTags},
		{post, one + "/block", authz.Require(authz.MemberBlock), s.memberBlock},
		{post, one + "/unblock", authz.Require(authz.MemberBlock), s.memberUnblock},
		{post, one + "/phone", authz.Require(authz.MemberReveal), s.memberReveal},
	}
}
