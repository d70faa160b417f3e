package eventbus

import (
	"fmt"
	"regexp"
)

// Limits of regular expressions. They come from other members and are matched on the goroutine of the machine.
const (
	// patternBytesMax is longer than any that fits into a gossiped query.
	patternBytesMax = 1400
	// programMax bounds the cost of an expression, as CompilePattern counts it.
	programMax = 16384
	// expressionsMax and programsMax bound the compiled expressions kept, and their cost together.
	expressionsMax = 256
	programsMax    = 65536
)

// expressions compiles each regular expression once and keeps it for the next query. The zero value is ready for use.
//
// Invariants: order lists the keys of known, oldest first; cost is the sum of theirs and at most programsMax.
type expressions struct {
	known map[string]*expression
	order fifo[string]
	cost  int
}

// expression is a compiled regular expression, or why it cannot be one.
type expression struct {
	re   *regexp.Regexp
	cost int // as CompilePattern counts it, at least 1
	wide int // classes that take long to compile
	err  error
}

// get returns the compiled pattern.
func (x *expressions) get(pattern []byte) *expression {
	if e := x.known[string(pattern)]; e != nil {
		return e
	}
	if len(pattern) > patternBytesMax {
		return &expression{err: fmt.Errorf("too long (%d > %d bytes)", len(pattern), patternBytesMax)}
	}
	e := &expression{wide: wideParts(string(pattern))}
	e.re, e.cost, e.err = CompilePattern(string(pattern), programMax)
	if x.known == nil {
		x.known = make(map[string]*expression)
	}
	for x.order.len() > 0 && (x.order.len() >= expressionsMax || x.cost+e.cost > programsMax) {
		oldest, _ := x.order.next()
		x.cost -= x.known[oldest].cost
		delete(x.known, oldest)
	}
	x.known[string(pattern)] = e
	x.order.put(string(pattern))
	x.cost += e.cost
	return e
}
