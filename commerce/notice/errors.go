package notice

import "galleria/tenant/fault"

// ErrUnknownTemplate is a consent for a template that the shop does not use.
var ErrUnknownTemplate = fault.New(fault.NotFound, "UNKNOWN_TEMPLATE", "消息模板不存在", "Unknown message template")

// ErrHours are quiet hours that are no time of the day.
var ErrHours = fault.New(fault.Invalid, "QUIET_HOURS", "请填写一天之内的时间", "Enter times of the day")

// ErrTemplate is a template that the provider would refuse.
var ErrTemplate = fault.New(fault.Invalid, "MESSAGE_TEMPLATE", "模板填写不完整", "The template is not complete")
