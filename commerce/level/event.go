package level

import "galleria/tenant/outbox"

const (
	// TopicArranged says that a shop has changed its levels. Its members are moved to where they
	// belong.
	TopicArranged outbox.Topic = "level.arranged"
	// TopicChanged says that a member has another level. Its key is the member.
	TopicChanged outbox.Topic = "level.changed"
	// TimerReview is due after each day in a shop with levels that end.
	TimerReview outbox.Topic = "level.review"
)

// ChangedEvent is the payload of TopicChanged.
type ChangedEvent struct {
	MemberID int64  `json:"member_id"`
	LevelID  int64  `json:"level_id"` // 0: none any longer
	Level    string `json:"level"`    // its name
	Reason   Reason `json:"reason"`
}
