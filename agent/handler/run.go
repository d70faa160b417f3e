package handler

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
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

// plumbing is the pipes of a run.
type plumbing struct {
	stdin   *os.File   // our end; nil: the script reads from an empty file
	readers []*os.File // our ends
	sinks   []sink     // of readers
	theirs  []*os.File // the script's ends
}

// sink takes what comes out of one pipe.
type sink func(b []byte)

// connect makes the pipes that r needs. On an error some may be open.
func (p *plumbing) connect(cmd *exec.Cmd, r request, out *collector) error {
	if len(r.stdin) > 0 {
		theirs, ours, err := os.Pipe()
		if err != nil {
			return err
		}
		p.stdin, p.theirs, cmd.Stdin = ours, append(p.theirs, theirs), theirs
	}
	stdout, err := p.output(func(b []byte) { out.write(b, r.split) })
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = stdout, stdout
	if r.split {
		stderr, err := p.output(func(b []byte) { out.write(b, false) })
		if err != nil {
			return err
		}
		cmd.Stderr = stderr
	}
	return nil
}

// output makes a pipe that ends in to and returns the end for the script.
func (p *plumbing) output(to sink) (*os.File, error) {
	ours, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.readers, p.sinks, p.theirs = append(p.readers, ours), append(p.sinks, to), append(p.theirs, theirs)
	return theirs, nil
}

// start begins to read and to write. read is closed when all output has come to its end and is closed; fed gets the result of
// writing.
func (p *plumbing) start(input []byte) (read <-chan struct{}, fed <-chan error) {
	var wg sync.WaitGroup
	for i, r := range p.readers {
		wg.Go(func() { empty(r, p.sinks[i]) })
	}
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	result := make(chan error, 1)
	if p.stdin == nil {
		result <- nil
		return done, result
	}
	go func() {
		_, err := p.stdin.Write(input)
		_ = p.stdin.Close()
		if errors.Is(err, os.ErrClosed) || stdinUnread(err) {
			err = nil // a script need not read
		}
		result <- err
	}()
	return done, result
}

// empty reads r to its end.
func empty(r *os.File, to sink) {
	defer r.Close()
	buffer := make([]byte, outputBytesMax)
	for {
		n, err := r.Read(buffer)
		to(buffer[:n])
		if err != nil {
			return
		}
	}
}

func (p *plumbing) closeTheirs() {
	for _, f := range p.theirs {
		_ = f.Close()
	}
}

func (p *plumbing) closeOurs() {
	for _, f := range p.readers {
		_ = f.Close()
	}
	if p.stdin != nil {
		_ = p.stdin.Close()
	}
}

// collector gathers what a run writes until it is finished.
type collector struct {
	mu       sync.Mutex
	outcome  outcome
	finished bool
}

func (c *collector) write(b []byte, stdout bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.finished {
		return
	}
	_, _ = c.outcome.output.Write(b)
	if stdout {
		_, _ = c.outcome.stdout.Write(b)
	}
}

func (c *collector) finish() outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finished = true
	return c.outcome
}
