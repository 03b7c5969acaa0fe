package middleware

import "time"

// WaitForRedis makes a limiter patient: on a busy machine the ordinary wait may pass
// although Redis is there.
func (l *Limiter) WaitForRedis(d time.Duration) { l.wait = d }
