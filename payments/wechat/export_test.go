package wechat

// HoldSigners takes every signing slot until release is called.
func (c *Channel) HoldSigners() (release func()) {
	for range cap(c.slots) {
		c.slots <- struct{}{}
	}
	return func() {
		for range cap(c.slots) {
			<-c.slots
		}
	}
}
