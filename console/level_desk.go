package console

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/level"
	"galleria/commerce/money"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Levels is what staff do with levels; *level.Service is one.
type Levels interface {
	Terms(ctx context.Context, id tenant.ID) (level.Terms, error)
	SaveTerms(ctx context.Context, id tenant.ID, t level.Terms, actor string) error
	Levels(ctx context.Context, id tenant.ID) ([]level.Level, error)
	Find(ctx context.Context, id tenant.ID, levelID int64) (level.Level, error)
	Save(ctx context.Context, id tenant.ID, l level.Level, actor string) (int64, error)
	End(ctx context.Context, id tenant.ID, levelID, version int64, actor string) error
	Prices(ctx context.Context, id tenant.ID, levelID, after int64) ([]level.Price, int64, error)
	SetPrices(ctx context.Context, id tenant.ID, levelID, version int64, lines []level.Wish, actor string) ([]level.Wrong, error)
	Standing(ctx context.Context, id tenant.ID, memberID int64) (level.Standing, error)
	Entries(ctx context.Context, id tenant.ID, memberID, before int64) ([]level.Entry, int64, error)
	Adjust(ctx context.Context, id tenant.ID, in level.AdjustInput) error
}

const navLevels = "nav.levels"

func (s *Console) levelTabs(v *visit, here string) view.LevelTabs {
	return view.LevelTabs{Here: here, MayUpdate: v.granted[authz.LevelUpdate]}
}

// levelList shows the levels and how many members have each.
func (s *Console) levelList(c *fiber.Ctx, v *visit) error {
	list := view.LevelList{LevelTabs: s.levelTabs(v, "")}
	var err error
	if list.Terms, err = s.Levels.Terms(c.UserContext(), v.shop.ID); err != nil {
		return err
	}
	if list.Levels, err = s.Levels.Levels(c.UserContext(), v.shop.ID); err != nil {
		return err
	}
	p := s.page(c, v, v.text.T("level.title"), navLevels)
	p.Done = done(c, v)
	return render(c, view.LevelListPage(p, list))
}

func (s *Console) levelsDone(c *fiber.Ctx, v *visit, rest, what string) error {
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(levelsPath+rest+"?done="+what), fiber.StatusSeeOther)
}

// levelPrices shows what single SKUs cost the members of a level.
func (s *Console) levelPrices(c *fiber.Ctx, v *visit) error {
	return s.levelPricesPage(c, v, view.LevelPrices{})
}

func (s *Console) levelPricesPage(c *fiber.Ctx, v *visit, show view.LevelPrices) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if show.Level, err = s.Levels.Find(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	after := cursor(c.Query("after"))
	if show.Prices, show.Next, err = s.Levels.Prices(c.UserContext(), v.shop.ID, id, after); err != nil {
		return err
	}
	show.OnFirst, show.MayUpdate = after == 0, v.granted[authz.LevelUpdate]
	p := s.page(c, v, v.text.T("level.prices_title", show.Level.Name), navLevels)
	p.Done = done(c, v)
	return render(c, view.LevelPricesPage(p, show))
}

// levelPricesSave takes prices that were pasted: all of them, or none.
func (s *Console) levelPricesSave(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	show := view.LevelPrices{Text: form(c, "rows")}
	wishes, numbers, wrong := pastedPrices(v, show.Text)
	if len(wishes) == 0 && len(wrong) == 0 {
		wrong = []string{v.text.T("level.wrong.empty")}
	}
	if len(wrong) == 0 {
		version, _ := strconv.ParseInt(form(c, "version"), 10, 64) // none is never the present one
		bad, err := s.Levels.SetPrices(c.UserContext(), v.shop.ID, id, version, wishes, actor(v.session.StaffID))
		switch {
		case fault.KindOf(err) == fault.Invalid && err != nil:
			wrong = append(wrong, v.text.T("level.wrong.many", v.text.Count(level.MostPasted)))
		case s.refusedForm(c, v, err):
			show.Problem = sentence(v, err)
			return s.levelPricesPage(c, v, show)
		case err != nil:
			return err
		}
		for _, w := range bad {
			wrong = append(wrong, v.text.T("level.wrong_line", strconv.Itoa(numbers[w.Line]), wishes[w.Line].SKU, v.text.Code("level.wrong", string(w.Problem))))
		}
	}
	if len(wrong) == 0 {
		return s.levelsDone(c, v, "/"+itoa64(id)+"/prices", "level_priced")
	}
	show.Wrong = wrong
	c.Status(fiber.StatusUnprocessableEntity)
	return s.levelPricesPage(c, v, show)
}

