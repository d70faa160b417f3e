package sim

import (
	"fmt"
	"time"
)

// Progress is how far a run is.
type Progress struct {
	What string
	// Done is the share that is done, 0 to 1; 0 when that is not known.
	Done float64
}

// phase is a part of a run, which goes from one moment of a world to another and is a share of the whole.
type phase struct {
	world      *World
	begin, end time.Duration
	from, to   float64
}

// expect says how much virtual time the run takes from now on in w.
func (p *Params) expect(w *World, d time.Duration) {
	if p.phase.to == 0 {
		p.phase.to = 1
	}
	p.phase.world, p.phase.begin, p.phase.end = w, w.Now(), w.Now()+max(d, 1)
}

// part says that what is expected next is only the given part of the whole.
func (p *Params) part(from, to float64) { p.phase = phase{from: from, to: to} }

func (p *Params) progress(w *World, format string, args ...any) {
	if p.Progress == nil {
		return
	}
	now := Progress{What: fmt.Sprintf(format, args...), Done: p.phase.from}
	if f := &p.phase; f.world == w {
		share := float64(w.Now()-f.begin) / float64(f.end-f.begin)
		now.Done = f.from + (f.to-f.from)*min(1, share)
	}
	p.Progress(now)
}
