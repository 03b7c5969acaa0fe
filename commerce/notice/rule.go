package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/tenantdb"
)

// Hours are the hours in which messages that can wait do wait, in minutes of Beijing's day;
// From and Until alike are none.
type Hours struct{ From, Until int }

// minutesOfDay bounds both ends.
const minutesOfDay = 24 * 60

// Wait is when a message of now may be sent; zero is at once.
func (h Hours) Wait(now time.Time) time.Time {
	at := now.In(beijing())
	minute := at.Hour()*60 + at.Minute()
	quiet := minute >= h.From && minute < h.Until
	if h.From > h.Until { // over midnight
		quiet = minute >= h.From || minute < h.Until
	}
	if !quiet {
		return time.Time{}
	}
	end := time.Date(at.Year(), at.Month(), at.Day(), h.Until/60, h.Until%60, 0, 0, at.Location())
	if !end.After(at) {
		end = end.AddDate(0, 0, 1)
	}
	return end
}

// Choice is one place in the matrix of messages.
type Choice struct {
	Event    string
	Audience Audience
	Channel  Channel
}

// Settings is what a shop tells, and when.
type Settings struct {
	On        map[Choice]bool // every place that there is
	Hours     Hours
	Templates []Template // by app, event and kind
}

// Settings reads what a shop tells.
func (s *Service) Settings(ctx context.Context, id tenant.ID) (out Settings, err error) {
	out = Settings{On: choices()}
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rules, err := s.q.Rules(ctx, r)
		if err != nil {
			return err
		}
		for _, rule := range rules {
			c := Choice{rule.Event, Audience(rule.Audience), Channel(rule.Channel)}
			if _, ok := out.On[c]; ok {
				out.On[c] = rule.Enabled
			}
		}
		hours, err := s.q.Hours(ctx, r)
		if err != nil {
			return err
		}
		out.Hours = Hours{int(hours.QuietFrom), int(hours.QuietUntil)}
		rows, err := s.q.TemplatesOfShop(ctx, r)
		if err != nil {
			return err
		}
		for _, row := range rows {
			t := Template{AppID: row.AppID, Event: row.Event, Kind: TemplateKind(row.Kind), TemplateID: row.TemplateID, Page: row.Page}
			if err := json.Unmarshal(row.Fields, &t.Fields); err != nil {
				return err
			}
			out.Templates = append(out.Templates, t)
		}
		return nil
	})
	if err != nil {
		return Settings{}, fmt.Errorf("message settings: %w", err)
	}
	return out, nil
}

// choices are all places of the matrix with what holds unless the shop says otherwise.
func choices() map[Choice]bool {
	out := map[Choice]bool{}
	for _, k := range Catalogue() {
		for _, a := range []Audience{Buyer, Staff} {
			for c, on := range k.told(a) {
				out[Choice{k.Event, a, c}] = on
			}
		}
	}
	return out
}

// SaveSettings stores which messages a shop sends and its quiet hours. Places that on does
// not name are switched off. Faults: QUIET_HOURS.
func (s *Service) SaveSettings(ctx context.Context, id tenant.ID, on map[Choice]bool, hours Hours, actor string) error {
	if hours.From < 0 || hours.From >= minutesOfDay || hours.Until < 0 || hours.Until >= minutesOfDay {
		return ErrHours
	}
	var events, audiences, channels []string
	var enabled []bool
	off := 0
	for _, k := range Catalogue() { // in its order, so that two who save do not wait for each other
		for _, a := range []Audience{Buyer, Staff} {
			for _, c := range k.Channels(a) {
				is := on[Choice{k.Event, a, c}]
				events, audiences, channels, enabled = append(events, k.Event), append(audiences, string(a)), append(channels, string(c)), append(enabled, is)
				if !is {
					off++
				}
			}
		}
	}
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		if err := s.q.PutRules(ctx, tx, events, audiences, channels, enabled, tx.Now()); err != nil {
			return err
		}
		if err := s.q.PutHours(ctx, tx, int16(hours.From), int16(hours.Until)); err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "message.settings", Object: "message", Detail: map[string]any{
			"off": off, "quiet_from": hours.From, "quiet_until": hours.Until,
		}})
	})
	if err != nil {
		return fmt.Errorf("save message settings: %w", err)
	}
	return nil
}
