package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
)

// errInterrupted is the cause of a context that Ctrl-C ended.
var errInterrupted = errors.New("interrupted")

// interruptible returns a context that the first interrupt ends, for commands that wait.
func (p *program) interruptible(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := p.signals
	release := func() {}
	if signals == nil {
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt)
		signals, release = c, func() { signal.Stop(c) }
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-signals:
			cancel(errInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(nil)
		release()
		<-ended
	}
}

// interrupted says whether an interrupt ended ctx.
func interrupted(ctx context.Context) bool { return errors.Is(context.Cause(ctx), errInterrupted) }
