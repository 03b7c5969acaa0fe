package notice

import "galleria/tenant/fault"

// ErrUnknownTemplate is a consent for a template that the shop does not use.
var ErrUnknownTemplate = fault.New(fault.NotFound, "UNKNOWN_TEMPLATE", "消息模板不存在", "Unknown message template")

// ErrHours are quiet hours that are no time of the day.
var ErrHours = fault.New(fault.Invalid, "QUIET_HOURS", "请填写一天之内的时间", "Enter times of the day")

// ErrTemplate is a template that the provider would refuse.
var ErrTemplate = fault.New(fault.Invalid, "MESSAGE_TEMPLATE", "模板填写不完整", "The template is not complete")

// ErrTestMember is a test for somebody whom the Mini Program does not know.
var ErrTestMember = fault.New(fault.Invalid, "MESSAGE_TEST_MEMBER", "没有这位会员，或 TA 没有用过这个小程序", "There is no such member, or they never used this Mini Program")

// ErrTestConsent is a test for somebody who allows no message of the template.
var ErrTestConsent = fault.New(fault.Invalid, "MESSAGE_TEST_CONSENT", "这位会员还没有订阅这个模板，请先在小程序里点一次订阅", "This member has not subscribed to the template; subscribe in the Mini Program first")

// ErrTestForm is a test for somebody who has neither paid nor submitted a form lately.
var ErrTestForm = fault.New(fault.Invalid, "MESSAGE_TEST_FORM", "这位会员最近 7 天没有可用的付款或表单，请先在小程序里付一笔款或提交一次表单", "This member has no payment or form of the last 7 days left; pay or submit a form in the Mini Program first")

// ErrTestPhone is a test to a phone that had its text messages of the day, or one just now.
var ErrTestPhone = fault.New(fault.Throttled, "MESSAGE_TEST_PHONE", "这个号码今天的短信已发满，或一分钟内刚发过", "This phone has had its text messages of the day, or one within the minute")

// ErrSMSBudget is a text message beyond the month's budget.
var ErrSMSBudget = fault.New(fault.Conflict, "SMS_BUDGET", "本月短信预算已用完", "This month's budget for text messages is spent")

// ErrTestLimit is more tests than a shop may send.
var ErrTestLimit = fault.New(fault.Throttled, "MESSAGE_TEST_LIMIT", "每小时最多发 20 条测试消息，请稍后再试", "20 test messages an hour at most, please try later")

// ErrForm is a form's number in a Mini Program whose provider has no forms.
var ErrForm = fault.New(fault.Invalid, "MESSAGE_FORM", "只有支付宝小程序可以提交表单号", "Only Alipay Mini Programs hand in forms")
