package handler

import (
	"context"
	"os"
	"time"
)

// outputWait is how long the output of a script that has ended may stay open before nobody waits for it any more. What the
// script itself has written is there at once; only a process that it has started can come later.
const outputWait = 500 * time.Millisecond

// request is one run of a script.
type request struct {
	script string
	env    []string // beside those of the agent
	stdin  []byte
	keep   int  // bytes of output, the last ones
	split  bool // standard output is also kept alone
}

// outcome is what became of a run.
type outcome struct {
	output tail // standard output and standard error
	stdout tail // if the request was split
	held   bool // a process in the background holds the output
	input  error
	err    error // why it could not be started, or how it ended when not with status 0
	cause  error // with err: why it was killed; nil if it was not
}

// run runs r until it ends. When ctx ends it is killed, with all that it has started and that did not leave its process group.
func (s *shell) run(ctx context.Context, r request) outcome {
	cmd := command(ctx, r.script)
	cmd.Env = append(os.Environ(), r.env...)
	out := &collector{outcome: outcome{output: tail{max: r.keep}, stdout: tail{max: r.keep}}}
	var p plumbing
	err := p.connect(cmd, r, out)
	if err == nil {
		err = s.reaper.start(cmd)
	}
	p.closeTheirs()
	if err != nil {
		p.closeOurs()
		return outcome{err: err}
	}
	read, fed := p.start(r.stdin)
	err = cmd.Wait()
	cause := context.Cause(ctx)
	s.reaper.waited(cmd)
	if p.stdin != nil {
		_ = p.stdin.Close() // what is not read by now never will be
	}
	input := <-fed
	held := !ended(read)
	if held {
		s.adopt(p.readers, read)
	}
	o := out.finish()
	o.held, o.err, o.cause, o.input = held, err, cause, input
	return o
}

// ended waits until done is closed, but not longer than outputWait.
func ended(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
	}
	timer := time.NewTimer(outputWait)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
