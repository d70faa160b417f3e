package agent

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode"

	"serf/agent/journal"
	"serf/eventbus"
	"serf/membership"
	"serf/swim"
)

// This file words what the machine tells the operator. Scripts match on these lines.

// local is what the log has to know of this member.
type local struct {
	name       string
	resolution bool // of conflicts over its name
}

// logNotice writes the line of n as the member self sees it.
func logNotice(log *journal.Journal, self local, n membership.Notice) {
	switch n.Kind {
	case membership.NoticeMember:
		logMember(log, n)
	case membership.NoticeSwim:
		logSwim(log, self, n.Swim)
	case membership.NoticeReconnect:
		if n.Member.Name == "" { // a seed, which may be gone for good
			log.Printf(journal.Debug, "serf", "attempting to find a member at %v", n.Member.Addr)
			return
		}
		log.Printf(journal.Info, "serf", "attempting reconnect to %s %v", plain(n.Member.Name), n.Member.Addr)
	case membership.NoticeDropped:
		log.Limited("dropped message", journal.Warn, "serf", "ignored a message: %v", n.Err)
	case membership.NoticeQueueDeep:
		log.Printf(journal.Warn, "serf", "%s queue depth: %d", n.Queue, n.Depth)
	case membership.NoticeKeyQuery:
		log.Limited(n.Query, journal.Info, "serf", "Received %s query", strings.TrimPrefix(n.Query, eventbus.InternalPrefix))
	case membership.NoticeKeyRefused:
		log.Limited("key refused", journal.Err, "serf", "%v", n.Err)
	case membership.NoticeRejoin:
		if n.Target.Name == "" { // a seed, tried for ever
			log.Limited("rejoin seed", journal.Info, "serf", "Attempting re-join at %v", n.Target.Addr)
			return
		}
		log.Printf(journal.Info, "serf", "Attempting re-join to previously known node: %s", known(n.Target))
	case membership.NoticeRejoined:
		log.Printf(journal.Info, "serf", "Re-joined to previously known node: %s", known(n.Target))
	case membership.NoticeRejoinFailed:
		log.Limited("rejoin failed", journal.Warn, "serf", "Failed to re-join any previously known node: %v", n.Err)
	case membership.NoticeBadPattern:
		log.Limited("bad pattern", journal.Warn, "serf", "failed to compile filter regex (%s): %v", plain(n.Query), n.Err)
	case membership.NoticeVerdict:
		logVerdict(log, n)
	case membership.NoticeLeaveTimeout:
		log.Printf(journal.Warn, "serf", "timeout while waiting for leave broadcast: %v", n.Err)
	}
}

// eventLinesMax is how many events of applications are logged in 10 seconds: a burst of them says nothing to an operator.
const eventLinesMax = 32

// logEvent writes the line of an event that applications get.
func logEvent(log *journal.Journal, e eventbus.Event) {
	const text = "Received event: %s"
	if e.Type == eventbus.User || e.Type == eventbus.Query {
		log.LimitedTo(eventLinesMax, "received event", journal.Info, "agent", text, eventName(e))
		return
	}
	log.Printf(journal.Info, "agent", text, eventName(e))
}

// eventName returns what the operator's log calls an event that applications get.
func eventName(e eventbus.Event) string {
	switch e.Type {
	case eventbus.User:
		return "user-event: " + plain(e.Name)
	case eventbus.Query:
		return "query: " + plain(e.Name)
	}
	return e.Type.String()
}

// logMember writes the line of a member's change.
func logMember(log *journal.Journal, n membership.Notice) {
	name, ip := plain(n.Member.Name), n.Member.Addr.Addr()
	forced := ""
	if n.Forced {
		forced = " (forced)"
	}
	switch n.Type {
	case eventbus.MemberJoin:
		log.Printf(journal.Info, "serf", "EventMemberJoin: %s %v", name, ip)
	case eventbus.MemberLeave:
		log.Printf(journal.Info, "serf", "EventMemberLeave%s: %s %v", forced, name, ip)
	case eventbus.MemberFailed:
		log.Printf(journal.Info, "serf", "EventMemberFailed: %s %v", name, ip)
	case eventbus.MemberUpdate:
		log.Printf(journal.Info, "serf", "EventMemberUpdate: %s", name)
	case eventbus.MemberReap:
		if n.Forced {
			log.Printf(journal.Info, "serf", "EventMemberReap (forced): %s %v", name, ip)
			return
		}
		log.Printf(journal.Info, "serf", "EventMemberReap: %s", name)
	}
}

