package main

import (
	"io"
	"strings"
	"sync"
)

// console prints the lines of an agent. Scripts tell what they are from how they begin; only the first line of a text gets
// the prefix. It is safe for concurrent use, and as an io.Writer it takes lines of the log.
type console struct {
	mu     sync.Mutex
	w      io.Writer
	colour bool // of the levels of the log
}

var _ io.Writer = (*console)(nil)

// output prints a headline or an error.
func (c *console) output(text string) { c.print("==> ", text) }

// info prints a detail.
func (c *console) info(text string) { c.print("    ", text) }

// blank prints an empty line.
func (c *console) blank() { c.print("", "") }

// problems prints the parts of a joined error, each with its own prefix.
func (c *console) problems(err error) {
	for _, e := range parts(err) {
		c.output(e.Error())
	}
}

// parts takes joined errors apart, at any depth.
func parts(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || joinsMore(err, joined.Unwrap()) {
		return []error{err}
	}
	var list []error
	for _, e := range joined.Unwrap() {
		list = append(list, parts(e)...)
	}
	return list
}

// joinsMore says whether err says more than its parts, so that it must stay whole.
func joinsMore(err error, parts []error) bool {
	texts := make([]string, len(parts))
	for i, e := range parts {
		texts[i] = e.Error()
	}
	return err.Error() != strings.Join(texts, "\n")
}

// Write prints a line of the log, which ends in a newline.
func (c *console) Write(line []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := string(line)
	if c.colour {
		text = coloured(text)
	}
	if _, err := io.WriteString(c.w, "    "+text); err != nil {
		return 0, err
	}
	return len(line), nil
}

// bare returns a writer that puts nothing in front of what it gets.
func (c *console) bare() io.Writer { return bareConsole{c} }

type bareConsole struct{ c *console }

func (b bareConsole) Write(text []byte) (int, error) {
	b.c.mu.Lock()
	defer b.c.mu.Unlock()
	return b.c.w.Write(text)
}

func (c *console) print(prefix, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = io.WriteString(c.w, prefix+text+"\n") // an agent goes on without anybody to read it
}
