package notice

import "galleria/tenant/fault"

// ErrUnknownTemplate is a consent for a template that the shop does not use.
var ErrUnknownTemplate = fault.New(fault.NotFound, "UNKNOWN_TEMPLATE", "消息模板不存在", "Unknown message template")
