package broadcast

// Why says how a message left the queue.
type Why uint8

const (
	// Sent: it was transmitted as often as the limit asks.
	Sent Why = iota + 1
	// Replaced: a newer message with its name took its place.
	Replaced
	// Dropped: the queue was full or was pruned.
	Dropped
)

// String returns "sent", "replaced" or "dropped".
func (w Why) String() string {
	switch w {
	case Sent:
		return "sent"
	case Replaced:
		return "replaced"
	case Dropped:
		return "dropped"
	}
	return "unknown"
}

// Finished says that a message pushed with notify has left the queue.
type Finished struct {
	ID  ID
	Why Why
}

// NextFinished returns, oldest first, what has become of messages that were pushed with notify. Take it until it returns
// false after each call that changes the queue: at most LenMax of them wait, beyond that the oldest is lost and counted.
func (q *Queue) NextFinished() (Finished, bool) {
	if q.finishedHead == len(q.finished) {
		q.finished, q.finishedHead = q.finished[:0], 0
		return Finished{}, false
	}
	f := q.finished[q.finishedHead]
	q.finishedHead++
	return f, true
}

func (q *Queue) finish(e *entry, why Why) {
	if !e.notify {
		return
	}
	if len(q.finished)-q.finishedHead == q.cfg.LenMax {
		q.finishedHead++
		q.stats.FinishedLost++
	}
	if q.finishedHead > q.cfg.LenMax { // the front is used up: move the rest there
		q.finished = q.finished[:copy(q.finished, q.finished[q.finishedHead:])]
		q.finishedHead = 0
	}
	q.finished = append(q.finished, Finished{ID: e.id, Why: why})
}
