package membership

// Timer says what a deadline is for.
type Timer uint8

const (
	// TimerNone: nothing is armed.
	TimerNone Timer = iota
	// TimerSwim: the failure detector wants HandleDeadline.
	TimerSwim
	// TimerCoalesce: held back member events are told.
	TimerCoalesce
	// TimerReap: it is looked for members and intents to forget.
	TimerReap
	// TimerReconnect: a failed member may be contacted.
	TimerReconnect
	// TimerPrune: a member that an operator pruned while it was leaving is looked at again.
	TimerPrune
	// TimerCommand: a command has waited long enough for its broadcast.
	TimerCommand
	// TimerJoin: more addresses of a Join are tried.
	TimerJoin
	// TimerLeave: the next step of our own leave is due.
	TimerLeave
	// TimerQuery: a query that was asked here ends.
	TimerQuery
	// TimerRecord: the membership clock is recorded.
	TimerRecord
	// TimerRejoin: a lone member looks for others.
	TimerRejoin
	// TimerHold: events and queries are held back no longer.
	TimerHold
	// TimerOrder: user events wait no longer for earlier ones.
	TimerOrder

	timers
)

var timerNames = [timers]string{
	TimerNone: "none", TimerSwim: "swim", TimerCoalesce: "coalesce", TimerReap: "reap", TimerReconnect: "reconnect",
	TimerPrune: "prune", TimerCommand: "command", TimerJoin: "join", TimerLeave: "leave",
	TimerQuery: "query", TimerRecord: "record", TimerRejoin: "rejoin", TimerHold: "hold", TimerOrder: "order",
}

// String returns the name in lower case.
func (t Timer) String() string {
	if t < timers {
		return timerNames[t]
	}
	return "unknown"
}
