package membership

import "strings"

// intents remembers what was said about members that are not known yet: intents may overtake the news that a member
// exists.
//
// Invariants: len(byName) ≤ max; no name in it is that of a known member.
type intents struct {
	byName map[string]intent
	max    int
}

type intent struct {
	leave   bool
	guessed bool // as in record
	ltime   uint64
	at      int64
}

// put remembers i under name if it is newer than what is there. It returns false with no error when it is not, and
// ErrIntentsFull when there is no room.
func (s *intents) put(name string, i intent) (stored bool, err error) {
	old, known := s.byName[name]
	switch {
	case known && !news(i.ltime, old.ltime, old.guessed && !i.leave):
		return false, nil
	case !known && len(s.byName) >= s.max:
		return false, ErrIntentsFull
	}
	if !known {
		name = strings.Clone(name)
	}
	s.byName[name] = i
	return true, nil
}

// take returns the intent for name and forgets it: it was for the life of the member that begins now, and must not mark a
// later one.
func (s *intents) take(name string) (intent, bool) {
	i, ok := s.byName[name]
	delete(s.byName, name)
	return i, ok
}

// expire forgets what was stored before the given time and returns how many.
func (s *intents) expire(before int64) (expired int) {
	for name, i := range s.byName { //order-free: only deletes and counts
		if i.at < before {
			delete(s.byName, name)
			expired++
		}
	}
	return expired
}
