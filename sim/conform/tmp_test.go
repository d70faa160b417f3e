//go:build conform

package conform

func serfChecks() []check    { return nil }
func cliChecks() []check     { return nil }
func agentChecks() []check   { return nil }
func handlerChecks() []check { return nil }
