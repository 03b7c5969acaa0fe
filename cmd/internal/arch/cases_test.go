package arch_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shown is a test that shows a hostile case. name is the test's, or that of the subtest
// as its run call spells it.
type shown struct{ file, name string }

// hostileCases says which test shows which hostile case of walls between shops (T001 to T008),
// lost servers (T083 to T090), what buyers send (T024 to T029), checkout
// (T030 to T036), coupons, points and commission (T039 to T048), callbacks (T050 to T069), refunds
// (T071 to T076), races (T077 to T081), providers in trouble (T094, T095), uploads and files (T102
// to T104), the console (T108, T109) and large shops (T120). A test that is
// renamed or removed is missed here, and not only when its case comes up in production.
func hostileCases() map[string][]shown {
	const (
		kernel   = "payments/notification_test.go"
		callback = "cmd/internal/app/callback_test.go"
		fault    = "cmd/internal/app/fault_test.go"
		race     = "cmd/internal/app/race_test.go"
		crowd    = "cmd/internal/app/oracle_test.go"
		alipay   = "payments/alipay_test.go"
		aliNote  = "payments/alipay/notification_test.go"
		union    = "payments/unionpay_test.go"
		unNote   = "payments/unionpay/notification_test.go"
		ask      = "payments/refund_ask_test.go"
		hold     = "commerce/order/refund_hold_test.go"
		input    = "cmd/internal/app/input_test.go"
		checkout = "cmd/internal/app/checkout_test.go"
		place    = "commerce/order/place_test.go"
		cases    = "commerce/aftersale/case_test.go"
		others   = "payments/hostile_test.go"
		pictures = "commerce/picture/picture_test.go"
		tables   = "commerce/sheet/sheet_test.go"
		crawl    = "cmd/internal/app/console_hostile_test.go"
		guard    = "console/guard_test.go"
		coupons  = "commerce/coupon/coupon_test.go"
		offers   = "commerce/order/offer_test.go"
		earned   = "commerce/points/points_test.go"
		ordered  = "commerce/order/points_test.go"
		mall     = "commerce/order/mall_test.go"
		drawn    = "commerce/distribution/withdraw_test.go"

		isolation = "cmd/internal/app/isolation_test.go"
	)
	return map[string][]shown{
		"T001": {{isolation, "T001_TokenOfAnotherShop"}, {"web/hostile_test.go", "TestT001TokenOfAnotherShopOpensNothing"}},
		"T002": {{"tenant/tenantdb/isolation_test.go", "TestT002_InterleavedTenantsNeverMix"}},
		"T004": {{"tenant/tenantdb/isolation_test.go", "TestT004_WallsBetweenTenants"}, {"tenant/tenantdb/isolation_test.go", "TestT004_LoginsAlone"}},
		"T005": {{isolation, "T005_WarmReads"}, {"web/memory_test.go", "TestT005AnswersFromMemoryNeverCrossShops"}},
		"T008": {{isolation, "T008_HostileAppIDs"}, {"web/hostile_test.go", "TestT008MalformedAppIDsFindNoShop"}},
		"T024": {{input, "T024_Quantities"}, {"web/hostile_test.go", "TestT024HostileQuantities"}, {place, "TestT024Quantities"}},
		"T026": {{input, "T026_CompressedBodies"}, {"web/hostile_test.go", "TestT026CompressedAndEndlessBodies"}},
		"T027": {{input, "T027_Injections"}, {"web/hostile_test.go", "TestT027HostileListParameters"}},
		"T028": {
			{input, "T028_ThingsOfAnotherMember"},
			{"web/hostile_test.go", "TestT028ObjectsOfAnotherMemberAreNotFound"},
			{cases, "TestT028_NobodyElsesCase"},
			{"console/aftersale_test.go", "TestT028_CasesOfOthers"},
		},
		"T029": {{input, "T029_MalformedRequests"}, {"web/hostile_test.go", "TestT029TextThatIsNoneAndSizesBeyondReason"}},
		"T030": {{checkout, "T030_NoOversell"}, {"commerce/order/load_test.go", "TestT030NoOversell"}, {"commerce/inventory/inventory_test.go", "TestT030WholeOrNothing"}},
		"T031": {{checkout, "T031_NoDeadlock"}, {"commerce/order/load_test.go", "TestT031NoDeadlock"}},
		"T032": {{checkout, "T032_PricesOfThisMoment"}, {place, "TestT032PriceChanged"}, {place, "TestT032Unavailable"}},
		"T033": {{checkout, "T033_OneKeyOneOrder"}, {place, "TestT033RepeatsGetTheFirstAnswer"}, {"tenant/idempotency/idempotency_test.go", "TestT033_OneKeyOneEffect"}},
		"T034": {{checkout, "T034_Amounts"}, {place, "TestT034Amounts"}, {offers, "TestT034CouponThatPaysAll"}, {ordered, "TestT034PointsAboveTheGoods"}},
		"T036": {{checkout, "T036_LimitOfAMember"}, {"commerce/order/limit_test.go", "TestT036LimitOfALifetimeHoldsUnderParallelOrders"}, {mall, "TestT036ExchangesAtOnce"}},
		"T039": {{coupons, "TestT039ABatchOfAHundred"}, {coupons, "TestT039OneClaimSentTwentyTimes"}, {coupons, "TestT039OneCouponManyCheckouts"}, {offers, "TestT039OneCouponManyCheckouts"}},
		"T040": {{coupons, "TestT040OtherPeoplesCoupons"}, {offers, "TestT040WrongCoupons"}},
		"T042": {
			{coupons, "TestT042WhatComesBack"},
			{offers, "TestT042CouponComesBack"},
			{earned, "TestT042PointsOfAClosedOrder"},
			{ordered, "TestT042PointsOfAnUnpaidOrder"},
			{mall, "TestT042ExchangeOfAnUnpaidOrder"},
		},
		"T044": {
			{earned, "TestT044PointsAreSpentOnce"},
			{earned, "TestT044SpendAgainstReturn"},
			{ordered, "TestT044OrdersForAllPoints"},
			{"commerce/points/mall_test.go", "TestT044CouponsForAllPoints"},
		},
		"T046": {{"commerce/distribution/distribution_test.go", "TestT046NobodyEarnsFromHimself"}},
		"T047": {{cases, "TestT047_NothingIsFinalWhileACaseIsOpen"}, {drawn, "TestT047SettledLateReversedOnce"}},
		"T048": {{drawn, "TestT048OneOfTenWithdrawals"}, {"payments/transfer/transfer_test.go", "TestT048UnknownResultsAreAskedAndNeverSentAgain"}, {"payments/transfer/transfer_test.go", "TestT048ParallelRequestsAreOneTransfer"}, {crowd, "TestBooksHold"}},
		"T050": {{kernel, "TestT050GenuineRepeats"}, {callback, "T050_RepeatsPayOnce"}},
		"T051": {{kernel, "TestT051ForgedSignatures"}, {callback, "T051_ForgedSignatures"}},
		"T052": {{kernel, "TestT052ReplayedRequest"}, {callback, "T052_Replays"}},
		"T053": {{kernel, "TestT053ValidlySignedMismatch"}, {callback, "T053_ValidlySignedLies"}},
		"T055": {{kernel, "TestT055ParallelCopies"}, {callback, "T055_FiftyCopiesTwoProcesses"}},
		"T056": {{kernel, "TestT056UnknownNumber"}, {callback, "T056_UnknownNumbers"}, {callback, "T056_ClosedAndDeletedShop"}},
		"T059": {{kernel, "TestT059PostgresAway"}, {fault, "T059_PostgresAwayWhenTheNoticeComes"}},
		"T060": {{kernel, "TestT060XMLOnJSONRoute"}, {callback, "T060_XML"}},
		"T061": {{kernel, "TestT061OtherPath"}, {callback, "T061_OtherDoors"}, {"web/notify_test.go", "TestT061GenuineNoticeAtAWrongAddressHasNoEffect"}},
		"T063": {
			{alipay, "TestAlipayIsPaidOnce"},
			{union, "TestUnionPayCopiesHaveOneEffect"},
			{others, "TestT063T051ForgedSignatures"},
			{others, "TestT063T055ParallelCopies"},
			{others, "TestT063T056UnknownNumbers"},
			{others, "TestT063T059PostgresAway"},
			{others, "TestT063T061OtherPath"},
		},
		"T064": {{aliNote, "TestT064Signatures"}, {aliNote, "TestT064OtherBodies"}, {aliNote, "TestT064Ack"}},
		"T065": {{aliNote, "TestT065Content"}, {alipay, "TestT065AlipayAnomalies"}},
		"T066": {{aliNote, "TestT066States"}, {aliNote, "TestT066RefundNotices"}, {alipay, "TestT066AlipayRefund"}},
		"T068": {{unNote, "TestT068ForgedNotifications"}},
		"T069": {{unNote, "TestT069WhatNotificationsSay"}, {union, "TestT069UnionPayAnomalies"}},
		"T071": {{cases, "TestT071_TwentyAtOnce"}, {ask, "TestT071ParallelRefundsNeverExceedThePayment"}, {"payments/refund_property_test.go", "TestAnyHistoryOfRefundsKeepsTheMoney"}},
		"T072": {{ask, "TestT072ImpossibleRefunds"}},
		"T073": {{"cmd/internal/app/refund_killed_test.go", "TestT073_KilledInMidRefund"}, {"payments/alipay/answer_test.go", "TestT073RefundOnce"}, {union, "TestT073UnionPayRefunds"}, {others, "TestT073RefundsOfEveryChannel"}},
		"T075": {
			{"commerce/order/fulfil_test.go", "TestT075ShipAgainstOthers"},
			{hold, "TestT075WholeRefundKeepsTheGoods"},
			{hold, "TestT075RefundedGoodsGoBackOnTheShelf"},
			{hold, "TestT075ClocksWaitForARefund"},
			{cases, "TestT075_SendOrRefund"},
			{"console/order_ship_refund_test.go", "TestT075ShippingWarnsOfRefunds"},
			{crowd, "TestBooksHold"},
		},
		"T076": {{ask, "TestT076SecondPartWaitsForTheMinute"}, {"payments/refund_test.go", "TestRefundNotificationThatDoesNotFit"}, {aliNote, "TestT066RefundNotices"}},
		"T077": {{race, "T077_MoneyAtTheDeadline"}, {"payments/close_test.go", "TestT077PaidWhileClosing"}, {others, "TestT077EveryChannelPaidOrClosed"}, {"commerce/order/load_test.go", "TestT077PaidOrClosed"}},
		"T078": {{race, "T078_AnswersToAClose"}, {"payments/close_test.go", "TestT078CloseAnswers"}},
		"T080": {{race, "T080_MoneyAfterTheClose"}, {"payments/surplus_test.go", "TestT080SurplusMoneyIsAnAlarmUntilItIsBack"}, {crowd, "TestBooksHold"}},
		"T081": {{race, "T081_TwoPayments"}, {"payments/close_test.go", "TestT081PaidTwice"}, {union, "TestT081UnionPaySceneChangedAfterPrepay"}, {others, "TestT081WeChatPayAndAlipayAtOnce"}},
		"T083": {{fault, "T083_RedisKilledAndFlushed"}, {"jobs/jobs_test.go", "TestT083_LosingRedisLosesNoEffect"}, {"commerce/order/lostanswer_test.go", "TestT083OrderNumbers"}},
		"T084": {{"cmd/internal/app/redis_trouble_test.go", "TestT084_RedisAwaySlowAndReadOnly"}, {"jobs/jobs_test.go", "TestT084_RedisAwayThenBack"}},
		"T085": {{"jobs/jobs_test.go", "TestT085_KilledWorkerDelaysAndNeverDoubles"}},
		"T089": {{fault, "T089_PostgresKilled"}},
		"T090": {{fault, "T090_LostAnswers"}, {"commerce/order/lostanswer_test.go", "TestT090LostAnswer"}},
		"T094": {
			{"payments/pay_test.go", "TestT094ProviderUnreachable"},
			{"payments/wechat/transport_test.go", "TestT094BlackHole"},
			{"payments/wechat/transport_test.go", "TestT094RedirectToAnotherHost"},
			{"payments/alipay/answer_test.go", "TestT094GatewayInTrouble"},
			{"payments/unionpay/channel_test.go", "TestT094Breaker"},
		},
		"T095": {
			{fault, "T095_ProviderTalksNonsense"},
			{"payments/pay_test.go", "TestT095BadAnswers"},
			{"payments/wechat/transport_test.go", "TestT095AnswersThatAreNone"},
			{"payments/wechat/transport_test.go", "TestT095AnswerToAnotherQuestion"},
			{"payments/unionpay/channel_test.go", "TestT095AnswersThatAreNone"},
		},
		"T102": {
			{pictures, "TestT102UploadsBecomeCleanPictures"},
			{"commerce/picture/keep_test.go", "TestT102StorageIsCounted"},
			{"commerce/picture/keep_test.go", "TestT102NoRoomLeavesNothing"},
			{"web/aftersale_test.go", "TestT102_WhatBuyersUpload"},
			{"commerce/review/review_test.go", "TestT102WhatAReviewMayHold"},
		},
		"T103": {{"commerce/picture/keep_test.go", "TestT103AnnouncedGigabytesAreRefusedAtOnce"}, {"commerce/sheet/read_test.go", "TestT103ZipBombs"}},
		"T104": {
			{tables, "TestT104CSVHasNoFormula"},
			{tables, "TestT104WorkbookHasNoFormula"},
			{"commerce/sheet/read_test.go", "TestT104WhatWasWrittenIsReadBack"},
			{"console/money_test.go", "TestT104Exports"},
			{"console/audit_test.go", "TestT104_AuditExport"},
		},
		"T108": {
			{crawl, "T108_EveryPageOfTheConsole"},
			{"console/page_test.go", "TestT108HostileTextIsText"},
			{"commerce/richtext/richtext_test.go", "TestT108NothingOfTheCorpusSurvives"},
			{"commerce/catalog/depth_test.go", "TestT108StoredMarkupIsCleanedOnRead"},
		},
		"T109": {
			{crawl, "T109_ReadingChangesNothing"},
			{crawl, "T109_ForeignFormsChangeNothing"},
			{guard, "TestT109FormsNeedTheirToken"},
			{guard, "TestT109NothingChangesByGet"},
			{guard, "TestT109EveryAnswerCarriesTheHeaders"},
			{guard, "TestT109NextStaysLocal"},
			{"console/staff_test.go", "TestT109_StepUp"},
		},
		"T120": {{"console/readmodel/large_test.go", "TestT120LargeShop"}, {"commerce/port/port_test.go", "TestT120TenThousandRows"}},
	}
}

// TestEveryHostileCaseHasItsTest finds each named test where it is said to be.
func TestEveryHostileCaseHasItsTest(t *testing.T) {
	t.Parallel()
	for name, tests := range hostileCases() {
		if len(tests) == 0 {
			t.Errorf("%s is shown by no test", name)
		}
		for _, test := range tests {
			text, err := os.ReadFile(filepath.Join(root, test.file))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			spelled := `run("` + test.name + `"`
			if strings.HasPrefix(test.name, "Test") {
				spelled = "func " + test.name + "(t *testing.T)"
			}
			if !bytes.Contains(text, []byte(spelled)) {
				t.Errorf("%s: %s has no %s", name, test.file, test.name)
			}
		}
	}
}
