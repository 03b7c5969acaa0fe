package courier

import "context"

// None is the courier of an installation that has not been given one: nothing goes.
type None struct{}

var _ Courier = None{}

// Send refuses. Faults: MESSAGE_NOT_SENT.
func (None) Send(context.Context, Message) error { return ErrNoWay }

// Goes reports that no way is open.
func (None) Goes(Way, Kind) bool { return false }
