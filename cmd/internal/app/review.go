package app

import (
	"context"
	"errors"
	"strings"

	"galleria/commerce/catalog"
	"galleria/commerce/picture"
	"galleria/commerce/review"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// newReviews builds the room of reviews.
func (s *Services) newReviews() *review.Service {
	return review.New(review.Deps{
		DB: s.DB, Outbox: s.Outbox, Timers: s.Timers, Audit: s.Audit, NotifyChannel: catalog.NotifyChannel,
		Pictures: func(tx tenantdb.Tx, address string) bool { return picture.Owns(tx.TenantID(), address) },
		Nickname: func(ctx context.Context, tx tenantdb.Tx, memberID int64) (string, error) {
			name, err := s.Members.NicknameTx(ctx, tx, memberID)
			if errors.Is(err, fault.ErrNotFound) {
				return "", nil
			}
			return name, err
		},
	})
}

// pictureURL is where others find a picture: addresses of pictures are those of our server,
// whatever keeps them.
func (s *Services) pictureURL(address string) string {
	return strings.TrimSuffix(s.Config.PublicURL, "/") + address
}
