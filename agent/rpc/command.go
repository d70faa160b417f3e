package rpc

import (
	"context"
	"time"

	"serf/agent/journal"
	"serf/swim/msgpack"
)

// command says how a request is treated.
type command struct {
	// body says that a body follows the header of the request.
	body bool
	// guest says that the command needs no login.
	guest bool
	// kind is set for what waits for other members: it is done beside the requests of other kinds.
	kind kind
	// run executes the request and sends the reply. An error ends the connection.
	run func(c *conn, seq uint64, body []byte) error
}

// commands is the protocol, one row per command.
var commands = map[string]command{
	"handshake":        {body: true, guest: true, run: (*conn).runHandshake},
	"auth":             {body: true, guest: true, run: (*conn).runAuth},
	"members":          {run: (*conn).runMembers},
	"members-filtered": {body: true, run: (*conn).runMembersFiltered},
	"join":             {body: true, kind: kindJoin, run: (*conn).runJoin},
	"leave":            {run: (*conn).runLeave},
	"force-leave":      {body: true, kind: kindLeave, run: (*conn).runForceLeave},
	"stats":            {run: (*conn).runStats},
	"stop":             {body: true, run: (*conn).runStop},
	"event":            {body: true, run: (*conn).runEvent},
	"tags":             {body: true, kind: kindTags, run: (*conn).runTags},
	"stream":           {body: true, run: (*conn).runStream},
	"monitor":          {body: true, run: (*conn).runMonitor},
	"query":            {body: true, run: (*conn).runQuery},
	"respond":          {body: true, run: (*conn).runRespond},
	"install-key":      {body: true, kind: kindKeys, run: (*conn).runInstallKey},
	"use-key":          {body: true, kind: kindKeys, run: (*conn).runUseKey},
	"remove-key":       {body: true, kind: kindKeys, run: (*conn).runRemoveKey},
	"list-keys":        {kind: kindKeys, run: (*conn).runListKeys},
	"get-coordinate":   {body: true, run: (*conn).runCoordinate},
}

func (c *conn) runHandshake(seq uint64, body []byte) error {
	q, err := decodeHandshake(body)
	switch {
	case err != nil:
		return err
	case q.Version != protocolVersion:
		return c.reply(seq, textUnsupportedVersion)
	case c.shaken:
		return c.reply(seq, textHandshakeAgain)
	}
	c.shaken = true
	c.checkLogin()
	return c.reply(seq, "")
}

func (c *conn) runAuth(seq uint64, body []byte) error {
	q, err := decodeAuth(body)
	if err != nil {
		return err
	}
	if err := c.wait(c.server.guard.delay(time.Now(), c.origin)); err != nil {
		return err
	}
	if !c.server.guard.check(time.Now(), c.origin, q.AuthKey) {
		c.server.tally.keysWrong.Add(1)
		why := ""
		if c.server.cfg.AuthKey == "" {
			why = ": this agent asks for none (rpc_auth)"
		}
		c.limited("auth", journal.Warn, "Client %s presented a wrong authentication token%s", c.peer, why)
		return c.reply(seq, textAuthInvalid)
	}
	c.authed = true
	c.checkLogin()
	return c.reply(seq, "")
}

func (c *conn) runMembers(seq uint64, _ []byte) error {
	return c.replyMembers(seq, nil)
}

func (c *conn) runMembersFiltered(seq uint64, body []byte) error {
	q, err := decodeFilter(body)
	if err != nil {
		return err
	}
	f, err := newFilter(q)
	if err != nil {
		return c.replyWith(seq, textRegexFailed+err.Error(), func(p *pieces) {
			p.buf = msgpack.AppendArray(msgpack.AppendStr(msgpack.AppendMap(p.buf, 1), "Members"), 0)
		})
	}
	return c.replyMembers(seq, &f)
}

// replyMembers sends the members that pass f, all when f is nil.
func (c *conn) replyMembers(seq uint64, f *filter) error {
	members := c.server.backend.Members()
	if f != nil {
		passed := members[:0:0]
		for _, m := range members {
			if f.match(m) {
				passed = append(passed, m)
			}
		}
		members = passed
	}
	return c.replyWith(seq, "", func(p *pieces) {
		p.buf = msgpack.AppendStr(msgpack.AppendMap(p.buf, 1), "Members")
		p.buf = msgpack.AppendArray(p.buf, len(members))
		for _, m := range members {
			p.buf = appendMember(p.buf, m)
			p.spill()
		}
	})
}

func (c *conn) runJoin(seq uint64, body []byte) error {
	q, err := decodeJoin(body)
	if err != nil {
		return err
	}
	n, err := c.server.backend.Join(c.ctx, q.Existing, q.Replay)
	return c.replyWith(seq, errorText(err), func(p *pieces) {
		p.buf = appendJoinReply(p.buf, joinReply{Num: int64(n)})
	})
}

func (c *conn) runForceLeave(seq uint64, body []byte) error {
	q, err := decodeForceLeave(body)
	if err != nil {
		return err
	}
	return c.reply(seq, errorText(c.server.backend.ForceLeave(c.ctx, q.Node, q.Prune)))
}

// runLeave carries an ordered leave through, whether or not the client waits for it; then the connection ends. Requests
// before it are answered first.
func (c *conn) runLeave(seq uint64, _ []byte) error {
	c.asides.wait()
	c.printf(journal.Info, "Graceful leave triggered")
	ctx, cancel := context.WithCancel(c.server.ctx)
	defer cancel()
	err := c.server.backend.Leave(ctx)
	if err != nil {
		c.printf(journal.Err, "leave failed: %v", err)
	}
	c.left = func() { c.server.tellLeft(err) }
	if err := c.reply(seq, errorText(err)); err != nil {
		return err
	}
	return errHangUp
}

func (c *conn) runStats(seq uint64, _ []byte) error {
	stats := c.server.stats()
	return c.replyWith(seq, "", func(p *pieces) { p.buf = appendStats(p.buf, stats) })
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
