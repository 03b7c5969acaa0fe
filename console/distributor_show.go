package console

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/distribution"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// cutNumbers reads two numbers with a dash between them.
func cutNumbers(text string) (one, two int64, ok bool) {
	a, b, _ := strings.Cut(text, "-")
	one, errOne := strconv.ParseInt(a, 10, 64)
	two, errTwo := strconv.ParseInt(b, 10, 64)
	return one, two, errOne == nil && errTwo == nil
}

// distributorShow shows one distributor, with one of his lists.
func (s *Console) distributorShow(c *fiber.Ctx, v *visit) error {
	return s.distributorPage(c, v, view.DistributorShow{Done: done(c, v)})
}

func (s *Console) distributorPage(c *fiber.Ctx, v *visit, d view.DistributorShow) error {
	ctx, shop := c.UserContext(), v.shop.ID
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if d.Overview, err = s.Distribution.Find(ctx, shop, id); err != nil {
		return err
	}
	d.MayMoney, d.MayManage, d.SeesMembers, d.Now = v.granted[authz.WithdrawalRead], v.granted[authz.DistributionManage], v.granted[authz.MemberRead], s.Now()
	if d.MayManage {
		if d.Levels, err = s.Distribution.Levels(ctx, shop); err != nil {
			return err
		}
	}
	if d.Tab = c.Query("tab"); !slices.Contains(view.DistributorTabs(), d.Tab) || (d.Tab == "withdrawals" && !d.MayMoney) || (d.Tab == "poster" && d.Status != distribution.Active) {
		d.Tab = "first"
	}
	if d.Tab == "poster" {
		if err := s.distributorPoster(c, v, &d); err != nil {
			return err
		}
	}
	if err := s.distributorTab(ctx, shop, &d, cursor(c.Query("before"))); err != nil {
		return err
	}
	d.OnFirst = c.Query("before") == ""
	return render(c, view.DistributorPage(s.page(c, v, v.text.T("dist.one"), navDistribution), d))
}

// distributorPoster draws what a distributor shows to others, in one of the shop's Mini Programs.
func (s *Console) distributorPoster(c *fiber.Ctx, v *visit, d *view.DistributorShow) error {
	apps, err := s.MiniPrograms.Apps(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	var chosen tenant.AppID
	for _, a := range apps {
		if !a.Enabled {
			continue
		}
		d.Apps = append(d.Apps, view.Choice{Value: a.ID.String(), Label: a.Name})
		if d.App == "" || a.ID.String() == c.Query("app") {
			chosen, d.App = a.ID, a.ID.String()
		}
	}
	if len(d.Apps) == 0 {
		return nil
	}
	drawn, err := s.Distribution.Poster(c.UserContext(), v.shop.ID, d.MemberID, chosen, 0)
	if err != nil {
		s.note(c, v, err)
		d.PosterBad = cmp.Or(textOf(v, err), v.text.T("dist.poster_failed"))
		return nil
	}
	d.Poster = "data:image/png;base64," + base64.StdEncoding.EncodeToString(drawn)
	return nil
}

// distributorTab reads the list that the page shows.
func (s *Console) distributorTab(ctx context.Context, shop tenant.ID, d *view.DistributorShow, before int64) (err error) {
	switch d.Tab {
	case "history":
		d.Brought, d.Next, err = s.Distribution.Brought(ctx, shop, d.MemberID, before)
	case "commissions":
		d.Entries, d.Next, err = s.Distribution.Entries(ctx, shop, distribution.EntryFilter{DistributorID: d.MemberID, Before: before})
	case "signals":
		d.Signals, d.Next, err = s.Distribution.Signals(ctx, shop, d.MemberID, false, before)
	case "poster":
	case "withdrawals":
		d.Withdrawals, d.Next, err = s.Distribution.Withdrawals(ctx, shop, d.MemberID, "", before)
	case "second":
		d.Team, d.Next, err = s.Distribution.Team(ctx, shop, d.MemberID, 2, before)
	default:
		d.Team, d.Next, err = s.Distribution.Team(ctx, shop, d.MemberID, 1, before)
	}
	return err
}

// onDistributor does something with the distributor of the address, and leads back.
func (s *Console) onDistributor(c *fiber.Ctx, v *visit, what string, do func(ctx context.Context, id int64, by string) error) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	err = do(c.UserContext(), id, actor(v.session.StaffID))
	if err == nil {
		return s.toDistribution(c, v, "/people/"+itoa64(id)+"?done="+what)
	}
	show := view.DistributorShow{Typed: map[string]string{}, Bad: map[string]string{}}
	for _, name := range []string{"reason", "member", "note"} {
		show.Typed[name] = form(c, name)
	}
	for _, name := range refusedFields(err) {
		show.Bad[name] = v.text.Code("dist.bad", name)
	}
	if len(show.Bad) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.distributorPage(c, v, show)
	}
	if !s.refusedForm(c, v, err) {
		return err
	}
	show.Problem = sentence(v, err)
	return s.distributorPage(c, v, show)
}

