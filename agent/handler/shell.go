package handler

import (
	"os"
	"sync"
)

// lingerMax is how many runs may leave pipes behind that processes in the background hold. The pipes of a further one are
// closed: such a process must not write any more.
const lingerMax = 64

// shell runs scripts. It keeps the pipes that outlive a run and empties them, so that processes in the background do not stand
// still or die when they write. The zero value is ready for use.
type shell struct {
	reaper reaper

	mu     sync.Mutex
	open   map[<-chan struct{}][]*os.File // by what is closed when they are empty
	closed bool
	wg     sync.WaitGroup
}

// adopt takes the pipes of a run whose emptying goes on until done.
func (s *shell) adopt(readers []*os.File, done <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.open) >= lingerMax {
		closeAll(readers)
		return
	}
	if s.open == nil {
		s.open = make(map[<-chan struct{}][]*os.File)
	}
	s.open[done] = readers
	s.wg.Go(func() {
		<-done
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, done)
	})
}

// close closes all pipes and keeps no further ones.
func (s *shell) close() {
	s.mu.Lock()
	s.closed = true
	for _, readers := range s.open {
		closeAll(readers)
	}
	s.mu.Unlock()
	s.wg.Wait()
	s.reaper.off()
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}
