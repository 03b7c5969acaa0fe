package main

import (
	"context"
	"fmt"
	"time"

	"galleria/cmd/internal/app"
	"galleria/commerce/figures"
)

// runFigures is `galleria figures rebuild HANDLE`: it counts a shop's figures anew from its
// orders. Events keep them; this is for after a mistake.
func runFigures(ctx context.Context, sh shell, args []string) error {
	if len(args) != 2 || args[0] != "rebuild" || asksHelp(args[1:]) {
		return usageError{"figures rebuild HANDLE"}
	}
	return onGround(ctx, sh, args[1:], figuresRebuild)
}

func figuresRebuild(ctx context.Context, sh shell, ground *app.Ground, args []string) error {
	shop, err := ground.Registry.ByHandle(ctx, args[0])
	if err != nil {
		return explain(err)
	}
	began := ground.Now()
	if err := figures.New(ground.DB, nil).Recount(ctx, shop.ID); err != nil {
		return explain(err)
	}
	_, _ = fmt.Fprintf(sh.stdout, "%s\t%s\t%s\n", shop.ID, shop.Handle, ground.Now().Sub(began).Round(time.Millisecond))
	return nil
}
