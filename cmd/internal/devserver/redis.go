package devserver

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"galleria/cmd/internal/devstack"
)

// keptRedis is dev's own Redis, at one address from its first start on.
type keptRedis struct {
	cfg devstack.RedisConfig
	now *devstack.Redis
}

// start starts it, again if it ended.
func (k *keptRedis) start(ctx context.Context) (done <-chan struct{}, err error) {
	if k.now != nil {
		_ = k.now.Stop(ctx) // it ended badly; this gives its folder back
	}
	started, err := devstack.StartRedis(ctx, k.cfg)
	if err != nil {
		return nil, err
	}
	k.now = started
	address, err := url.Parse(k.now.URL())
	if err == nil {
		k.cfg.Port, err = strconv.Atoi(address.Port())
	}
	if err != nil {
		return nil, fmt.Errorf("address of Redis: %w", err)
	}
	return k.now.Done(), nil
}
