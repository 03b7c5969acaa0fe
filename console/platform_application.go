package console

import (
	"context"
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"

	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/signup"
)

const applicationsURL = platformURL + "/applications"

// applicationList shows who wants to open a shop. A filter that no form of ours makes is
// left out.
func (s *Console) applicationList(c *fiber.Ctx, v *visit) error {
	list := view.ApplicationList{Query: searchWords(c.Query("q")), Status: c.Query("status")}
	if !slices.Contains(view.ApplicationStatuses(), list.Status) {
		list.Status = ""
	}
	before := ""
	if id, err := tenant.ParseID(c.Query("before")); err == nil {
		before = id.String()
	}
	list.OnFirst = before == ""
	page, err := s.pages.Applications(c.UserContext(), readmodel.ApplicationFilter{Status: list.Status, Query: list.Query, Before: before})
	if err != nil {
		return err
	}
	list.ApplicationPage = page
	return render(c, view.ApplicationListPage(s.platformPage(c, v, v.text.T("platform.applications"), "platform.applications"), list))
}

// applicationOf reads the application that the address names.
func (s *Console) applicationOf(c *fiber.Ctx) (readmodel.ApplicationDetail, error) {
	id, err := tenant.ParseID(c.Params("application"))
	if err != nil {
		return readmodel.ApplicationDetail{}, fault.ErrNotFound
	}
	return s.pages.Application(c.UserContext(), id)
}

// applicationShow shows one application and what can be done about it.
func (s *Console) applicationShow(c *fiber.Ctx, v *visit) error {
	a, err := s.applicationOf(c)
	if err != nil {
		return err
	}
	show := view.ApplicationShow{ApplicationDetail: a, MayDecide: s.Opening != nil && a.Status == string(signup.Applied)}
	return render(c, view.ApplicationShowPage(s.platformPage(c, v, a.Name, "platform.applications"), show))
}

// decision is one of the two answers to an application.
type decision struct {
	word   string // in addresses and texts
	danger bool
	why    bool // the applicant is told a reason
	decide func(ctx context.Context, o *Opening, id tenant.ID, reason, actor string) error
}

func approval() decision {
	return decision{word: "approve", decide: func(ctx context.Context, o *Opening, id tenant.ID, _, actor string) error {
		return o.Signups.Approve(ctx, id, actor)
	}}
}

func rejection() decision {
	return decision{word: "reject", danger: true, why: true, decide: func(ctx context.Context, o *Opening, id tenant.ID, reason, actor string) error {
		return o.Signups.Reject(ctx, id, reason, actor)
	}}
}

// decisionNew asks for the confirmation of a decision, and for its reason.
func (s *Console) decisionNew(d decision) func(c *fiber.Ctx, v *visit) error {
	return func(c *fiber.Ctx, v *visit) error {
		a, err := s.applicationOf(c)
		if err != nil {
			return err
		}
		return s.decisionForm(c, v, d, a, nil, "")
	}
}

func (s *Console) decisionForm(c *fiber.Ctx, v *visit, d decision, a readmodel.ApplicationDetail, problems map[string]string, problem string) error {
	f := view.ActForm{
		Title: v.text.T("application."+d.word+"_title", a.Name), Lead: v.text.T("application." + d.word + "_lead"),
		Back: applicationsURL + "/" + a.ID.String(), BackText: a.Name, Danger: d.danger, Submit: v.text.T("application." + d.word),
		Problems: problems, Problem: problem,
	}
	f.Action = f.Back + "/" + d.word
	if d.why {
		reason := s.reasonField(v, reasonOf(c), false)
		reason.Hint = v.text.T("application.reason_hint")
		f.Fields = []view.ActField{reason}
	}
	return render(c, view.ActPage(s.platformPage(c, v, f.Title, "platform.applications"), f))
}

// decisionCreate decides, with the entry of the audit log and the word to the applicant in
// the same transaction. Deciding the same again is no error.
func (s *Console) decisionCreate(d decision) func(c *fiber.Ctx, v *visit) error {
	return func(c *fiber.Ctx, v *visit) error {
		a, err := s.applicationOf(c)
		if err != nil {
			return err
		}
		if s.Opening == nil {
			return fault.ErrNotFound
		}
		reason, problems := reasonOf(c), map[string]string{}
		if d.why {
			checkReason(v, reason, problems)
		}
		if len(problems) > 0 {
			c.Status(fiber.StatusUnprocessableEntity)
			return s.decisionForm(c, v, d, a, problems, "")
		}
		err = d.decide(c.UserContext(), s.Opening, a.ID, reason, actor(v.session.StaffID))
		if errors.Is(err, signup.ErrUnderWay) { // decided meanwhile, the other way
			c.Status(fiber.StatusConflict)
			return s.decisionForm(c, v, d, a, nil, v.text.T("application.decided"))
		}
		if err != nil {
			return err
		}
		return c.Redirect(applicationsURL+"/"+a.ID.String()+"?done="+d.word, fiber.StatusSeeOther)
	}
}
