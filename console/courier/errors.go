package courier

import "galleria/tenant/fault"

// ErrNoWay is a message that this installation has no way to send.
var ErrNoWay = fault.New(fault.Unavailable, "MESSAGE_NOT_SENT", "暂时无法发送消息，请稍后再试", "The message cannot be sent now, please try again later")

// ErrOtherWay is an address of a kind that this installation sends nothing to; another may do.
var ErrOtherWay = fault.New(fault.Invalid, "MESSAGE_WAY", "本平台不能向这种地址发送消息，请换用邮箱或手机号中的另一种", "This installation cannot send messages to such an address; try your mail address or phone number instead")
