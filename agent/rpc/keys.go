package rpc

import (
	"context"
	"encoding/base64"
	"maps"

	"serf/agent"
)

func (c *conn) runInstallKey(seq uint64, body []byte) error {
	return c.changeKey("install-key", seq, body, c.server.backend.InstallKey)
}

func (c *conn) runUseKey(seq uint64, body []byte) error {
	return c.changeKey("use-key", seq, body, c.server.backend.UseKey)
}

func (c *conn) runRemoveKey(seq uint64, body []byte) error {
	return c.changeKey("remove-key", seq, body, c.server.backend.RemoveKey)
}

// changeKey executes one of the three requests that name a key.
func (c *conn) changeKey(command string, seq uint64, body []byte, change func(context.Context, string) (*agent.KeyResult, error)) error {
	q, err := decodeKey(command, body)
	if err != nil {
		return err
	}
	if _, err := base64.StdEncoding.DecodeString(q.Key); err != nil {
		return c.replyKeys(seq, nil, err, false)
	}
	result, err := change(c.ctx, q.Key)
	return c.replyKeys(seq, result, err, false)
}

func (c *conn) runListKeys(seq uint64, _ []byte) error {
	result, err := c.server.backend.ListKeys(c.ctx)
	return c.replyKeys(seq, result, err, true)
}

// replyKeys sends a result, which may be nil; list says whether keys belong to it.
func (c *conn) replyKeys(seq uint64, result *agent.KeyResult, err error, list bool) error {
	if result == nil {
		result = new(agent.KeyResult)
	}
	reply := KeyResult{
		Messages: result.Messages,
		NumNodes: result.NumNodes,
		NumErr:   result.NumErr,
		NumResp:  result.NumResp,
	}
	if list {
		reply.Keys = result.Keys
		if reply.Keys == nil {
			reply.Keys = map[string]int{}
		}
		reply.PrimaryKeys = maps.Clone(result.PrimaryKeys)
		delete(reply.PrimaryKeys, "") // of members that do not say
	}
	return c.replyWith(seq, errorText(err), func(p *pieces) { p.buf = appendKeyResult(p.buf, &reply) })
}

// runCoordinate tells where a member is in the network.
func (c *conn) runCoordinate(seq uint64, body []byte) error {
	q, err := decodeCoordinateRequest(body)
	if err != nil {
		return err
	}
	at, ok := c.server.backend.Coordinate(q.Node)
	return c.replyWith(seq, "", func(p *pieces) { p.buf = appendCoordinateReply(p.buf, coordinateReply{at, ok}) })
}
