package console

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/plan"
	"galleria/tenant/provision"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
)

const (
	platformURL = "/console/platform"
	// maxReason bounds why somebody does something, in characters.
	maxReason = 200
	// lettersPerPage is how many dead letters a page shows.
	lettersPerPage = 30
)

// platformPage is the frame of a page of the platform's staff.
func (s *Console) platformPage(c *fiber.Ctx, v *visit, title, here string) view.Page {
	p := s.page(c, v, title, "")
	p.Platform = true
	for _, entry := range []struct {
		need authz.PlatformPermission
		item view.NavItem
	}{
		{authz.PlatformShopRead, view.NavItem{Key: "platform.shops", Icon: "building-store", Href: platformURL}},
		{authz.PlatformShopReview, view.NavItem{Key: "platform.applications", Icon: "message", Href: applicationsURL}},
		{authz.PlatformPlanRead, view.NavItem{Key: "platform.plans", Icon: "coin", Href: platformURL + "/plans"}},
		{authz.PlatformQueueRead, view.NavItem{Key: "platform.jobs", Icon: "clock", Href: view.JobsURL}},
		{authz.PlatformQueueRead, view.NavItem{Key: "platform.queues", Icon: "hourglass", Href: platformURL + "/queues"}},
		{authz.PlatformFleetRead, view.NavItem{Key: "platform.fleet", Icon: "refresh", Href: platformURL + "/fleet"}},
		{authz.PlatformKeyRead, view.NavItem{Key: "platform.keys", Icon: "key", Href: keysURL}},
		{authz.PlatformAuditRead, view.NavItem{Key: "platform.audit", Icon: "note", Href: platformURL + "/audit"}},
		{authz.PlatformStaffRead, view.NavItem{Key: "nav.platform_staff", Icon: "user", Href: platformURL + "/staff"}},
	} {
		if v.platform[entry.need] {
			entry.item.Here = entry.item.Key == here
			p.Nav = append(p.Nav, entry.item)
		}
	}
	p.Done = doneWord(c.Query("done"))
	return p
}

// doneWord is what the address says was done, if it is one of ours.
func doneWord(word string) string {
	switch word {
	case "opened", "suspended", "resumed", "closing", "closed", "assigned", "agreed", "disagreed", "saved", "replayed", "discarded", "look_ended", "notice_replayed",
		"approve", "reject", "invited", "revoked", "roles", "disabled", "enabled", "handled", "hurried", "tried_again":
		return word
	}
	return ""
}

// tenantList shows the platform's shops. A filter that no form of ours makes is left out.
func (s *Console) tenantList(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	plans, err := s.Plans.Plans(ctx)
	if err != nil {
		return err
	}
	latest, err := registry.NewestSchema()
	if err != nil {
		return err
	}
	list := view.TenantList{
		Plans: plans, Query: searchWords(c.Query("q")), Status: c.Query("status"), Plan: c.Query("plan"),
		Latest: latest, MayOpen: v.platform[authz.PlatformShopOpen],
	}
	if !slices.Contains(view.TenantStatuses(), list.Status) {
		list.Status = ""
	}
	byCode := make(map[string]plan.Plan, len(plans))
	for _, p := range plans {
		byCode[p.Code] = p
	}
	if _, ok := byCode[list.Plan]; !ok {
		list.Plan = ""
	}
	after := searchWords(c.Query("after"))
	list.OnFirst = after == ""
	page, err := s.pages.Tenants(ctx, readmodel.TenantFilter{Query: list.Query, Status: list.Status, Plan: list.Plan, After: after})
	if err != nil {
		return err
	}
	ids := make([]tenant.ID, len(page.Rows))
	for i, row := range page.Rows {
		ids[i] = row.ID
	}
	standings, err := s.Plans.Standings(ctx, ids)
	if err != nil {
		return err
	}
	list.Next = page.Next
	for _, row := range page.Rows {
		list.Rows = append(list.Rows, tenantCard(row, byCode, standings[row.ID]))
	}
	return render(c, view.TenantListPage(s.platformPage(c, v, v.text.T("platform.shops"), "platform.shops"), list))
}

