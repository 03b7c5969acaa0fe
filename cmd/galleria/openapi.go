package main

import (
	"context"

	"galleria/web/miniapi"
)

// runOpenAPI is `galleria openapi`: prints the contract of the Mini Program API.
func runOpenAPI(_ context.Context, sh shell, args []string) error {
	if len(args) > 0 {
		return usageError{"takes no arguments"}
	}
	spec, err := miniapi.Spec()
	if err != nil {
		return err
	}
	_, err = sh.stdout.Write(spec)
	return err
}
