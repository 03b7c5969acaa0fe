package miniprogram

import (
	"context"
	"fmt"

	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

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
