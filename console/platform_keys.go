package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

const (
	keysURL = platformURL + "/keys"
	// alarmsShown is how many open alarms a page shows, the newest first.
	alarmsShown = 200
)

// keyAlarmList shows the open alarms about merchants' keys.
func (s *Console) keyAlarmList(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	alarms, err := s.Vault.AllAlarms(ctx, alarmsShown)
	if err != nil {
		return err
	}
	ids := make([]tenant.ID, len(alarms))
	for i, a := range alarms {
		ids[i] = a.TenantID
	}
	handles, err := s.pages.Handles(ctx, ids)
	if err != nil {
		return err
	}
	list := view.KeyAlarms{MayHandle: v.platform[authz.PlatformKeyRotate]}
	for _, a := range alarms {
		list.Rows = append(list.Rows, view.KeyAlarmRow{Alarm: a, Handle: handles[a.TenantID]})
	}
	return render(c, view.KeyAlarmsPage(s.platformPage(c, v, v.text.T("platform.keys"), "platform.keys"), list))
}

// keyAlarmHandle ends an alarm that somebody has looked after, with both entries of the
// audit log.
func (s *Console) keyAlarmHandle(c *fiber.Ctx, v *visit) error {
	ctx := c.UserContext()
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		a, err := s.Vault.HandleTx(ctx, tx, id, actor(v.session.StaffID))
		if err != nil {
			return err
		}
		return s.record(ctx, tx, v, a.TenantID, "platform.key_alarm.handled", map[string]any{"alarm": a.ID, "kind": string(a.Kind), "owner": a.Owner})
	})
	if err != nil {
		return err
	}
	return c.Redirect(keysURL+"?done=handled", fiber.StatusSeeOther)
}