// tenantCard marks the quotas of a shop that are nearly used or full.
func tenantCard(row readmodel.TenantRow, plans map[string]plan.Plan, standing plan.Standing) view.TenantCard {
	card := view.TenantCard{TenantRow: row, Plan: plans[standing.PlanCode]}
	for _, q := range plan.Quotas() {
		limit, ok := standing.Agreed[q]
		if !ok {
			limit, ok = card.Plan.Limits[q]
		}
		if !ok || q == plan.APICalls { // a rate is not used up
			continue
		}
		use := plan.Use{Quota: q, Used: standing.Used[q], Limit: limit}
		switch {
		case use.Full():
			card.Full = append(card.Full, q)
		case use.Warn():
			card.Warn = append(card.Warn, q)
		}
	}
	return card
}

// tenantOf reads the shop that the address names.
func (s *Console) tenantOf(ctx context.Context, c *fiber.Ctx) (tenant.Tenant, error) {
	id, err := tenant.ParseID(c.Params("tenant"))
	if err != nil {
		return tenant.Tenant{}, fault.ErrNotFound
	}
	return s.Registry.ByID(ctx, id)
}

// tenantShow shows one shop.
func (s *Console) tenantShow(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	shop, err := s.tenantOf(ctx, c)
	if err != nil {
		return err
	}
	if err := s.looks.EndOver(ctx); err != nil {
		return err
	}
	show := view.TenantShow{May: s.mayDo(v, shop)}
	if show.Latest, err = registry.NewestSchema(); err != nil {
		return err
	}
	if show.TenantDetail, err = s.pages.Tenant(ctx, shop.ID); err != nil {
		return err
	}
	if show.Terms, err = s.Plans.Of(ctx, shop.ID); err != nil {
		return err
	}
	if show.Uses, err = s.Plans.Uses(ctx, shop.ID); err != nil {
		return err
	}
	if show.Lookers, err = s.looks.OpenOf(ctx, shop.ID, s.Now()); err != nil {
		return err
	}
	for _, l := range show.Lookers {
		show.Mine = show.Mine || l.StaffID == v.session.StaffID
	}
	if v.platform[authz.PlatformQueueRead] && show.Dead > 0 {
		if show.Letters, _, err = s.letters(ctx, outbox.DeadFilter{TenantID: shop.ID, Limit: lettersPerPage}); err != nil {
			return err
		}
	}
	return render(c, view.TenantShowPage(s.platformPage(c, v, shop.Name, "platform.shops"), show))
}

func (s *Console) mayDo(v *visit, shop tenant.Tenant) view.TenantMay {
	can := func(p authz.PlatformPermission, to tenant.Status) bool {
		return v.platform[p] && registry.CanMove(shop.Status, to)
	}
	return view.TenantMay{
		Suspend: can(authz.PlatformShopSuspend, tenant.Suspended),
		Resume:  shop.Status == tenant.Suspended && can(authz.PlatformShopSuspend, tenant.Active),
		Close:   can(authz.PlatformShopClose, tenant.Closing) || can(authz.PlatformShopClose, tenant.Closed),
		Assign:  v.platform[authz.PlatformPlanAssign], Look: v.platform[authz.PlatformShopLook] && shop.Status != tenant.Closed,
		Callbacks: v.platform[authz.PlatformNoticeRead], Queues: v.platform[authz.PlatformQueueManage],
	}
}

// back leads to a shop's page and says what was done.
func (s *Console) back(c *fiber.Ctx, shop tenant.Tenant, done string) error {
	return c.Redirect(platformURL+"/shops/"+shop.ID.String()+"?done="+done, fiber.StatusSeeOther)
}

