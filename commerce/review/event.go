package review

import "galleria/tenant/outbox"

// The topics of reviews; the key is always the review's id.
const (
	// TopicPublished says that others see a review, or a follow-up, for the first time or again.
	TopicPublished outbox.Topic = "review.published"
	// TopicCheck asks for the content check of what was written.
	TopicCheck outbox.Topic = "review.check"
	// TimerPictures is a timer: the provider has not told in time what it thinks of pictures.
	// Its key is the review's id and the part.
	TimerPictures outbox.Topic = "review.pictures"
	// TopicErased names pictures that nobody is to see any more.
	TopicErased outbox.Topic = "review.erased"
	// TimerAuto is a timer: the time to review an order is over. Its key is the order's number.
	TimerAuto outbox.Topic = "review.auto"
)

// PublishedEvent is the payload of TopicPublished.
type PublishedEvent struct {
	ReviewID int64  `json:"review_id"`
	Part     Part   `json:"part"`
	OrderNo  string `json:"order_no"`
	MemberID int64  `json:"member_id"`
	SPUID    int64  `json:"spu_id"`
	Score    int    `json:"score"`
	Pictured bool   `json:"pictured"`
	Auto     bool   `json:"auto"` // nobody wrote it
}

// CheckEvent is the payload of TopicCheck and TimerPictures.
type CheckEvent struct {
	ReviewID int64 `json:"review_id"`
	Part     Part  `json:"part"`
}

// ErasedEvent is the payload of TopicErased.
type ErasedEvent struct {
	Pictures []string `json:"pictures"`
}

// AutoEvent is the payload of TimerAuto.
type AutoEvent struct {
	OrderNo string `json:"order_no"`
}
