//go:build unix

package handler_test

import (
	"context"
	"os"
	"time"

	"serf/agent/handler"
	"serf/agent/journal"
	"serf/eventbus"
)

// A script is run for a user event. Start does the same for the events of an agent.
func Example() {
	log := journal.New(journal.Options{Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }})
	log.AddSink(os.Stdout, journal.Debug)
	handlers, err := handler.ParseAll([]string{`user:deploy=echo "$SERF_SELF_NAME deploys $(cat)"`, "member-join=date"})
	if err != nil {
		panic(err)
	}
	h := handler.New(member{}, log)
	h.Set(handlers, handler.Options{Timeout: time.Minute})
	h.Handle(eventbus.Event{Type: eventbus.User, Name: "deploy", Payload: []byte("v1.2.3")})
	h.Close(context.Background())
	log.Flush(time.Minute)
	// Output:
	// 2026/01/02 03:04:05 [DEBUG] agent: Event 'user' script output: web1 deploys v1.2.3
}

// member stands for an agent.
type member struct{}

func (member) Self() *eventbus.Member { return &eventbus.Member{Name: "web1"} }

func (member) Respond(context.Context, eventbus.QueryID, []byte) error { return nil }
