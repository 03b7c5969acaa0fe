package miniprogram

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Bounds of a profile, characters; MaxLogo is of an address, bytes.
const (
	MaxIntro = 200
	MaxLogo  = 500
)

// dialForm is a number that people can dial: a mobile, a landline with its area code, or 400-800-1234.
var dialForm = regexp.MustCompile(`^\+?[0-9][0-9 -]{3,22}[0-9]$`)

// Profile is what a shop says of itself in its Mini Programs.
type Profile struct {
	Name         string
	Intro        string
	Logo         string // address of a picture, or empty
	ServicePhone string
	Invoices     bool // buyers may ask for them
}

// Profile reads the shop's profile, which provision writes when the shop opens. One
// statement.
func (s *Service) Profile(ctx context.Context, id tenant.ID) (p Profile, err error) {
	err = s.db.Read(ctx, id, func(r *tenantdb.Reader) error {
		row, err := s.q.Profile(ctx, r)
		if err != nil {
			return fmt.Errorf("shop profile: %w", err)
		}
		p = Profile{Name: row.Name, Intro: row.Intro, Logo: row.Logo, ServicePhone: row.ServicePhone, Invoices: row.InvoicesOffered}
		return nil
	})
	return p, err
}

// ProfileInput is what a shop changes of its profile.
type ProfileInput struct {
	Intro        string
	Logo         *string // address of a picture, "" for none; nil leaves it
	ServicePhone string  // "" for none
	Actor        string
}

// SetProfile changes what the shop says of itself; buyers see it when their answers from memory
// have expired. Opens a transaction. Faults: VALIDATION on intro, logo or service_phone.
func (s *Service) SetProfile(ctx context.Context, id tenant.ID, in ProfileInput) error {
	in.Intro, in.ServicePhone = strings.TrimSpace(in.Intro), strings.TrimSpace(in.ServicePhone)
	if wrong := in.wrong(); len(wrong) > 0 {
		return fault.ErrValidation.With(wrong...)
	}
	err := s.db.InTenant(ctx, id, func(tx tenantdb.Tx) error { return s.setProfileTx(ctx, tx, in) })
	if err != nil {
		return fmt.Errorf("set shop profile: %w", err)
	}
	return nil
}

// wrong names the fields that cannot be kept.
func (in ProfileInput) wrong() (wrong []fault.Field) {
	if !utf8.ValidString(in.Intro) || utf8.RuneCountInString(in.Intro) > MaxIntro || strings.ContainsRune(in.Intro, 0) {
		wrong = append(wrong, fault.Field{Path: "intro", Message: fmt.Sprintf("must be at most %d characters", MaxIntro)})
	}
	if in.ServicePhone != "" && !dialForm.MatchString(in.ServicePhone) {
		wrong = append(wrong, fault.Field{Path: "service_phone", Message: "must be a phone number"})
	}
	if in.Logo != nil && len(*in.Logo) > MaxLogo {
		wrong = append(wrong, fault.Field{Path: "logo", Message: "is not an address of a picture"})
	}
	return wrong
}

func (s *Service) setProfileTx(ctx context.Context, tx tenantdb.Tx, in ProfileInput) error {
	was, err := s.q.LockProfile(ctx, tx)
	if err != nil {
		return err
	}
	logo := was.Logo
	if in.Logo != nil {
		logo = *in.Logo
	}
	if was.Intro == in.Intro && was.Logo == logo && was.ServicePhone == in.ServicePhone {
		return nil
	}
	if err := s.q.SetProfile(ctx, tx, in.Intro, logo, in.ServicePhone); err != nil {
		return err
	}
	return s.audit.RecordTx(ctx, tx, audit.Entry{
		Actor: in.Actor, Action: "shop.profile_updated", Object: "shop",
		Before: map[string]any{"intro": was.Intro, "logo": was.Logo, "service_phone": was.ServicePhone},
		After:  map[string]any{"intro": in.Intro, "logo": logo, "service_phone": in.ServicePhone},
	})
}
