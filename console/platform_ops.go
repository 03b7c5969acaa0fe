package console

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/registry"
	"galleria/tenant/tenantdb"
)

const (
	// justNow is how lately a schema must have been upgraded for a run to be under way.
	justNow = 2 * time.Minute
	// replayMost is how many dead letters one press takes up again.
	replayMost = 500
)

// fleetShow shows how far the schemas of all shops have come.
func (s *Console) fleetShow(c *fiber.Ctx, v *visit) error {
	latest, err := registry.NewestSchema()
	if err != nil {
		return err
	}
	fleet, err := s.pages.Fleet(c.UserContext(), latest)
	if err != nil {
		return err
	}
	running := fleet.Late > 0 && fleet.LastMove != nil && s.Now().Sub(*fleet.LastMove) < justNow
	return render(c, view.FleetPage(s.platformPage(c, v, v.text.T("platform.fleet"), "platform.fleet"), view.FleetShow{Fleet: fleet, Latest: latest, Running: running}))
}

// letters reads dead letters with the handles of their shops, and where the list goes on.
func (s *Console) letters(ctx context.Context, f outbox.DeadFilter) (rows []view.LetterRow, next string, err error) {
	most := f.Limit
	f.Limit++
	var letters []outbox.Letter
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		letters, err = s.Outbox.Letters(ctx, tx, f)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if len(letters) > most {
		letters = letters[:most]
		next = letters[most-1].ID.String()
	}
	ids := make([]tenant.ID, len(letters))
	for i, l := range letters {
		ids[i] = l.TenantID
	}
	handles, err := s.pages.Handles(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	for _, l := range letters {
		rows = append(rows, view.LetterRow{Letter: l, Handle: handles[l.TenantID]})
	}
	return rows, next, nil
}

// queueShow shows what is owed and what was given up.
func (s *Console) queueShow(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	show := view.QueueShow{
		Topic: searchWords(c.Query("topic")), Discarded: c.Query("state") == "discarded", MayManage: v.platform[authz.PlatformQueueManage],
	}
	before, err := uuid.Parse(c.Query("before"))
	show.OnFirst = err != nil
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) (err error) {
		show.Topics, err = s.Outbox.Topics(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	show.Letters, show.Next, err = s.letters(ctx, outbox.DeadFilter{Topic: outbox.Topic(show.Topic), Discarded: show.Discarded, Before: before, Limit: lettersPerPage})
	if err != nil {
		return err
	}
	return render(c, view.QueuePage(s.platformPage(c, v, v.text.T("platform.queues"), "platform.queues"), show))
}

// replayNew asks whether all dead letters of a topic are to be sent again.
func (s *Console) replayNew(c *fiber.Ctx, v *visit) error {
	return s.replayForm(c, v, searchWords(c.Query("topic")), nil)
}

func (s *Console) replayForm(c *fiber.Ctx, v *visit, topic string, problems map[string]string) error {
	if topic == "" {
		return fault.ErrNotFound
	}
	f := view.ActForm{
		Title: v.text.T("platform.replay_title", topic), Lead: v.text.T("platform.replay_lead", v.text.Count(replayMost)),
		Back: platformURL + "/queues", BackText: v.text.T("platform.queues"), Action: platformURL + "/queues/replay", Submit: v.text.T("platform.replay_all"),
		Hidden: []view.Kept{{Name: "topic", Value: topic}}, Fields: []view.ActField{s.reasonField(v, reasonOf(c), false)}, Problems: problems,
	}
	return render(c, view.ActPage(s.platformPage(c, v, f.Title, "platform.queues"), f))
}

// replayCreate sends the dead letters of a topic again, and records it in the platform's
// log and in that of every shop they belong to.
func (s *Console) replayCreate(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	topic, reason, problems := searchWords(form(c, "topic")), reasonOf(c), map[string]string{}
	if checkReason(v, reason, problems); len(problems) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.replayForm(c, v, topic, problems)
	}
	err := s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		replayed, err := s.Outbox.ReplayTopic(ctx, tx, outbox.Topic(topic), replayMost)
		if err != nil {
			return err
		}
		total := 0
		for _, id := range inOrder(replayed) { // two presses at once lock the logs in one order
			total += replayed[id]
			err := s.Audit.RecordTx(ctx, tx, audit.Entry{
				TenantID: id, Actor: actor(v.session.StaffID), Action: "platform.dead_letter.replayed",
				Detail: map[string]any{"topic": topic, "count": replayed[id], "reason": reason},
			})
			if err != nil {
				return err
			}
		}
		return s.Audit.RecordTx(ctx, tx, audit.Entry{
			Actor: actor(v.session.StaffID), Action: "platform.dead_letter.replayed", Detail: map[string]any{"topic": topic, "count": total, "shops": len(replayed), "reason": reason},
		})
	})
	if err != nil {
		return err
	}
	return c.Redirect(platformURL+"/queues?done=replayed", fiber.StatusSeeOther)
}

