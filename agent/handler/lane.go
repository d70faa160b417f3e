package handler

import (
	"sync"

	"serf/eventbus"
)

// queueMax is how many events wait for one handler: more than ever come at once in a large cluster, and a few MB at most.
const queueMax = 4096

// job is one event that a handler has to be run for.
type job struct {
	event   eventbus.Event
	earlier []<-chan struct{} // closed when the handlers before this one are done with the event
	done    chan struct{}     // closed when this one is
}

// end tells those behind that they need not wait any more.
func (j job) end() { close(j.done) }

// lane is a handler with its waiting events.
type lane struct {
	owner   *Handlers
	handler Handler

	mu      sync.Mutex
	waiting []job // oldest first, at most queueMax
	running int   // goroutines
	dropped uint64
}

// idle says whether a new event would be handled at once.
func (l *lane) idle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.running == 0
}

// put adds j. When the queue is full, the oldest event is dropped.
func (l *lane) put(j job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == queueMax {
		l.waiting[0].end()
		l.waiting[0] = job{}
		l.waiting = l.waiting[1:]
		l.dropped++
		l.owner.onDropped(l.handler.Script, 1, l.dropped)
	}
	l.waiting = append(l.waiting, j)
	l.grow()
}

// grow starts another goroutine if one is allowed and has something to do. l.mu is held.
func (l *lane) grow() {
	if l.running < min(len(l.waiting)+l.running, max(1, l.owner.current().Concurrency)) {
		l.running++
		l.owner.runs.Go(l.work)
	}
}

// work handles events until none waits or the end has come.
func (l *lane) work() {
	for {
		j, ok := l.next()
		if !ok {
			return
		}
		l.owner.handle(l.handler.Script, j)
		j.end()
	}
}

// next takes the oldest event out. Without one, or at the end, the calling goroutine is no longer one of the lane.
func (l *lane) next() (job, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owner.ctx.Err() != nil {
		l.abandon()
	}
	if len(l.waiting) == 0 {
		l.waiting = nil // an idle lane holds no memory
		l.running--
		return job{}, false
	}
	j := l.waiting[0]
	l.waiting[0] = job{}
	l.waiting = l.waiting[1:]
	return j, true
}

// abandon drops all that waits. l.mu is held.
func (l *lane) abandon() {
	n := uint64(len(l.waiting))
	if n == 0 {
		return
	}
	for _, j := range l.waiting {
		j.end()
	}
	l.waiting = nil
	l.dropped += n
	l.owner.onDropped(l.handler.Script, n, l.dropped)
}
