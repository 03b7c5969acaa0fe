package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

const reviewsPath = shopPath + "/reviews"

// reviewTable lists the routes of reviews.
func (s *Console) reviewTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const one, set = reviewsPath + "/:id", shopPath + "/review-settings"
	return []route{
		{get, reviewsPath, authz.Require(authz.ReviewRead), s.reviewList},
		{get, one, authz.Require(authz.ReviewRead), s.reviewShow},
		{post, one + "/act", authz.Require(authz.ReviewModerate), s.reviewAct},
		{post, one + "/keep", authz.Require(authz.ReviewModerate), s.reviewKeep},
		{post, one + "/reply", authz.Require(authz.ReviewReply), s.reviewReply},
		{get, set, authz.Require(authz.ReviewRead), s.reviewSettings},
		{post, set, authz.Require(authz.ShopUpdate), s.reviewTerms},
	}
}
