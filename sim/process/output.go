package process

import (
	"bytes"
	"io"
	"sync"
)

// Output is what a program has printed so far; it may be read while the program writes. The zero value is ready.
type Output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

var _ io.Writer = (*Output)(nil)

func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
