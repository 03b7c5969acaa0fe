package audit

// For tests of the rules, which need no database.
var (
	Diff        = diff
	Mask        = mask
	AgentFamily = agentFamily
)
