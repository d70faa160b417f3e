package main

import (
	"context"
	"encoding/base64"
	"errors"
	"io"

	"serf/agent"
	"serf/agent/rpc"
	"serf/eventbus"
	"serf/membership/coordinate"
)

// The rest of fakeBackend: events, queries, tags, keys and coordinates.

func (fakeBackend) UserEvent(_ context.Context, _ string, payload []byte, _ bool) error {
	if len(payload) > 512 {
		return errors.New("user event exceeds configured limit of 512 bytes before encoding")
	}
	return nil
}

func (fakeBackend) UpdateTags(_ context.Context, set map[string]string, remove []string) error {
	if len(set) != 1 || set["a"] != "1,2=3" || len(remove) != 1 || remove[0] != "b" {
		return errors.New("these are not the tags of the test")
	}
	return nil
}

// fakeAnswers is a query under way.
type fakeAnswers struct{ left []agent.Answer }

func (a *fakeAnswers) Next(context.Context) (agent.Answer, error) {
	if len(a.left) == 0 {
		return agent.Answer{}, io.EOF
	}
	x := a.left[0]
	a.left = a.left[1:]
	return x, nil
}

func (*fakeAnswers) Close() {}

// Query is answered by web1, which repeats the payload; the ping also by the member that failed.
func (fakeBackend) Query(_ context.Context, p eventbus.QueryParams) (rpc.Answers, error) {
	list := []agent.Answer{{Kind: agent.AnswerResponse, From: "web1", Payload: p.Payload}}
	if p.Ack {
		list = append([]agent.Answer{{Kind: agent.AnswerAck, From: "web1"}}, list...)
	}
	if p.Name == eventbus.QueryPing {
		list = []agent.Answer{{Kind: agent.AnswerAck, From: "db"}, {Kind: agent.AnswerAck, From: "web1"}}
	}
	return &fakeAnswers{list}, nil
}

// errOneFailed is what the key operations of the fake agent end with unless the key is keyForAll.
var errOneFailed = errors.New("1/2 nodes reported failure")

const keyForAll = "MDEyMzQ1Njc4OWFiY2RlZg=="

func keyResult(key string) (*agent.KeyResult, error) {
	if _, err := base64.StdEncoding.DecodeString(key); err != nil {
		return nil, err
	}
	if key == keyForAll {
		return &agent.KeyResult{NumNodes: 2, NumResp: 2}, nil
	}
	return &agent.KeyResult{Messages: map[string]string{"web1": "key size must be 16, 24 or 32 bytes"}, NumNodes: 2, NumResp: 2, NumErr: 1},
		errOneFailed
}

func (fakeBackend) InstallKey(_ context.Context, key string) (*agent.KeyResult, error) {
	return keyResult(key)
}
func (fakeBackend) UseKey(_ context.Context, key string) (*agent.KeyResult, error) {
	return keyResult(key)
}
func (fakeBackend) RemoveKey(_ context.Context, key string) (*agent.KeyResult, error) {
	return keyResult(key)
}
func (fakeBackend) ListKeys(context.Context) (*agent.KeyResult, error) {
	return &agent.KeyResult{Keys: map[string]int{keyForAll: 2, "AAAA": 1}, PrimaryKeys: map[string]int{keyForAll: 1, "": 1}, NumNodes: 2, NumResp: 2}, nil
}

func (fakeBackend) Coordinate(name string) (coordinate.Coordinate, bool) {
	c := coordinate.Coordinate{Height: 0.001}
	if name == "db" {
		c.Vec[0] = 0.0405
	}
	return c, name == "db" || name == "web1"
}
