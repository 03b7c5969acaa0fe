package devstack

// Explain and HintFor are opened to the tests, which check the sentences.
var (
	Explain = explain
	HintFor = hintFor
)

// SearchOnly makes cfg look for servers in dirs only and download from mirror.
func SearchOnly(cfg PostgresConfig, mirror string, dirs ...string) PostgresConfig {
	cfg.searchDirs = append([]string{}, dirs...)
	cfg.mirror = mirror
	return cfg
}

// WithProgram makes cfg start program instead of redis-server.
func WithProgram(cfg RedisConfig, program string) RedisConfig {
	cfg.program = program
	return cfg
}

// PID is the server's process id.
func (p *Postgres) PID() int { return p.proc.pid() }
