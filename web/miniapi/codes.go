package miniapi

import (
	"galleria/commerce/aftersale"
	"galleria/commerce/campaign"
	"galleria/commerce/cart"
	"galleria/commerce/coupon"
	"galleria/commerce/distribution"
	"galleria/commerce/inventory"
	"galleria/commerce/invoice"
	"galleria/commerce/member"
	"galleria/commerce/notice"
	"galleria/commerce/order"
	"galleria/commerce/picture"
	"galleria/commerce/points"
	"galleria/commerce/review"
	"galleria/payments"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
	"galleria/tenant/miniprogram"
	"galleria/tenant/plan"
	"galleria/tenant/registry"
	"galleria/web/envelope"
)

// everyFault is all that the API answers with, for the table in the contract.
func everyFault() []*fault.Error {
	return []*fault.Error{
		envelope.ErrMalformed, envelope.ErrMethod, envelope.ErrBodyTooLarge, envelope.ErrHeaderTooLarge, envelope.ErrEncoding,
		envelope.ErrMediaType, envelope.ErrRateLimited, envelope.Internal(),
		fault.ErrValidation, fault.ErrNotFound, fault.ErrBusy, fault.ErrUnknownOutcome,
		registry.ErrUnknownApp, registry.ErrSuspended, registry.ErrClosing, registry.ErrMaintenance,
		member.ErrAuthRequired, member.ErrAuthInvalid, member.ErrBlocked, member.ErrTooManyAddresses, member.ErrPhoneTaken, miniprogram.ErrPhone,
		miniprogram.ErrCode, miniprogram.ErrBlocked, miniprogram.ErrConfiguration, miniprogram.ErrProviderTimeout, miniprogram.ErrBadResponse,
		cart.ErrSKUUnavailable, cart.ErrFull,
		order.ErrPriceChanged, order.ErrNoDelivery, order.ErrDeliveryKind, order.ErrPurchaseLimit, order.ErrOpenOrders, order.ErrState, order.ErrNotTaking, inventory.ErrShort,
		order.ErrClaimed, order.ErrHandedOut, order.ErrVoucherKind, aftersale.ErrState, aftersale.ErrAmount, aftersale.ErrPictures, aftersale.ErrTalkedOut, aftersale.ErrTooMany,
		points.ErrShort, points.ErrOff, points.ErrSigned, points.ErrOfferGone, points.ErrOfferLimit, points.ErrOfferLevel,
		campaign.ErrSoldOut, campaign.ErrLimit, campaign.ErrSession, campaign.ErrBudget, campaign.ErrGroupGone, campaign.ErrGroupFull, campaign.ErrGroupMine, campaign.ErrGroupLimit,
		coupon.ErrUnavailable, coupon.ErrBudget, coupon.ErrGone, coupon.ErrLimit, coupon.ErrNewcomers, coupon.ErrCode,
		invoice.ErrState, invoice.ErrAsked, invoice.ErrNothing, invoice.ErrLate, invoice.ErrTaxNumber, invoice.ErrTooManyTitles,
		review.ErrWritten, review.ErrLate, review.ErrState, review.ErrPictures,
		picture.ErrType, picture.ErrTooLarge, picture.ErrPixels, picture.ErrBroken, picture.ErrNoPlace, picture.ErrTooMany, plan.ErrQuota,
		idempotency.ErrMissing, idempotency.ErrMismatch, idempotency.ErrInProgress,
		payments.ErrNoAccount, payments.ErrMethodsPaused, payments.ErrMethodsElsewhere, payments.ErrShopNotOpen, payments.ErrAlreadyPaid, payments.ErrBillExpired, payments.ErrState, payments.ErrRefused, payments.ErrProviderBusy,
		notice.ErrUnknownTemplate,
		distribution.ErrOff, distribution.ErrJoin, distribution.ErrSpend, distribution.ErrCode, distribution.ErrSelf, distribution.ErrCircle, distribution.ErrNotDistributor, distribution.ErrState,
		distribution.ErrBalance, distribution.ErrWithdrawalLimit, distribution.ErrWithdrawalDiffers, distribution.ErrWay, distribution.ErrName, distribution.ErrPoster, miniprogram.ErrCodePage,
	}
}
