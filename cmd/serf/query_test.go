package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"serf/agent"
	"serf/agent/rpc"
)

// someAnswers are two acks and two responses, one of them no text.
var someAnswers = []rpc.Answer{
	{Kind: agent.AnswerAck, From: "n1"}, {Kind: agent.AnswerResponse, From: "n1", Payload: []byte("up\nnow\n\n")},
	{Kind: agent.AnswerAck, From: "n2"}, {Kind: agent.AnswerResponse, From: "n2", Payload: []byte("\xff<")},
}

func TestQueryTextKeepsBytes(t *testing.T) {
	var out bytes.Buffer
	sink := &queryText{w: &out, acks: true}
	sink.started("up")
	for _, a := range someAnswers {
		sink.add(a)
	}
	if err := sink.finish(); err != nil {
		t.Fatal(err)
	}
	want := "Query 'up' dispatched\nAck from 'n1'\nResponse from 'n1': up\nnow\n\nAck from 'n2'\nResponse from 'n2': \xff<\n" +
		"Total Acks: 2\nTotal Responses: 2\n"
	if got := out.String(); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestQueryJSON(t *testing.T) {
	for _, tt := range []struct {
		answers []rpc.Answer
		want    string
	}{
		{nil, "{\n  \"Acks\": null,\n  \"Responses\": {}\n}\n"},
		{someAnswers, "{\n  \"Acks\": [\n    \"n1\",\n    \"n2\"\n  ],\n  \"Responses\": {\n" +
			"    \"n1\": \"up\\nnow\\n\\n\",\n    \"n2\": \"\\ufffd\\u003c\"\n  },\n" +
			"  \"Base64\": {\n    \"n2\": \"/zw=\"\n  }\n}\n"},
	} {
		var out bytes.Buffer
		sink := &queryJSON{w: &out, Responses: map[string]string{}}
		sink.started("up")
		for _, a := range tt.answers {
			sink.add(a)
		}
		if err := sink.finish(); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != tt.want {
			t.Errorf("got\n%s\nwant\n%s", got, tt.want)
		}
	}
}

func TestReachabilityVerdicts(t *testing.T) {
	members := []rpc.Member{{Name: "a", Status: "alive"}, {Name: "b", Status: "alive"}, {Name: "c", Status: "failed"}}
	const tips = "\nTroubleshooting tips:\n* "
	for _, tt := range []struct {
		name string
		acks string
		want string // up to the tips
		tips bool
	}{
		{"all", "b a", "Successfully contacted all live nodes\n", false},
		{"missing", "b", "Received less acks than live nodes! Missing acks from:\n\ta\n" + missingExplanation + "\n", true},
		{"surplus", "a b c", "Received more acks than live nodes! Acks from non-live nodes:\n\tc\n" + surplusExplanation + "\n", true},
		{"other", "a c", "Received less acks than live nodes! Missing acks from:\n\tb\n" + missingExplanation + "\n", true},
		{"twice", "a b a", "Duplicate response from 'a'\n" + duplicateExplanation + "\n", false},
		{"nobody", "", "Received less acks than live nodes! Missing acks from:\n\ta\n\tb\n" + missingExplanation + "\n", true},
	} {
		test := newReachabilityTest(members)
		var out bytes.Buffer
		test.w = &out
		for _, from := range strings.Fields(tt.acks) {
			test.ack(from)
		}
		err := test.verdict()
		var e exit
		if failed := errors.As(err, &e); failed != (tt.name != "all") {
			t.Errorf("%s: ended with %v", tt.name, err)
		}
		if got := out.String(); got != tt.want || strings.HasPrefix(e.text, tips) != tt.tips {
			t.Errorf("%s: got\n%s\nand %q, want\n%s", tt.name, got, e.text, tt.want)
		}
		if got, want := strings.Count(e.text, "\n* "), 5; tt.tips && got != want {
			t.Errorf("%s: %d tips, want %d", tt.name, got, want)
		}
	}
}

func TestEventText(t *testing.T) {
	for _, tt := range []struct {
		event rpc.Event
		want  string
	}{
		{rpc.Event{Type: "user", Name: "deploy", Payload: []byte("a\n\xff"), LTime: 5, Coalesce: true},
			"Event Info:\n\tEvent: \"user\"\n\tName: \"deploy\"\n\tPayload: \"a\\n\\xff\"\n\tLTime: 5\n\tCoalesce: true"},
		{rpc.Event{Type: "query", Name: "up", LTime: 6, ID: 1},
			"Event Info:\n\tEvent: \"query\"\n\tName: \"up\"\n\tPayload: \"\"\n\tLTime: 6\n\tID: 1"},
		{rpc.Event{Type: "member-failed", Members: []rpc.Member{
			{Name: "n1", Addr: []byte{127, 0, 0, 1}, Port: 7946, Status: "failed"},
			{Name: "node2", Addr: []byte{127, 0, 0, 2}, Port: 7946, Status: "failed", Tags: map[string]string{"b": "2", "a": "1"}}}},
			"Event Info:\n\tEvent: \"member-failed\"\n\tMembers:\n\t\tn1     127.0.0.1:7946  failed  \n\t\tnode2  127.0.0.2:7946  failed  a=1,b=2"},
	} {
		if got := eventText(tt.event); got != tt.want {
			t.Errorf("got\n%q\nwant\n%q", got, tt.want)
		}
	}
}

func TestInterruptEndsContext(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	signals := make(chan os.Signal, 1)
	ctx, stop := (&program{signals: signals}).interruptible(context.Background())
	if interrupted(ctx) {
		t.Error("interrupted before the signal")
	}
	signals <- os.Interrupt
	<-ctx.Done()
	if !interrupted(ctx) {
		t.Error("not interrupted by the signal")
	}
	stop()

	ctx, stop = (&program{}).interruptible(context.Background())
	stop()
	if <-ctx.Done(); interrupted(ctx) {
		t.Error("interrupted by its own end")
	}
}
