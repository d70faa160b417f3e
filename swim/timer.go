package swim

// Timer names what a deadline is for.
type Timer uint8

// Timers in the order in which they fire when they are due at the same time.
const (
	TimerNone      Timer = iota
	TimerProbeLate       // the direct ping of the running probe got no ack in time
	TimerProbeEnd        // the window of the running probe is over
	TimerProbe           // start the next probe
	TimerGossip
	TimerPushPull
	TimerReap
	TimerServed    // a ping run for another member got no ack in time
	TimerPing      // a Ping command got no ack in time
	TimerSuspicion // a suspect did not refute in time
	timerKinds
)

// String returns the name of t.
func (t Timer) String() string {
	switch t {
	case TimerNone:
		return "none"
	case TimerProbeLate:
		return "probe late"
	case TimerProbeEnd:
		return "probe end"
	case TimerProbe:
		return "probe"
	case TimerGossip:
		return "gossip"
	case TimerPushPull:
		return "push/pull"
	case TimerReap:
		return "reap"
	case TimerServed:
		return "served ping"
	case TimerPing:
		return "ping"
	case TimerSuspicion:
		return "suspicion"
	}
	return "unknown"
}
