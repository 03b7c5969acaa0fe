package app

import (
	"context"

	"galleria/commerce/cart"
	"galleria/commerce/figures"
	"galleria/commerce/member"
	"galleria/tenant"
)

// watchedMembers is the members' room as the API sees it: first logins and looks at products
// are noted for the shop's figures, without another statement.
type watchedMembers struct {
	*member.Service
	looks *figures.Looks
}

func (w watchedMembers) Login(ctx context.Context, id tenant.ID, in member.LoginInput) (member.Tokens, error) {
	t, err := w.Service.Login(ctx, id, in)
	if err == nil && t.IsNew {
		w.looks.Joined(id, t.MemberID)
	}
	return t, err
}

func (w watchedMembers) LookedAt(ctx context.Context, id tenant.ID, memberID int64, productIDs []int64) error {
	err := w.Service.LookedAt(ctx, id, memberID, productIDs)
	if err == nil {
		w.looks.Viewed(id, memberID, productIDs)
	}
	return err
}

// watchedCarts is the carts' room as the API sees it: who fills a cart is noted.
type watchedCarts struct {
	*cart.Service
	looks *figures.Looks
}

func (w watchedCarts) Put(ctx context.Context, id tenant.ID, memberID int64, in cart.PutInput) (cart.Cart, error) {
	c, err := w.Service.Put(ctx, id, memberID, in)
	if err == nil {
		w.looks.Carted(id, memberID)
	}
	return c, err
}
