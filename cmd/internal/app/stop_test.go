package app_test

import (
	"context"
	"testing"
	"time"
)

// A server that is told to end before it has begun to serve ends all the same: fasthttp forgets
// a shutdown that comes before the listener.
func TestAServerThatIsStoppedWhileItStartsEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 5 { // whichever of the two comes first
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		ended := make(chan error, 1)
		go func() { ended <- w.RunHTTP(ctx, listen(t)) }()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("ended with %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the server does not end")
		}
	}
}
