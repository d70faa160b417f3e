package agent

import (
	"context"
	"errors"
	"io"
	"strconv"
	"testing"
	"testing/synctest"
)

// handle returns a Query that no loop runs.
func handle() *Query {
	return &Query{agent: &Agent{commands: make(chan command, 1)}, ready: make(chan struct{}, 1)}
}

func TestAnswersWaitInOrderUntilTheQueryIsOver(t *testing.T) {
	q := handle()
	for i := range 3 {
		q.put(Answer{Kind: AnswerResponse, From: strconv.Itoa(i), Payload: []byte("x")})
	}
	q.finish(io.EOF)
	for i := range 3 {
		if x, err := q.Next(t.Context()); x.From != strconv.Itoa(i) || err != nil {
			t.Errorf("answer %d: %v, %v", i, x, err)
		}
	}
	for range 2 {
		if _, err := q.Next(t.Context()); err != io.EOF {
			t.Errorf("Next after the end: %v, want io.EOF", err)
		}
	}
	if q.bytes != 0 || q.Dropped() != 0 {
		t.Errorf("%d bytes wait, %d dropped", q.bytes, q.Dropped())
	}
}

func TestAnswersBeyondTheLimitsAreDroppedAndCounted(t *testing.T) {
	q := handle()
	for range answersMax + 5 {
		q.put(Answer{Kind: AnswerAck})
	}
	if got := q.Dropped(); got != 5 {
		t.Errorf("%d dropped, want 5", got)
	}
	if got := q.agent.counters.answersDropped.Load(); got != 5 {
		t.Errorf("%d counted, want 5", got)
	}
	q = handle()
	large := make([]byte, answersBytesMax/4)
	for range 6 {
		q.put(Answer{Kind: AnswerResponse, Payload: large})
	}
	if got := q.Dropped(); got != 2 {
		t.Errorf("%d large ones dropped, want 2", got)
	}
	if _, err := q.Next(t.Context()); err != nil {
		t.Error(err)
	}
	q.put(Answer{Kind: AnswerResponse, Payload: large})
	if got := q.Dropped(); got != 2 {
		t.Errorf("%d dropped although one was read, want 2", got)
	}
}

func TestClosingAQueryCancelsItOnceAndWakesItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := handle()
		if wanted := q.begin(7); !wanted {
			t.Error("a new query is unwanted")
		}
		ended := make(chan error, 1)
		go func() {
			_, err := q.Next(t.Context())
			ended <- err
		}()
		synctest.Wait()
		q.Close()
		q.Close()
		if err := <-ended; !errors.Is(err, ErrClosed) {
			t.Errorf("Next of a closed query: %v", err)
		}
		if got := len(q.agent.commands); got != 1 {
			t.Fatalf("%d commands, want 1", got)
		}
		if c := <-q.agent.commands; c.kind != commandCancel || c.token != 7 {
			t.Errorf("command %v for token %d", c.kind, c.token)
		}
		if wanted := q.put(Answer{}); wanted {
			t.Error("a closed query wants answers")
		}
	})
}

func TestClosingAQueryThatIsOverOrNotBegunCancelsNothing(t *testing.T) {
	q := handle()
	q.Close()
	if wanted := q.begin(7); wanted {
		t.Error("a query closed before its begin is wanted")
	}
	q = handle()
	q.begin(7)
	q.finish(io.EOF)
	q.Close()
	if got := len(q.agent.commands); got != 0 {
		t.Errorf("%d commands, want none", got)
	}
}

func TestNextOfAQueryEndsWithItsContext(t *testing.T) {
	q := handle()
	if _, err := q.Next(canceled()); !errors.Is(err, context.Canceled) {
		t.Errorf("Next: %v", err)
	}
}
