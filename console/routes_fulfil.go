package console

import (
	"github.com/gofiber/fiber/v2"

	"galleria/console/authz"
)

// shipmentsPath is the form that may come with a file.
const shipmentsPath = shopPath + "/shipments"

// fulfilTable lists the routes of shipping, staff changes, pickup and delivery settings.
func (s *Console) fulfilTable() []route {
	const get, post = fiber.MethodGet, fiber.MethodPost
	const one, stores = shopPath + "/orders/:order_no", shopPath + "/delivery/stores"
	ship, update, verify := authz.Require(authz.OrderShip), authz.Require(authz.OrderUpdate), authz.Require(authz.OrderVerify)
	var acts []route
	for _, a := range s.parcelActs() {
		acts = append(acts, route{get, one + "/parcels/:parcel_no/" + a.name, ship, s.parcelActNew(a)}, route{post, one + "/parcels/:parcel_no/" + a.name, ship, s.parcelActCreate(a)})
	}
	return append(acts, []route{
		{get, one + "/pack", ship, s.packNew},
		{post, one + "/pack", ship, s.packCreate},
		{post, one + "/parcels/:parcel_no/unpack", ship, s.parcelUnpack},
		{get, one + "/ship", ship, s.shipNew},
		{post, one + "/ship", ship, s.shipCreate},
		{get, one + "/parcels/:parcel_no", ship, s.parcelEdit},
		{post, one + "/parcels/:parcel_no", ship, s.parcelUpdate},
		{post, one + "/upload", ship, s.uploadRetry},
		{post, one + "/receiver", authz.Require(authz.MemberReveal), s.orderReveal},
		{get, one + "/bring", ship, s.bringNew},
		{post, one + "/bring", ship, s.bringCreate},
		{post, one + "/arrive", ship, s.arriveCreate},
		{get, one + "/price", update, s.priceEdit},
		{post, one + "/price", update, s.priceUpdate},
		{get, one + "/address", update, s.receiverEdit},
		{post, one + "/address", update, s.receiverUpdate},
		{get, one + "/cancel", update, s.orderCancelNew},
		{post, one + "/cancel", update, s.orderCancel},
		{post, one + "/note", update, s.orderNote},
		{get, shipmentsPath, ship, s.bulkNew},
		{post, shipmentsPath, ship, s.bulkCreate},
		{get, shopPath + "/picking", ship, s.pickingShow},
		{get, shopPath + "/pickup", verify, s.pickupNew},
		{post, shopPath + "/pickup", verify, s.pickupVerify},
		{get, shopPath + "/delivery", authz.Require(authz.ShopRead), s.deliveryShow},
		{post, shopPath + "/delivery", authz.Require(authz.ShopUpdate), s.deliveryUpdate},
		{get, shopPath + "/delivery/local", authz.Require(authz.ShopRead), s.localShow},
		{post, shopPath + "/delivery/local", authz.Require(authz.ShopUpdate), s.localUpdate},
		{get, stores + "/new", authz.Require(authz.ShopUpdate), s.storeEdit},
		{post, stores + "/new", authz.Require(authz.ShopUpdate), s.storeUpdate},
		{get, stores + "/:id", authz.Require(authz.ShopUpdate), s.storeEdit},
		{post, stores + "/:id", authz.Require(authz.ShopUpdate), s.storeUpdate},
	}...)
}