// record writes an act of the platform's staff into the shop's log and the platform's, in
// the transaction of the act.
func (s *Console) record(ctx context.Context, tx tenantdb.Tx, v *visit, id tenant.ID, action string, detail map[string]any) error {
	return s.Audit.RecordBothTx(ctx, tx, audit.Entry{TenantID: id, Actor: actor(v.session.StaffID), Action: action, Detail: detail})
}

// reasonOf reads why somebody does something.
func reasonOf(c *fiber.Ctx) string { return strings.TrimSpace(form(c, "reason")) }

// checkReason refuses an act without a reason.
func checkReason(v *visit, reason string, problems map[string]string) {
	if n := utf8.RuneCountInString(reason); n < 1 || n > maxReason {
		problems["reason"] = v.text.T("platform.problem.reason")
	}
}

// tenantNew asks for what a new shop needs. The form carries a mark of its own: sent twice,
// it opens one shop.
func (s *Console) tenantNew(c *fiber.Ctx, v *visit) error {
	return s.tenantForm(c, v, view.ActForm{Hidden: []view.Kept{{Name: "once", Value: rand.Text()}}}, "", "", "")
}

func (s *Console) tenantForm(c *fiber.Ctx, v *visit, f view.ActForm, handle, name, reason string) error {
	f.Title, f.Lead, f.Submit = v.text.T("platform.open"), v.text.T("platform.open_lead"), v.text.T("platform.open_submit")
	f.Back, f.BackText, f.Action = platformURL, v.text.T("platform.shops"), platformURL+"/shops"
	f.Fields = []view.ActField{
		{Name: "name", Label: v.text.T("platform.field.shop_name"), Value: name, Max: "40"},
		{Name: "handle", Label: v.text.T("platform.field.handle"), Value: handle, Hint: v.text.T("platform.field.handle_hint"), Max: "32"},
		s.reasonField(v, reason, false),
	}
	return render(c, view.ActPage(s.platformPage(c, v, f.Title, "platform.shops"), f))
}

func (s *Console) reasonField(v *visit, reason string, seen bool) view.ActField {
	hint := v.text.T("platform.field.reason_log")
	if seen {
		hint = v.text.T("platform.field.reason_seen")
	}
	return view.ActField{Name: "reason", Label: v.text.T("platform.field.reason"), Value: reason, Hint: hint, Long: true, Max: "200"}
}

// tenantCreate opens a shop. What was asked for is recorded before, and the shop's own
// entry with the first step that gives it an id: repeating the form finishes both.
func (s *Console) tenantCreate(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	handle, name, reason, once := strings.TrimSpace(form(c, "handle")), strings.TrimSpace(form(c, "name")), reasonOf(c), form(c, "once")
	again := func(problems map[string]string) error {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.tenantForm(c, v, view.ActForm{Hidden: []view.Kept{{Name: "once", Value: once}}, Problems: problems}, handle, name, reason)
	}
	in := provision.ShopInput{RequestKey: "console:" + once, Handle: handle, Name: name}
	problems := s.problemsOf(v, in.Validate())
	checkReason(v, reason, problems)
	if len(once) < 20 || len(once) > 60 {
		return ErrForm
	}
	if len(problems) > 0 {
		return again(problems)
	}
	detail := map[string]any{"handle": handle, "reason": reason}
	in.Also = func(tx tenantdb.Tx, id tenant.ID) error {
		return s.record(ctx, tx, v, id, "platform.shop.opened", detail)
	}
	shop, err := s.Provision.OpenShop(ctx, in)
	switch {
	case errors.Is(err, provision.ErrHandleTaken):
		return again(map[string]string{"handle": textOf(v, err)})
	case err != nil:
		return err
	}
	return s.back(c, shop, "opened")
}