// pastedPrices reads lines of a SKU and its price, as they come out of a spreadsheet: with tabs,
// commas or blanks between them. "-" for a price ends it. numbers are the lines' places in the text.
func pastedPrices(v *visit, text string) (wishes []level.Wish, numbers []int, wrong []string) {
	for i, line := range strings.Split(text, "\n") {
		cells := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("\t,，; \r", r) })
		if len(cells) == 0 {
			continue
		}
		number := i + 1
		if len(cells) != 2 {
			wrong = append(wrong, v.text.T("level.wrong_line", strconv.Itoa(number), strings.TrimSpace(line), v.text.T("level.wrong.cells")))
			continue
		}
		wish := level.Wish{SKU: cells[0]}
		if cells[1] != "-" {
			fen, err := yuan(cells[1])
			if err != nil || fen < 0 {
				wrong = append(wrong, v.text.T("level.wrong_line", strconv.Itoa(number), cells[0], v.text.T("level.wrong.number")))
				continue
			}
			wish.Fen = &fen
		}
		wishes, numbers = append(wishes, wish), append(numbers, number)
	}
	return wishes, numbers, wrong
}

// levelMember shows one member's growth and level.
func (s *Console) levelMember(c *fiber.Ctx, v *visit) error {
	return s.levelMemberPage(c, v, view.LevelMember{Way: "give"})
}

func (s *Console) levelMemberPage(c *fiber.Ctx, v *visit, show view.LevelMember) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	who, err := s.pages.Member(c.UserContext(), v.shop.ID, id)
	if err != nil {
		return err
	}
	if show.Standing, err = s.Levels.Standing(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	before := cursor(c.Query("before"))
	if show.Entries, show.Next, err = s.Levels.Entries(c.UserContext(), v.shop.ID, id, before); err != nil {
		return err
	}
	show.ID, show.Name, show.OnFirst = id, who.Nickname, before == 0
	if v.look != nil {
		show.Name = maskText(show.Name)
		for i := range show.Entries {
			show.Entries[i].Reason = hiddenIf(show.Entries[i].Reason)
		}
	}
	show.MayAdjust = v.granted[authz.LevelAdjust] && who.Status != "left" && who.Status != "merged"
	if show.Key == "" {
		show.Key = rand.Text()
	}
	p := s.page(c, v, v.text.T("level.of_member"), "nav.members")
	p.Done = done(c, v)
	return render(c, view.LevelMemberPage(p, show))
}

// levelAdjust gives a member growth, or takes some; a form that is sent twice does it once.
func (s *Console) levelAdjust(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	show := view.LevelMember{Way: form(c, "way"), Growth: strings.TrimSpace(form(c, "growth")), Reason: strings.TrimSpace(form(c, "reason")), Key: form(c, "key"), Bad: map[string]string{}}
	n, ok := whole(show.Growth, mostOf)
	if !ok || n == 0 {
		show.Bad["growth"] = v.text.T("level.bad.growth")
	}
	if show.Reason == "" {
		show.Bad["reason"] = v.text.T("points.bad.reason")
	}
	if show.Way == "take" {
		n = -n
	}
	if len(show.Bad) == 0 {
		err = s.Levels.Adjust(c.UserContext(), v.shop.ID, level.AdjustInput{
			MemberID: id, Growth: n, Reason: show.Reason, Key: "console:" + itoa64(id) + ":" + show.Key, Actor: actor(v.session.StaffID),
		})
	}
	switch {
	case len(show.Bad) > 0:
	case err != nil && fault.KindOf(err) == fault.Invalid:
		show.Bad["reason"] = v.text.T("points.bad.reason")
	case fault.CodeOf(err) == level.ErrShort.Code():
		show.Bad["growth"] = v.text.T("level.bad.short")
	case err != nil:
		return err
	default:
		return s.levelsDone(c, v, "/members/"+itoa64(id), "level_adjusted")
	}
	c.Status(fiber.StatusUnprocessableEntity)
	return s.levelMemberPage(c, v, show)
}

// pointsTimes reads how many times as many points, such as 1.5; nothing typed is once.
func pointsTimes(r typedReader, name string) money.Rate {
	if r.typed[name] == "" {
		return 10_000
	}
	return money.Rate(r.fen(name) * 100)
}
