package console

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/routine"
	"galleria/tenant/tenantdb"
)

// runsPerPage is how many runs of shops' work a page shows.
const runsPerPage = 50

// jobList shows how the platform's and the shops' recurring work stands.
func (s *Console) jobList(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	show := view.JobShow{MayRun: v.platform[authz.PlatformQueueManage]}
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		if show.Shops, err = s.Routines.Shops(ctx, tx); err != nil {
			return err
		}
		show.Platform, err = s.Routines.Platform(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	return render(c, view.JobPage(s.platformPage(c, v, v.text.T("platform.jobs"), "platform.jobs"), show))
}

// jobShow shows the last runs of one sort of shops' work, the failing ones unless all are
// asked for.
func (s *Console) jobShow(c *fiber.Ctx, v *visit) error {
	topic := outbox.Topic(c.Params("job"))
	if !s.Routines.Recurs(topic) && !s.Routines.IsDated(topic) {
		return fault.ErrNotFound
	}
	show := view.JobRuns{Topic: topic, Dated: s.Routines.IsDated(topic), All: c.Query("runs") == "all", OnFirst: true, MayRun: v.platform[authz.PlatformQueueManage]}
	f := routine.RunFilter{Topic: topic, Failing: !show.All, Limit: runsPerPage + 1}
	if id, err := tenant.ParseID(c.Query("shop")); err == nil {
		f.Shop, show.Shop = id, id.String()
	}
	if after, err := tenant.ParseID(c.Query("after")); err == nil {
		f.After, show.OnFirst = &routine.Run{Shop: after, Key: searchWords(c.Query("key"))}, false
	}
	ctx := c.UserContext()
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		show.Rows, err = s.Routines.Runs(ctx, tx, f)
		return err
	})
	if err != nil {
		return err
	}
	if show.More = len(show.Rows) > runsPerPage; show.More {
		show.Rows = show.Rows[:runsPerPage]
	}
	return render(c, view.JobRunPage(s.platformPage(c, v, v.text.Code("platform.job.name", string(topic)), "platform.jobs"), show))
}

// jobRunNew asks whether every shop's work of a sort is to be done now.
func (s *Console) jobRunNew(c *fiber.Ctx, v *visit) error {
	topic := outbox.Topic(c.Params("job"))
	switch {
	case s.Routines.IsDated(topic) && c.Query("look") != "":
		shop, err := tenant.ParseID(c.Query("shop"))
		if err != nil {
			shop = tenant.ID{}
		}
		return s.jobLookPage(c, v, topic, shop, false)
	case !s.Routines.Recurs(topic) && !s.Routines.IsDated(topic):
		return fault.ErrNotFound
	}
	f := view.ActForm{
		Title: v.text.T("platform.job.run_all_title", v.text.Code("platform.job.name", string(topic))), Lead: v.text.T("platform.job.run_all_lead", v.text.Count(int64(routine.Window.Minutes()))),
		Back: view.JobsURL, BackText: v.text.T("platform.jobs"), Action: view.JobsURL + "/" + string(topic) + "/run", Submit: v.text.T("platform.job.run_all"),
	}
	if s.Routines.IsDated(topic) {
		f.Title, f.Lead, f.Submit = v.text.T("platform.job.again_title", v.text.Code("platform.job.name", string(topic))), v.text.T("platform.job.again_lead"), v.text.T("platform.job.again")
	}
	return render(c, view.ActPage(s.platformPage(c, v, f.Title, "platform.jobs"), f))
}

// lookHours are how far ahead dated work can be looked at.
func lookHours() []string { return []string{"1", "24", "168"} }