// logSwim writes the line of a fact of the failure detector. Those that one packet of a peer can provoke are limited.
func logSwim(log *journal.Journal, self local, e swim.Event) {
	const component = "memberlist"
	switch e.Kind {
	case swim.EventProbeFailed:
		log.Printf(journal.Info, component, "Suspect %s has failed, no acks received", infoName(e.Info))
	case swim.EventProbeLate:
		log.Printf(journal.Debug, component, "Failed UDP ping: %s (timeout reached)", infoName(e.Info))
	case swim.EventSuspicionExpired:
		log.Printf(journal.Info, component, "Marking %s as failed, suspect timeout reached (%d peer confirmations)",
			infoName(e.Info), e.Confirmations)
	case swim.EventRefuted:
		log.Limited("refuting "+messageName(e.Message), journal.Warn, component, "Refuting %s message (from: %s)",
			messageName(e.Message), plain(e.FromName))
	case swim.EventStreamOnly:
		log.Limited("stream only", journal.Warn, component,
			"Was able to connect to %s over TCP but UDP probes failed, network may be misconfigured", infoName(e.Info))
	case swim.EventConflict:
		logConflict(log, self, e)
	case swim.EventReclaimed:
		log.Printf(journal.Info, component, "Updating address for left or failed node %s from %v to %v",
			infoName(e.Info), infoAddr(e.Info), infoAddr(e.Other))
	case swim.EventReaped:
		log.Printf(journal.Debug, component, "Forgot dead node %s", infoName(e.Info))
	case swim.EventPushPull:
		log.Printf(journal.Debug, component, "Initiating push/pull sync with: %s", peer(e))
	case swim.EventPushPullFailed:
		log.Limited("push/pull failed", journal.Err, component, "Push/Pull with %s failed: %v", peer(e), e.Err)
	case swim.EventDegraded:
		log.Limited("refused message", journal.Warn, component, "refused a message: %v", e.Err)
	}
}

// logConflict writes the two lines about one name at two addresses.
func logConflict(log *journal.Journal, self local, e swim.Event) {
	log.Limited("conflict", journal.Err, "memberlist", "Conflicting address for %s. Mine: %v Theirs: %v Old state: %d",
		infoName(e.Info), infoAddr(e.Info), infoAddr(e.Other), e.Status)
	if e.Info != nil && e.Info.Name == self.name {
		log.Limited("conflict self", journal.Err, "serf",
			"Node name conflicts with another node at %v. Names must be unique! (Resolution enabled: %v)",
			infoAddr(e.Other), self.resolution)
		return
	}
	log.Limited("conflict other", journal.Warn, "serf", "Name conflict for '%s' both %v and %v are claiming",
		infoName(e.Info), infoAddr(e.Info), infoAddr(e.Other))
}

// known words somebody whom this member once knew.
func known(t membership.Target) string {
	if t.Name == "" {
		return t.Addr.String()
	}
	return plain(t.Name) + ": " + t.Addr.String()
}

// logVerdict writes the line about a vote on the local name.
func logVerdict(log *journal.Journal, n membership.Notice) {
	if n.Lost {
		log.Printf(journal.Warn, "serf", "minority in name conflict resolution, quiting [%d / %d]", n.VotesFor, n.Votes)
		return
	}
	log.Printf(journal.Info, "serf", "no majority against this member in name conflict resolution [%d / %d]", n.VotesFor, n.Votes)
}

// messageName returns the accusation with its article.
func messageName(t swim.MessageType) string {
	switch t {
	case swim.TypeSuspect:
		return "a suspect"
	case swim.TypeDead:
		return "a dead"
	case swim.TypeAlive:
		return "an alive"
	}
	return fmt.Sprintf("a type %d", t)
}

// peer names the other end of a push/pull: "NAME IP:PORT" as far as known.
func peer(e swim.Event) string {
	switch {
	case e.Info == nil:
		return e.From.String()
	case e.From.IsValid():
		return infoName(e.Info) + " " + e.From.String()
	}
	return infoName(e.Info) + " " + infoAddr(e.Info).String()
}

func infoName(i *swim.Info) string {
	if i == nil {
		return "?"
	}
	return plain(i.Name)
}

func infoAddr(i *swim.Info) netip.AddrPort {
	if i == nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(i.Addr.Addr().Unmap(), i.Addr.Port())
}

// plainAll returns the plain form of each name.
func plainAll(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = plain(name)
	}
	return out
}

// plain returns a name as it is, or in Go-quoted form when it holds characters that could forge a line or steer a terminal.
func plain(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}
