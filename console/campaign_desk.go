package console

import (
	"context"
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/campaign"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Campaigns is what staff do with campaigns; *campaign.Service is one.
type Campaigns interface {
	List(ctx context.Context, id tenant.ID, state campaign.State, before int64, now time.Time) ([]campaign.Campaign, map[campaign.State]int64, int64, error)
	BuyGroup(ctx context.Context, id tenant.ID, groupNo string) (campaign.BuyGroup, error)
	GroupList(ctx context.Context, id tenant.ID, campaignID, before int64) ([]campaign.BuyGroup, map[campaign.GroupStatus]int64, int64, error)
	Find(ctx context.Context, id tenant.ID, campaignID int64) (campaign.Shown, error)
	Between(ctx context.Context, id tenant.ID, from, until time.Time) ([]campaign.Campaign, error)
	Variants(ctx context.Context, id tenant.ID, products []int64) ([]campaign.SKU, error)
	Save(ctx context.Context, id tenant.ID, campaignID, version int64, in campaign.Input, actor string) (int64, error)
	Start(ctx context.Context, id tenant.ID, campaignID int64, actor string) error
	Stop(ctx context.Context, id tenant.ID, campaignID int64, actor string) error
}

// campaignList shows the shop's campaigns by where they stand.
func (s *Console) campaignList(c *fiber.Ctx, v *visit) (err error) {
	list := view.CampaignList{Tab: c.Query("tab"), Now: s.Now(), MayUpdate: v.granted[authz.CampaignUpdate]}
	before := cursor(c.Query("before"))
	list.OnFirst = before == 0
	if list.Campaigns, list.Counts, list.Next, err = s.Campaigns.List(c.UserContext(), v.shop.ID, campaign.State(list.Tab), before, list.Now); err != nil {
		return err
	}
	return render(c, view.CampaignListPage(s.page(c, v, v.text.T("campaign.title"), navCampaigns), list))
}

const navCampaigns = "nav.campaigns"

// campaignCalendar shows a month.
func (s *Console) campaignCalendar(c *fiber.Ctx, v *visit) error {
	now := s.Now().In(shanghai())
	month, err := time.ParseInLocation("2006-01", c.Query("month"), shanghai())
	if err != nil || month.Year() < 2020 || month.Year() > 2100 {
		month = time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, shanghai())
	}
	list, err := s.Campaigns.Between(c.UserContext(), v.shop.ID, month, month.AddDate(0, 1, 0))
	if err != nil {
		return err
	}
	return render(c, view.CampaignCalendarPage(s.page(c, v, v.text.T("campaign.calendar"), navCampaigns), view.NewCampaignMonth(month, now, list)))
}

// campaignShow shows one campaign and what it brought.
func (s *Console) campaignShow(c *fiber.Ctx, v *visit) error {
	return s.campaignPage(c, v, view.CampaignShow{Done: done(c, v)})
}

func (s *Console) campaignPage(c *fiber.Ctx, v *visit, show view.CampaignShow) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if show.Shown, err = s.Campaigns.Find(c.UserContext(), v.shop.ID, id); err != nil {
		return err
	}
	if show.Kind == campaign.Group {
		before := cursor(c.Query("before"))
		show.OnFirst = before == 0
		if show.Groups, show.Counts, show.Next, err = s.Campaigns.GroupList(c.UserContext(), v.shop.ID, id, before); err != nil {
			return err
		}
	}
	show.State, show.MayUpdate = show.Shown.State(s.Now()), v.granted[authz.CampaignUpdate]
	if len(show.Apps) > 0 {
		apps, err := s.MiniPrograms.Apps(c.UserContext(), v.shop.ID)
		if err != nil {
			return err
		}
		for _, a := range apps {
			for _, in := range show.Apps {
				if a.ID.String() == in {
					show.AppNames = append(show.AppNames, a.Name)
				}
			}
		}
	}
	return render(c, view.CampaignShowPage(s.page(c, v, show.Title, navCampaigns), show))
}

// campaignGroup shows one group and who is in it.
func (s *Console) campaignGroup(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	g, err := s.Campaigns.BuyGroup(c.UserContext(), v.shop.ID, c.Params("group"))
	if err != nil {
		return err
	}
	if g.CampaignID != id {
		return fault.ErrNotFound
	}
	return render(c, view.CampaignGroupPage(s.page(c, v, g.GroupNo, navCampaigns), g))
}

// campaignStart makes a draft count between its times.
func (s *Console) campaignStart(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	return s.campaignDone(c, v, id, s.Campaigns.Start(c.UserContext(), v.shop.ID, id, actor(v.session.StaffID)), "campaign_started")
}

// campaignStop ends a campaign for good, with a word of consent.
func (s *Console) campaignStop(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if form(c, "sure") == "" {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.campaignPage(c, v, view.CampaignShow{Bad: v.text.T("campaign.bad.sure")})
	}
	return s.campaignDone(c, v, id, s.Campaigns.Stop(c.UserContext(), v.shop.ID, id, actor(v.session.StaffID)), "campaign_stopped")
}

// campaignDone goes back to the campaign, or says what was refused.
func (s *Console) campaignDone(c *fiber.Ctx, v *visit, id int64, err error, what string) error {
	if s.refusedForm(c, v, err) {
		return s.campaignPage(c, v, view.CampaignShow{Problem: sentence(v, err), Conflicts: conflictsOf(err)})
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL(campaignsPath+"/"+itoa64(id)+"?done="+what), fiber.StatusSeeOther)
}

// conflictsOf are the campaigns that a refusal names.
func conflictsOf(err error) []campaign.Conflict {
	if f, ok := errors.AsType[*fault.Error](err); ok && errors.Is(err, campaign.ErrTaken) {
		conflicts, _ := f.Data()["conflicts"].([]campaign.Conflict)
		return conflicts
	}
	return nil
}
