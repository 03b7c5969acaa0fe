DROP TABLE platform.timer, platform.outbox;