// refusedFields are the fields that a fault names.
func refusedFields(err error) (names []string) {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return nil
	}
	for _, field := range f.Fields() {
		names = append(names, field.Path)
	}
	return names
}

// distributorDecide lets an applicant in, or refuses him.
func (s *Console) distributorDecide(c *fiber.Ctx, v *visit) error {
	admit, what := form(c, "admit") != "", "distributor_refused"
	if admit {
		what = "distributor_admitted"
	}
	return s.onDistributor(c, v, what, func(ctx context.Context, id int64, by string) error {
		return s.Distribution.Decide(ctx, v.shop.ID, id, admit, form(c, "reason"), by)
	})
}

// distributorFreeze stops a distributor.
func (s *Console) distributorFreeze(c *fiber.Ctx, v *visit) error {
	return s.onDistributor(c, v, "distributor_frozen", func(ctx context.Context, id int64, by string) error {
		return s.Distribution.Freeze(ctx, v.shop.ID, id, form(c, "reason"), by)
	})
}

// distributorUnfreeze lets a distributor go on.
func (s *Console) distributorUnfreeze(c *fiber.Ctx, v *visit) error {
	return s.onDistributor(c, v, "distributor_unfrozen", func(ctx context.Context, id int64, by string) error {
		return s.Distribution.Unfreeze(ctx, v.shop.ID, id, by)
	})
}

// distributorSignals says that somebody has looked at what a distributor shares with buyers.
func (s *Console) distributorSignals(c *fiber.Ctx, v *visit) error {
	return s.onDistributor(c, v, "signals_cleared", func(ctx context.Context, id int64, by string) error {
		return s.Distribution.ClearSignals(ctx, v.shop.ID, id, cursor(form(c, "upto")), by)
	})
}

// distributorLevel gives a distributor a level.
func (s *Console) distributorLevel(c *fiber.Ctx, v *visit) error {
	return s.onDistributor(c, v, "distributor_level", func(ctx context.Context, id int64, by string) error {
		return s.Distribution.SetLevel(ctx, v.shop.ID, id, cursor(form(c, "level")), by)
	})
}

// distributorBond writes down by hand who brought a buyer, or ends it.
func (s *Console) distributorBond(c *fiber.Ctx, v *visit) error {
	what := "buyer_assigned"
	if form(c, "do") == "unbind" {
		what = "buyer_unbound"
	}
	return s.onDistributor(c, v, what, func(ctx context.Context, id int64, by string) error {
		members, ok := memberIDs(form(c, "member"))
		if !ok || len(members) != 1 {
			return fault.Invalidf("member", "is the number of one member")
		}
		var err error
		if what == "buyer_unbound" {
			err = s.Distribution.Unbind(ctx, v.shop.ID, members[0], id, form(c, "note"), by)
		} else {
			err = s.Distribution.Assign(ctx, v.shop.ID, members[0], id, form(c, "note"), by)
		}
		if fault.KindOf(err) == fault.NotFound {
			return fault.Invalidf("member", "is not one of theirs")
		}
		return err
	})
}
