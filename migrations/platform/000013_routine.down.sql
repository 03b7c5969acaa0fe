DROP TABLE platform.routine_run, platform.routine;
