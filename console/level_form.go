package console

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/level"
	"galleria/commerce/money"
	"galleria/console/view"
)

// levelNew shows the form of a new level.
func (s *Console) levelNew(c *fiber.Ctx, v *visit) error {
	return s.levelFormPage(c, v, view.LevelForm{Typed: map[string]string{"valid_days": "365"}})
}

// levelEdit shows the form of a level.
func (s *Console) levelEdit(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	l, err := s.Levels.Find(c.UserContext(), v.shop.ID, id)
	if err != nil {
		return err
	}
	return s.levelFormPage(c, v, view.LevelForm{ID: id, Typed: typedLevel(l)})
}

func (s *Console) levelFormPage(c *fiber.Ctx, v *visit, f view.LevelForm) error {
	title := v.text.T("level.add")
	if f.ID != 0 {
		l, err := s.Levels.Find(c.UserContext(), v.shop.ID, f.ID)
		if err != nil {
			return err
		}
		f.Name, f.Members, title = l.Name, l.Members, l.Name
	}
	return render(c, view.LevelFormPage(s.page(c, v, title, navLevels), f))
}

// typedLevel is how a level would be typed: its discount as what is left of ten, its points as
// times as many.
func typedLevel(l level.Level) map[string]string {
	typed := map[string]string{
		"version": itoa64(l.Version), "name": l.Name, "threshold": itoa64(l.Threshold), "free_shipping": orEmpty(l.FreeShipping, "1"),
		"points_bps": money.Fen(l.PointsBps / 100).Yuan(), "valid_days": itoa64(l.ValidDays), "keep_growth": itoa64(l.KeepGrowth),
	}
	if l.OffBps > 0 {
		typed["off_bps"] = money.Fen((10_000 - l.OffBps) / 10).Yuan()
	}
	return typed
}

// levelCreate adds a level.
func (s *Console) levelCreate(c *fiber.Ctx, v *visit) error { return s.levelKeep(c, v, 0) }

// levelUpdate words a level anew.
func (s *Console) levelUpdate(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	return s.levelKeep(c, v, id)
}

func (s *Console) levelKeep(c *fiber.Ctx, v *visit, id int64) error {
	f := view.LevelForm{ID: id, Typed: map[string]string{}}
	for _, name := range view.LevelFields() {
		f.Typed[name] = strings.TrimSpace(form(c, name))
	}
	r := typedForm(f.Typed)
	l := level.Level{
		ID: id, Name: f.Typed["name"], Threshold: r.number("threshold"), FreeShipping: f.Typed["free_shipping"] != "", PointsBps: pointsTimes(r, "points_bps"),
		ValidDays: r.number("valid_days"), KeepGrowth: r.number("keep_growth"),
	}
	if f.Typed["off_bps"] != "" {
		l.OffBps = r.share("off_bps")
	}
	l.Version, _ = strconv.ParseInt(f.Typed["version"], 10, 64) // none is never the present one
	var err error
	if len(r.bad) == 0 {
		_, err = s.Levels.Save(c.UserContext(), v.shop.ID, l, actor(v.session.StaffID))
	}
	if f.Bad = r.faults(err, badWords(v, "level.bad.")); f.Bad != nil {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.levelFormPage(c, v, f)
	}
	if s.refusedForm(c, v, err) {
		f.Problem = sentence(v, err)
		return s.levelFormPage(c, v, f)
	}
	if err != nil {
		return err
	}
	return s.levelsDone(c, v, "", "level_saved")
}

// levelStop ends a level, after a second look.
func (s *Console) levelStop(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	l, err := s.Levels.Find(c.UserContext(), v.shop.ID, id)
	if err != nil {
		return err
	}
	f := view.LevelForm{ID: id, Typed: typedLevel(l)}
	if form(c, "sure") == "" {
		f.Bad = map[string]string{"sure": v.text.T("level.bad.sure")}
		c.Status(fiber.StatusUnprocessableEntity)
		return s.levelFormPage(c, v, f)
	}
	version, _ := strconv.ParseInt(form(c, "version"), 10, 64) // none is never the present one
	err = s.Levels.End(c.UserContext(), v.shop.ID, id, version, actor(v.session.StaffID))
	if s.refusedForm(c, v, err) {
		f.Problem = sentence(v, err)
		return s.levelFormPage(c, v, f)
	}
	if err != nil {
		return err
	}
	return s.levelsDone(c, v, "", "level_ended")
}

// levelSettings shows how members grow.
func (s *Console) levelSettings(c *fiber.Ctx, v *visit) error {
	t, err := s.Levels.Terms(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	return s.levelSettingsPage(c, v, view.LevelSettings{Typed: map[string]string{
		"version": itoa64(t.Version), "enabled": orEmpty(t.Enabled, "1"), "earn_fen": t.EarnFen.Yuan(), "earn_growth": itoa64(t.EarnGrowth),
		"order_growth": itoa64(t.OrderGrowth), "review_growth": itoa64(t.ReviewGrowth),
	}})
}

func (s *Console) levelSettingsPage(c *fiber.Ctx, v *visit, f view.LevelSettings) error {
	f.LevelTabs = s.levelTabs(v, "settings")
	p := s.page(c, v, v.text.T("level.settings"), navLevels)
	p.Done = done(c, v)
	return render(c, view.LevelSettingsPage(p, f))
}

// levelSettingsSave makes new terms count for what comes.
func (s *Console) levelSettingsSave(c *fiber.Ctx, v *visit) error {
	f := view.LevelSettings{Typed: map[string]string{}}
	for _, name := range view.LevelSettingFields() {
		f.Typed[name] = strings.TrimSpace(form(c, name))
	}
	r := typedForm(f.Typed)
	t := level.Terms{
		Enabled: f.Typed["enabled"] != "", EarnFen: r.fen("earn_fen"), EarnGrowth: r.number("earn_growth"), OrderGrowth: r.number("order_growth"), ReviewGrowth: r.number("review_growth"),
	}
	t.Version, _ = strconv.ParseInt(f.Typed["version"], 10, 64)
	var err error
	if len(r.bad) == 0 {
		err = s.Levels.SaveTerms(c.UserContext(), v.shop.ID, t, actor(v.session.StaffID))
	}
	if f.Bad = r.faults(err, badWords(v, "level.bad.")); f.Bad != nil {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.levelSettingsPage(c, v, f)
	}
	if s.refusedForm(c, v, err) {
		f.Problem = sentence(v, err)
		return s.levelSettingsPage(c, v, f)
	}
	if err != nil {
		return err
	}
	return s.levelsDone(c, v, "/settings", "level_terms")
}