// problemsOf turns a validation fault into sentences beside the fields.
func (s *Console) problemsOf(v *visit, err error) map[string]string {
	problems := map[string]string{}
	var f *fault.Error
	if !errors.As(err, &f) {
		return problems
	}
	for _, field := range f.Fields() {
		problems[field.Path] = v.text.T("platform.problem." + strings.ReplaceAll(field.Path, ".", "_"))
		if !v.text.Has("platform.problem." + strings.ReplaceAll(field.Path, ".", "_")) {
			problems[field.Path] = field.Message
		}
	}
	return problems
}

// move is one way of a shop's state that the platform's staff may choose.
type move struct {
	word   string // in addresses, texts and the audit log
	to     func(tenant.Status) tenant.Status
	danger bool
	typed  bool // the handle has to be typed
}

func always(to tenant.Status) func(tenant.Status) tenant.Status {
	return func(tenant.Status) tenant.Status { return to }
}

func suspendMove() move { return move{word: "suspend", to: always(tenant.Suspended), danger: true} }
func resumeMove() move  { return move{word: "resume", to: always(tenant.Active)} }

// closeMove begins to close a shop, and ends it once it is closing.
func closeMove() move {
	return move{word: "close", danger: true, typed: true, to: func(from tenant.Status) tenant.Status {
		if from == tenant.Closing {
			return tenant.Closed
		}
		return tenant.Closing
	}}
}

// moveNew asks for the reason of a move and its confirmation.
func (s *Console) moveNew(m move) func(c *fiber.Ctx, v *visit) error {
	return func(c *fiber.Ctx, v *visit) error {
		shop, err := s.tenantOf(c.UserContext(), c)
		if err != nil {
			return err
		}
		return s.moveForm(c, v, m, shop, nil, "")
	}
}

func (s *Console) moveForm(c *fiber.Ctx, v *visit, m move, shop tenant.Tenant, problems map[string]string, problem string) error {
	to := m.to(shop.Status)
	word := m.word
	if to == tenant.Closed {
		word = "close_final"
	}
	f := view.ActForm{
		Title: v.text.T("platform.move."+word, shop.Name), Lead: v.text.T("platform.move_lead." + word), Warning: v.text.T("platform.move_warning." + word),
		Back: platformURL + "/shops/" + shop.ID.String(), BackText: shop.Name, Danger: m.danger,
		Submit: v.text.T("platform.move_submit." + word), Problems: problems, Problem: problem,
		Fields: []view.ActField{s.reasonField(v, reasonOf(c), true)},
	}
	f.Action = f.Back + "/" + m.word
	// The state that was seen travels along: a form that waited does not do the next step.
	f.Hidden = []view.Kept{{Name: "to", Value: string(to)}}
	if m.typed {
		f.Fields = append(f.Fields, view.ActField{
			Name: "confirm", Label: v.text.T("platform.field.confirm", shop.Handle), Value: form(c, "confirm"), Max: "32",
		})
	}
	return render(c, view.ActPage(s.platformPage(c, v, f.Title, "platform.shops"), f))
}

// moveCreate makes a move, with both entries of the audit log, in one transaction.
func (s *Console) moveCreate(m move) func(c *fiber.Ctx, v *visit) error {
	return func(c *fiber.Ctx, v *visit) error {
		ctx := c.UserContext()
		shop, err := s.tenantOf(ctx, c)
		if err != nil {
			return err
		}
		to, reason := tenant.Status(form(c, "to")), reasonOf(c)
		problems := map[string]string{}
		checkReason(v, reason, problems)
		if m.typed && strings.TrimSpace(form(c, "confirm")) != shop.Handle {
			problems["confirm"] = v.text.T("platform.problem.confirm")
		}
		if to != m.to(shop.Status) && to != shop.Status { // changed meanwhile
			c.Status(fiber.StatusConflict)
			return s.moveForm(c, v, m, shop, problems, v.text.T("platform.problem.moved"))
		}
		if len(problems) > 0 {
			c.Status(fiber.StatusUnprocessableEntity)
			return s.moveForm(c, v, m, shop, problems, "")
		}
		err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
			event := registry.Event(m.word)
			if to == tenant.Closed {
				event = registry.EventFinish
			}
			moved, err := s.Registry.MovedTx(ctx, tx, registry.MoveInput{
				ID: shop.ID, Event: event, Reason: reason, Actor: actor(v.session.StaffID), Recorded: true,
			})
			if err != nil || !moved {
				return err
			}
			return s.record(ctx, tx, v, shop.ID, "platform.shop."+m.word, map[string]any{"from": string(shop.Status), "to": string(to), "reason": reason})
		})
		if errors.Is(err, registry.ErrStatus) {
			c.Status(fiber.StatusConflict)
			return s.moveForm(c, v, m, shop, nil, textOf(v, err))
		}
		if err != nil {
			return err
		}
		done := map[tenant.Status]string{tenant.Suspended: "suspended", tenant.Active: "resumed", tenant.Closing: "closing", tenant.Closed: "closed"}
		return s.back(c, shop, done[to])
	}
}

