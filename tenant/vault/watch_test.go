package vault_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/tenanttest"
	"galleria/tenant/vault"
)

// Use after a long rest and a spike are one alarm each, however often they are judged; usual
// use, a first use and a busy noon are none.
func TestUnusualUseOfKeysIsAnAlarm(t *testing.T) {
	t.Parallel()
	hour := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	steady := func(uses int64) (list []vault.HourOfUse) {
		for i := 48; i > 0; i-- {
			list = append(list, vault.HourOfUse{Hour: hour.Add(-time.Duration(i) * time.Hour), Uses: uses})
		}
		return list
	}
	now := func(uses int64) vault.HourOfUse { return vault.HourOfUse{Hour: hour, Uses: uses} }
	cases := map[string]struct {
		hours []vault.HourOfUse
		want  []vault.AlarmKind
	}{
		"first use ever":         {[]vault.HourOfUse{now(9000)}, nil},
		"usual":                  {append(steady(100), now(140)), nil},
		"three times the usual":  {append(steady(100), now(999)), nil},
		"spike":                  {append(steady(100), now(1000)), []vault.AlarmKind{vault.Spike}},
		"ten times of very few":  {append(steady(2), now(20)), nil},
		"a week's rest":          {[]vault.HourOfUse{{Hour: hour.AddDate(0, 0, -7), Uses: 5}, now(5)}, nil},
		"a month's rest":         {[]vault.HourOfUse{{Hour: hour.AddDate(0, 0, -30), Uses: 5}, now(5)}, []vault.AlarmKind{vault.Idle}},
		"judged too late to see": {steady(100), nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := tenanttest.New(t)
			for round := range 2 {
				var found []vault.Unusual
				env.InTenant(t, func(tx tenantdb.Tx) (err error) {
					found, err = env.Vault.JudgeTx(t.Context(), tx, "payment_account:x", hour, tc.hours)
					return err
				})
				if want := len(tc.want) * (1 - round); len(found) != want { // known the second time
					t.Errorf("round %d: %d found, want %d", round, len(found), want)
				}
			}
			alarms, err := env.Vault.Alarms(t.Context(), env.Tenant.ID)
			if err != nil || len(alarms) != len(tc.want) {
				t.Fatalf("%d alarms, %v; want %v", len(alarms), err, tc.want)
			}
			for i, a := range alarms {
				if a.Kind != tc.want[i] || a.Detail["hour"] == "" {
					t.Errorf("alarm %+v, want %s", a, tc.want[i])
				}
				handle := func() error {
					return env.DB.InPlatform(t.Context(), func(tx tenantdb.Tx) error {
						_, err := env.Vault.HandleTx(t.Context(), tx, a.ID, "staff:1")
						return err
					})
				}
				if err := handle(); err != nil {
					t.Error(err)
				}
				if err := handle(); !errors.Is(err, fault.ErrNotFound) {
					t.Errorf("handled twice: %v", err)
				}
			}
		})
	}
}

// The watcher is told each hour of an owner once, after it was written, and again if it
// could not take it.
func TestTheWatcherIsToldEachHourOnce(t *testing.T) {
	t.Parallel()
	env := tenanttest.New(t)
	env.Clock().Set(time.Date(2026, 11, 20, 12, 30, 0, 0, time.UTC))
	v := vault.New(env.DB, kek(t, keyA), env.Clock().Now)
	var told []vault.UsedHour
	refuse := true
	v.Watch(func(_ context.Context, hours []vault.UsedHour) error {
		if refuse {
			return errors.New("away")
		}
		told = append(told, hours...)
		return nil
	})
	v.Count(env.Tenant.ID, "payment_account:x", vault.Sign)
	if err := v.Flush(t.Context()); err == nil {
		t.Error("the watcher's failure is not told")
	}
	refuse = false
	for range 3 {
		v.Count(env.Tenant.ID, "payment_account:x", vault.Sign)
		v.Count(env.Tenant.ID, "payment_account:x", vault.Verify)
		if err := v.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	env.Clock().Advance(time.Hour)
	v.Count(env.Tenant.ID, "payment_account:x", vault.Sign)
	if err := v.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(told) != 2 || !told[1].Hour.Equal(told[0].Hour.Add(time.Hour)) {
		t.Errorf("told %+v, want two hours once each", told)
	}
	hours, err := v.Hours(t.Context(), env.Tenant.ID, "payment_account:x", told[1].Hour)
	if err != nil || len(hours) != 2 || hours[0].Uses != 7 {
		t.Errorf("hours %+v, %v", hours, err)
	}
}