func letterOf(c *fiber.Ctx) (uuid.UUID, error) {
	id, err := uuid.Parse(c.Params("event"))
	if err != nil {
		return uuid.Nil, fault.ErrNotFound
	}
	return id, nil
}

// letterReplay sends one dead letter again.
func (s *Console) letterReplay(c *fiber.Ctx, v *visit) error {
	return s.settle(c, v, "platform.dead_letter.replayed", "replayed", map[string]any{}, func(tx tenantdb.Tx, id uuid.UUID) (outbox.Settled, bool, error) {
		return s.Outbox.ReplayOne(c.UserContext(), tx, id)
	})
}

// settle decides about one dead letter, with both entries of the audit log.
func (s *Console) settle(c *fiber.Ctx, v *visit, action, done string, detail map[string]any, do func(tx tenantdb.Tx, id uuid.UUID) (outbox.Settled, bool, error)) error {
	ctx := c.UserContext()
	id, err := letterOf(c)
	if err != nil {
		return err
	}
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		was, ok, err := do(tx, id)
		if err != nil {
			return err
		}
		if !ok { // decided before, or never there
			return fault.ErrNotFound
		}
		detail["event"], detail["topic"], detail["key"] = id.String(), string(was.Topic), was.Key
		return s.record(ctx, tx, v, was.TenantID, action, detail)
	})
	if err != nil {
		return err
	}
	return c.Redirect(platformURL+"/queues?done="+done, fiber.StatusSeeOther)
}

// discardNew asks why a dead letter is given up.
func (s *Console) discardNew(c *fiber.Ctx, v *visit) error { return s.discardForm(c, v, nil) }

func (s *Console) discardForm(c *fiber.Ctx, v *visit, problems map[string]string) error {
	id, err := letterOf(c)
	if err != nil {
		return err
	}
	f := view.ActForm{
		Title: v.text.T("platform.discard_title"), Lead: id.String(), Warning: v.text.T("platform.discard_warning"), Danger: true,
		Back: platformURL + "/queues", BackText: v.text.T("platform.queues"), Action: platformURL + "/queues/dead/" + id.String() + "/discard",
		Submit: v.text.T("platform.discard"), Fields: []view.ActField{s.reasonField(v, reasonOf(c), false)}, Problems: problems,
	}
	return render(c, view.ActPage(s.platformPage(c, v, f.Title, "platform.queues"), f))
}

// discardCreate gives a dead letter up. Its row stays and says who did so, and why.
func (s *Console) discardCreate(c *fiber.Ctx, v *visit) error {
	reason, problems := reasonOf(c), map[string]string{}
	if checkReason(v, reason, problems); len(problems) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.discardForm(c, v, problems)
	}
	return s.settle(c, v, "platform.dead_letter.discarded", "discarded", map[string]any{"reason": reason}, func(tx tenantdb.Tx, id uuid.UUID) (outbox.Settled, bool, error) {
		return s.Outbox.Discard(c.UserContext(), tx, id, actor(v.session.StaffID), reason)
	})
}
