package console

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Members keeps what a shop knows of its buyers; *member.Service is one.
type Members interface {
	readmodel.Receivers
	PhoneIndex(ctx context.Context, id tenant.ID, typed string) ([]byte, error)
	SetNote(ctx context.Context, id tenant.ID, memberID int64, note, actor string) error
	SetTags(ctx context.Context, id tenant.ID, memberID int64, tags []string, actor string) error
	Block(ctx context.Context, id tenant.ID, memberID int64, reason, actor string) error
	Unblock(ctx context.Context, id tenant.ID, memberID int64, actor string) error
	RevealPhone(ctx context.Context, id tenant.ID, memberID int64, reason, actor string) (string, error)
}

// memberShow shows one member with orders and refunds.
func (s *Console) memberShow(c *fiber.Ctx, v *visit) error {
	return s.memberPage(c, v, view.MemberShow{})
}

// memberPage shows a member, with what was typed and refused.
func (s *Console) memberPage(c *fiber.Ctx, v *visit, show view.MemberShow) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if show.MemberDetail, err = s.pages.Member(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	if v.look != nil {
		show.Nickname, show.PhoneHint = maskText(show.Nickname), maskEnd(show.PhoneHint)
		show.Note, show.Reason = hiddenIf(show.Note), hiddenIf(show.Reason)
		maskRows(show.OrderRows)
		maskCases(show.CaseRows)
	}
	if show.Bad == nil {
		show.TypedNote, show.TypedTags = show.Note, strings.Join(show.Tags, "，")
	}
	show.Now, show.MaySeeCases = s.Now(), v.granted[authz.AfterSaleRead]
	show.MaySeeOrders, show.MaySeeRefunds = v.granted[authz.OrderRead], v.granted[authz.RefundRead]
	show.MayUpdate, show.MayBlock, show.MayReveal = v.granted[authz.MemberUpdate], v.granted[authz.MemberBlock], v.granted[authz.MemberReveal]
	show.MaySeePoints, show.MaySeeLevel = v.granted[authz.PointsRead], v.granted[authz.LevelRead]
	p := s.page(c, v, v.text.T("member.one"), "nav.members")
	p.Done = done(c, v)
	return render(c, view.MemberShowPage(p, show))
}

func hiddenIf(text string) string {
	if text == "" {
		return ""
	}
	return hidden
}

// memberActed leads back to the member, or shows the page with what was refused and typed.
func (s *Console) memberActed(c *fiber.Ctx, v *visit, what, field string, show view.MemberShow, err error) error {
	if err == nil {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/members/"+c.Params("id")+"?done="+what), fiber.StatusSeeOther)
	}
	if fault.KindOf(err) != fault.Invalid {
		return err
	}
	c.Status(fiber.StatusUnprocessableEntity)
	show.Bad = map[string]string{field: v.text.T("member.bad." + field)}
	return s.memberPage(c, v, show)
}

// memberNote keeps the shop's note of a member.
func (s *Console) memberNote(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	note := form(c, "note")
	err = s.Members.SetNote(c.UserContext(), v.shop.ID, id, note, actor(v.session.StaffID))
	return s.memberActed(c, v, "member_noted", "note", view.MemberShow{TypedNote: note}, err)
}

// memberTags replaces the tags of a member, written with commas between them.
func (s *Console) memberTags(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	typed := form(c, "tags")
	tags := strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(",，、;；\n", r) })
	err = s.Members.SetTags(c.UserContext(), v.shop.ID, id, tags, actor(v.session.StaffID))
	return s.memberActed(c, v, "member_tagged", "tags", view.MemberShow{TypedTags: typed}, err)
}

// memberBlock keeps a member from logging in and ordering.
func (s *Console) memberBlock(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	reason := form(c, "reason")
	err = s.Members.Block(c.UserContext(), v.shop.ID, id, reason, actor(v.session.StaffID))
	return s.memberActed(c, v, "member_blocked", "reason", view.MemberShow{TypedReason: reason}, err)
}

// memberUnblock lets a member in again.
func (s *Console) memberUnblock(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	return s.memberActed(c, v, "member_unblocked", "", view.MemberShow{}, s.Members.Unblock(c.UserContext(), v.shop.ID, id, actor(v.session.StaffID)))
}

// memberReveal shows the whole phone number, once, to who said why; the audit log has it
// before the page does.
func (s *Console) memberReveal(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	why := form(c, "why")
	number, err := s.Members.RevealPhone(c.UserContext(), v.shop.ID, id, why, actor(v.session.StaffID))
	if err != nil {
		return s.memberActed(c, v, "", "why", view.MemberShow{TypedWhy: why}, err)
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return s.memberPage(c, v, view.MemberShow{Revealed: number})
}
