package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

const campaignsPath = "/campaigns"

// campaignTable lists the routes of campaigns.
func (s *Console) campaignTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const all, one = shopPath + campaignsPath, shopPath + campaignsPath + "/:id"
	read, update := authz.Require(authz.CampaignRead), authz.Require(authz.CampaignUpdate)
	return []route{
		{get, all, read, s.campaignList},
		{get, all + "/calendar", read, s.campaignCalendar},
		{get, all + "/check", read, s.campaignCheckNew},
		{post, all + "/check", read, s.campaignCheck},
		{get, all + "/new", update, s.campaignNew},
		{post, all + "/new", update, s.campaignCreate},
		{get, one, read, s.campaignShow},
		{get, one + "/groups/:group", read, s.campaignGroup},
		{get, one + "/edit", update, s.campaignEdit},
		{post, one + "/edit", update, s.campaignUpdate},
		{post, one + "/start", update, s.campaignStart},
		{post, one + "/stop", update, s.campaignStop},
	}
}
