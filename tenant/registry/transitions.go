package registry

import (
	"strings"

	"galleria/tenant"
)

// transition is one legal move of a tenant's status.
type transition struct {
	from, to tenant.Status
}

// transitions is the life of a tenant. Moves into provisioning are provision's
// (claiming a spare). Callbacks and refunds work in every state from active on, but
// money that comes for a closed shop pays nothing.
var transitions = []transition{
	{tenant.Provisioning, tenant.Active},
	{tenant.Active, tenant.Suspended},
	{tenant.Suspended, tenant.Active},
	{tenant.Active, tenant.Closing},
	{tenant.Suspended, tenant.Closing},
	{tenant.Closing, tenant.Closed},
}

// sources lists the states from which a tenant may move to the given one.
func sources(to tenant.Status) []string {
	var from []string
	for _, t := range transitions {
		if t.to == to {
			from = append(from, string(t.from))
		}
	}
	return from
}

// Chart draws the transitions as a Mermaid state chart.
func Chart() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n  [*] --> provisioning: claim\n")
	for _, t := range transitions {
		b.WriteString("  " + string(t.from) + " --> " + string(t.to) + "\n")
	}
	b.WriteString("  closed --> [*]\n")
	return b.String()
}
