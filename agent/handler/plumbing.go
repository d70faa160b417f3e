package handler

import (
	"errors"
	"os"
	"os/exec"
	"sync"
)

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