// assignNew asks for a shop's plan.
func (s *Console) assignNew(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	shop, err := s.tenantOf(ctx, c)
	if err != nil {
		return err
	}
	terms, err := s.Plans.Of(ctx, shop.ID)
	if err != nil {
		return err
	}
	return s.assignForm(c, v, shop, terms.Plan.Code, nil)
}

func (s *Console) assignForm(c *fiber.Ctx, v *visit, shop tenant.Tenant, chosen string, problems map[string]string) error {
	plans, err := s.Plans.Plans(c.UserContext())
	if err != nil {
		return err
	}
	var options []view.Option
	for _, p := range plans {
		if !p.Retired {
			options = append(options, view.Option{Value: p.Code, Label: planLabel(v, p)})
		}
	}
	f := view.ActForm{
		Title: v.text.T("platform.assign_title", shop.Name), Lead: v.text.T("platform.assign_lead"), Submit: v.text.T("platform.save"),
		Back: platformURL + "/shops/" + shop.ID.String(), BackText: shop.Name, Problems: problems,
		Fields: []view.ActField{
			{Name: "plan", Label: v.text.T("platform.col.plan"), Value: chosen, Options: options}, s.reasonField(v, reasonOf(c), false),
		},
	}
	f.Action = f.Back + "/plan"
	return render(c, view.ActPage(s.platformPage(c, v, f.Title, "platform.shops"), f))
}

// planLabel names a plan with its price.
func planLabel(v *visit, p plan.Plan) string {
	name := p.Name
	if v.text.Lang() == "en" {
		name = p.NameEN
	}
	return name + " · " + v.text.T("platform.a_month", v.text.Money(p.PriceFen))
}

// assignCreate gives a shop a plan.
func (s *Console) assignCreate(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	shop, err := s.tenantOf(ctx, c)
	if err != nil {
		return err
	}
	chosen, reason, problems := form(c, "plan"), reasonOf(c), map[string]string{}
	checkReason(v, reason, problems)
	if len(problems) == 0 {
		err = s.termsChange(ctx, v, shop.ID, "platform.shop.plan", map[string]any{"plan": chosen, "reason": reason}, func(tx tenantdb.Tx) error {
			return s.Plans.AssignTx(ctx, tx, shop.ID, chosen, actor(v.session.StaffID), reason)
		})
		if fault.KindOf(err) == fault.NotFound {
			problems["plan"] = v.text.T("platform.problem.plan")
		} else if err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.assignForm(c, v, shop, chosen, problems)
	}
	return s.back(c, shop, "assigned")
}

// termsChange changes what a shop may use, records it and tells every process.
func (s *Console) termsChange(ctx context.Context, v *visit, id tenant.ID, action string, detail map[string]any, change func(tx tenantdb.Tx) error) error {
	return s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		if err := s.Registry.ChangedTx(ctx, tx, id); err != nil {
			return err
		}
		return s.record(ctx, tx, v, id, action, maps.Clone(detail))
	})
}
