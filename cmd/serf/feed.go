package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"

	"serf/agent/rpc"
)

// print prints lines and events as they come, until there are no more of both or ctx ends.
func (f feeds) print(ctx context.Context, out *feedPrinter) {
	var wg sync.WaitGroup
	if f.lines != nil {
		wg.Go(func() {
			for {
				line, lost, err := f.lines.Next(ctx)
				if err != nil {
					return
				}
				out.line(line, lost)
			}
		})
	}
	if f.events != nil {
		wg.Go(func() {
			for {
				e, err := f.events.Next(ctx)
				if err != nil {
					return
				}
				out.event(e)
			}
		})
	}
	wg.Wait()
}

// feedPrinter prints what a monitor reads. It is safe for concurrent use.
type feedPrinter struct {
	mu     sync.Mutex
	w      io.Writer
	json   bool
	colour bool   // of levels
	resume resume // of the goroutine that prints lines
}

func newFeedPrinter(w io.Writer, format string) *feedPrinter {
	return &feedPrinter{w: w, json: format == "json"}
}

// line prints one of the log, lost others of which are missing before it.
func (o *feedPrinter) line(line string, lost uint64) {
	if !o.resume.isNew(line) {
		return
	}
	if o.json {
		o.object(logJSON{Log: line, Lost: lost})
		return
	}
	if lost > 0 {
		o.say(fmt.Sprintf("(%d lines lost)", lost))
	}
	if o.colour {
		line = coloured(line)
	}
	o.say(line)
}

func (o *feedPrinter) event(e rpc.Event) {
	if o.json {
		o.object(newEventJSON(e))
		return
	}
	o.say(eventText(e))
}

func (o *feedPrinter) object(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		return // it is made of texts and numbers
	}
	o.say(string(b))
}

func (o *feedPrinter) say(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	fmt.Fprintln(o.w, text)
}

// logJSON is a line of the log.
type logJSON struct {
	Log  string `json:"log"`
	Lost uint64 `json:"lost,omitempty"`
}

// eventJSON is an event. Members is there for member events; Base64 for a payload that is no text.
type eventJSON struct {
	Event    string       `json:"event"`
	Members  []memberJSON `json:"members,omitempty"`
	Name     *string      `json:"name,omitempty"`
	Payload  *string      `json:"payload,omitempty"`
	Base64   []byte       `json:"payload_base64,omitempty"`
	LTime    uint64       `json:"ltime,omitempty"`
	Coalesce *bool        `json:"coalesce,omitempty"`
	ID       *uint64      `json:"id,omitempty"`
	Lost     uint64       `json:"lost,omitempty"`
}

func newEventJSON(e rpc.Event) eventJSON {
	out := eventJSON{Event: e.Type, LTime: e.LTime, Lost: e.Dropped}
	if e.Type == "user" || e.Type == "query" {
		payload := string(e.Payload)
		out.Name, out.Payload = &e.Name, &payload
		if !utf8.Valid(e.Payload) {
			out.Base64 = e.Payload
		}
	}
	switch e.Type {
	case "user":
		out.Coalesce = &e.Coalesce
	case "query":
		out.ID = &e.ID
	default:
		for _, m := range e.Members {
			out.Members = append(out.Members, newMemberJSON(m))
		}
	}
	return out
}
