package main

// resume keeps a monitor that connects again from repeating lines: an agent begins with those that it remembers. Lines begin with
// their time, to the second, so that those of earlier seconds are known to have been printed, and of the latest second those that
// were. The zero value is ready.
type resume struct {
	stamp   string          // of the latest line
	printed map[string]bool // the lines of that second
	again   bool            // nothing new has come since the monitor connected again
}

// connected says that what comes now may have been printed.
func (r *resume) connected() { r.again = r.stamp != "" }

// isNew says whether a line has to be printed, and takes note of it.
func (r *resume) isNew(line string) bool {
	if len(line) < stampLen {
		return true
	}
	stamp := line[:stampLen]
	if r.again && (stamp < r.stamp || r.printed[line]) {
		return false
	}
	r.again = false
	if stamp != r.stamp {
		r.stamp, r.printed = stamp, make(map[string]bool)
	}
	if len(r.printed) < resumeLinesMax {
		r.printed[line] = true
	}
	return true
}

// resumeLinesMax is how many lines of one second are remembered: as many as an agent repeats.
const resumeLinesMax = 512
