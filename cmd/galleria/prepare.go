package main

import (
	"context"
	"fmt"
	"net/url"

	"galleria/migrations"
	"galleria/tenant"
	"galleria/tenant/tenantdb"
)

// spares of the template database, so that most tests open their shop by claiming.
const testSpares = 6

// prepareTestDatabase migrates the database that tests copy. The login roles'
// passwords derive from the owner's, which the tests know from the address.
func prepareTestDatabase(ctx context.Context, databaseURL string) error {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return fmt.Errorf("database address: %w", err)
	}
	password, _ := u.User.Password()
	runner := migrations.New(migrations.Config{URL: databaseURL, RolePassword: tenantdb.RolePasswords([]byte(password))})
	if _, err := runner.Platform(ctx); err != nil {
		return err
	}
	for range testSpares {
		id := tenant.NewID()
		if err := runner.Build(ctx, id.String(), id.Lane()); err != nil {
			return err
		}
	}
	return nil
}