// jobLookPage asks how far ahead dated work of one shop, or of all, is to be looked at now.
func (s *Console) jobLookPage(c *fiber.Ctx, v *visit, topic outbox.Topic, shop tenant.ID, bad bool) error {
	url := view.JobsURL + "/" + string(topic)
	f := view.ActForm{
		Title: v.text.T("platform.job.look_title", v.text.Code("platform.job.name", string(topic))), Lead: v.text.T("platform.job.look_lead"), Warning: v.text.T("platform.job.look_warning"),
		Back: url, BackText: v.text.Code("platform.job.name", string(topic)), Action: url + "/run", Submit: v.text.T("platform.job.look"), Hidden: []view.Kept{{Name: "look", Value: "1"}},
		Problems: map[string]string{},
	}
	field := view.ActField{Name: "hours", Label: v.text.T("platform.job.look_window"), Hint: v.text.T("platform.job.look_all"), Value: "24"}
	for _, hours := range lookHours() {
		field.Options = append(field.Options, view.Option{Value: hours, Label: v.text.T("platform.job.look_hours." + hours)})
	}
	if !shop.IsZero() {
		f.Hidden = append(f.Hidden, view.Kept{Name: "shop", Value: shop.String()})
		field.Hint = v.text.T("platform.job.look_one", shop.String())
	}
	if f.Fields = []view.ActField{field}; bad {
		f.Problems["hours"] = v.text.T("platform.job.look_bad")
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return render(c, view.ActPage(s.platformPage(c, v, f.Title, "platform.jobs"), f))
}

// jobLook has dated work of one shop, or of all, looked at now.
func (s *Console) jobLook(c *fiber.Ctx, v *visit, topic outbox.Topic, shop tenant.ID) error {
	hours, err := strconv.Atoi(form(c, "hours"))
	if err != nil || !slices.Contains(lookHours(), strconv.Itoa(hours)) {
		return s.jobLookPage(c, v, topic, shop, true)
	}
	err = s.DB.InPlatform(c.UserContext(), func(tx tenantdb.Tx) error {
		n, err := s.Routines.LookNow(c.UserContext(), tx, topic, shop, time.Duration(hours)*time.Hour)
		if err != nil {
			return err
		}
		detail := map[string]any{"job": string(topic), "timers": n, "hours": hours}
		if shop.IsZero() {
			return s.Audit.RecordTx(c.UserContext(), tx, audit.Entry{Actor: actor(v.session.StaffID), Action: "platform.job.look", Detail: detail})
		}
		return s.record(c.UserContext(), tx, v, shop, "platform.job.look", detail)
	})
	if err != nil {
		return err
	}
	return c.Redirect(view.JobsURL+"/"+string(topic)+"?done=looked", fiber.StatusSeeOther)
}

// jobRun has recurring work done now: the platform's own, one shop's, or every shop's. Of dated work,
// whose moments were promised, it has what failed tried again.
func (s *Console) jobRun(c *fiber.Ctx, v *visit) error {
	ctx, job := c.UserContext(), c.Params("job")
	topic := outbox.Topic(job)
	shop, back := tenant.ID{}, view.JobsURL
	if text := form(c, "shop"); text != "" {
		var err error
		if shop, err = tenant.ParseID(text); err != nil {
			return fault.ErrNotFound
		}
		back += "/" + job
	}
	if s.Routines.IsDated(topic) && form(c, "look") != "" {
		return s.jobLook(c, v, topic, shop)
	}
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		hurry := s.Routines.HurryShops
		switch {
		case s.Routines.IsDated(topic):
			hurry = s.Routines.TryAgain
		case !s.Routines.Recurs(topic):
			return s.hurryOwn(ctx, tx, v, job)
		}
		n, err := hurry(ctx, tx, topic, shop)
		if err != nil {
			return err
		}
		detail := map[string]any{"job": job, "timers": n}
		if shop.IsZero() {
			return s.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor(v.session.StaffID), Action: "platform.job.run", Detail: detail})
		}
		return s.record(ctx, tx, v, shop, "platform.job.run", detail)
	})
	if err != nil {
		return err
	}
	done := "hurried"
	if s.Routines.IsDated(topic) {
		done = "tried_again"
	}
	return c.Redirect(back+"?done="+done, fiber.StatusSeeOther)
}

// hurryOwn makes the platform's own work due.
func (s *Console) hurryOwn(ctx context.Context, tx tenantdb.Tx, v *visit, name string) error {
	found, err := s.Routines.Hurry(ctx, tx, name)
	if err != nil {
		return err
	}
	if !found {
		return fault.ErrNotFound
	}
	return s.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor(v.session.StaffID), Action: "platform.job.run", Detail: map[string]any{"job": name}})
}
