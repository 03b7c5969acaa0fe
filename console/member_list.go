package console

import (
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/money"
	"galleria/console/readmodel"
	"galleria/console/view"
)

// day is a day of a filter that counts back from now.
const day = 24 * time.Hour

// memberList shows the members that match the filters. A choice that no link of ours makes
// is left out.
func (s *Console) memberList(c *fiber.Ctx, v *visit) error {
	known := func(name string, choices []string) string {
		if value := c.Query(name); slices.Contains(choices, value) {
			return value
		}
		return ""
	}
	list := view.MemberList{
		Status: known("status", readmodel.MemberTabs()), Query: searchWords(c.Query("q")), Tag: searchWords(c.Query("tag")),
		Spent: known("spent", view.MemberSpents()), Seen: known("seen", view.MemberSeens()), Joined: known("joined", view.MemberJoineds()),
	}
	list.Level = cursor(c.Query("level"))
	in := readmodel.MemberFilter{Level: list.Level, Status: list.Status, Tag: list.Tag, Before: cursor(c.Query("before"))}
	if v.look != nil { // a guest does not look for people
		list.Query = ""
	}
	if in.Query = list.Query; in.Query != "" {
		var err error
		if in.PhoneIndex, err = s.Members.PhoneIndex(c.UserContext(), v.shop.ID, in.Query); err != nil {
			return err
		}
	}
	now := s.Now()
	back := func(days string) time.Time {
		n, err := strconv.Atoi(days)
		if err != nil {
			return time.Time{}
		}
		return now.Add(-time.Duration(n) * day)
	}
	if n, err := strconv.ParseInt(list.Spent, 10, 64); err == nil {
		in.Spent = money.Fen(n * 100)
	}
	in.Joined = back(list.Joined)
	switch list.Seen {
	case "never":
		in.Never = true
	case "asleep":
		in.Asleep = now.Add(-90 * day)
	default:
		in.Ordered = back(list.Seen)
	}
	list.OnFirst = in.Before == 0
	page, err := s.pages.Members(c.UserContext(), v.shop.ID, in)
	if err != nil {
		return err
	}
	if v.look != nil {
		for i := range page.Rows {
			page.Rows[i].Nickname, page.Rows[i].PhoneHint = maskText(page.Rows[i].Nickname), maskEnd(page.Rows[i].PhoneHint)
		}
	}
	list.MemberPage = page
	return render(c, view.MemberListPage(s.page(c, v, v.text.T("member.title"), "nav.members"), list))
}
