package agent

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"serf/agent/journal"
	"serf/eventbus"
	"serf/membership"
	"serf/swim"
)

func TestNoticeLines(t *testing.T) {
	addr := netip.MustParseAddrPort("127.0.0.72:7946")
	member := &membership.Member{Name: "n2", Addr: addr}
	info := &swim.Info{Name: "n2", Addr: addr}
	other := &swim.Info{Name: "n2", Addr: netip.MustParseAddrPort("[::ffff:127.0.0.75]:7946")}
	swimNotice := func(e swim.Event) membership.Notice { return membership.Notice{Kind: membership.NoticeSwim, Swim: e} }
	change := func(typ eventbus.EventType, forced bool) membership.Notice {
		return membership.Notice{Kind: membership.NoticeMember, Type: typ, Member: member, Forced: forced}
	}
	tests := []struct {
		notice membership.Notice
		want   string
	}{
		{change(eventbus.MemberJoin, false), "[INFO] serf: EventMemberJoin: n2 127.0.0.72"},
		{change(eventbus.MemberLeave, false), "[INFO] serf: EventMemberLeave: n2 127.0.0.72"},
		{change(eventbus.MemberLeave, true), "[INFO] serf: EventMemberLeave (forced): n2 127.0.0.72"},
		{change(eventbus.MemberFailed, false), "[INFO] serf: EventMemberFailed: n2 127.0.0.72"},
		{change(eventbus.MemberUpdate, false), "[INFO] serf: EventMemberUpdate: n2"},
		{change(eventbus.MemberReap, false), "[INFO] serf: EventMemberReap: n2"},
		{change(eventbus.MemberReap, true), "[INFO] serf: EventMemberReap (forced): n2 127.0.0.72"},
		{membership.Notice{Kind: membership.NoticeReconnect, Member: member}, "[INFO] serf: attempting reconnect to n2 127.0.0.72:7946"},
		{swimNotice(swim.Event{Kind: swim.EventProbeFailed, Info: info}), "[INFO] memberlist: Suspect n2 has failed, no acks received"},
		{swimNotice(swim.Event{Kind: swim.EventProbeLate, Info: info}), "[DEBUG] memberlist: Failed UDP ping: n2 (timeout reached)"},
		{swimNotice(swim.Event{Kind: swim.EventSuspicionExpired, Info: info, Confirmations: 2}),
			"[INFO] memberlist: Marking n2 as failed, suspect timeout reached (2 peer confirmations)"},
		{swimNotice(swim.Event{Kind: swim.EventRefuted, Message: swim.TypeSuspect, FromName: "n3"}),
			"[WARN] memberlist: Refuting a suspect message (from: n3)"},
		{swimNotice(swim.Event{Kind: swim.EventRefuted, Message: swim.TypeDead, FromName: "n3"}),
			"[WARN] memberlist: Refuting a dead message (from: n3)"},
		{swimNotice(swim.Event{Kind: swim.EventRefuted, Message: swim.TypeAlive, FromName: "n3"}),
			"[WARN] memberlist: Refuting an alive message (from: n3)"},
		{swimNotice(swim.Event{Kind: swim.EventStreamOnly, Info: info}),
			"[WARN] memberlist: Was able to connect to n2 over TCP but UDP probes failed, network may be misconfigured"},
		{swimNotice(swim.Event{Kind: swim.EventPushPull, Info: info, From: addr}),
			"[DEBUG] memberlist: Initiating push/pull sync with: n2 127.0.0.72:7946"},
		{swimNotice(swim.Event{Kind: swim.EventPushPull, From: addr}), "[DEBUG] memberlist: Initiating push/pull sync with: 127.0.0.72:7946"},
		{swimNotice(swim.Event{Kind: swim.EventPushPullFailed, Info: info, Err: errors.New("EOF")}),
			"[ERR] memberlist: Push/Pull with n2 127.0.0.72:7946 failed: EOF"},
		{swimNotice(swim.Event{Kind: swim.EventReclaimed, Info: info, Other: other}),
			"[INFO] memberlist: Updating address for left or failed node n2 from 127.0.0.72:7946 to 127.0.0.75:7946"},
		{swimNotice(swim.Event{Kind: swim.EventConflict, Info: info, Other: other}),
			"[WARN] serf: Name conflict for 'n2' both 127.0.0.72:7946 and 127.0.0.75:7946 are claiming"},
		{swimNotice(swim.Event{Kind: swim.EventDegraded, Err: errors.New("reason")}), "[WARN] memberlist: refused a message: reason"},
		{membership.Notice{Kind: membership.NoticeDropped, Err: errors.New("reason")}, "[WARN] serf: ignored a message: reason"},
		{membership.Notice{Kind: membership.NoticeQueueDeep, Queue: "Event", Depth: 130}, "[WARN] serf: Event queue depth: 130"},
		{membership.Notice{Kind: membership.NoticeKeyRefused, Err: errors.New("Keyring is empty (encryption not enabled)")},
			"[ERR] serf: Keyring is empty (encryption not enabled)"},
		{membership.Notice{Kind: membership.NoticeKeyQuery, Query: "_serf_list-keys"}, "[INFO] serf: Received list-keys query"},
		{membership.Notice{Kind: membership.NoticeRejoin, Target: membership.Target{Name: "n2", Addr: addr}},
			"[INFO] serf: Attempting re-join to previously known node: n2: 127.0.0.72:7946"},
		{membership.Notice{Kind: membership.NoticeRejoin, Target: membership.Target{Addr: addr}},
			"[INFO] serf: Attempting re-join at 127.0.0.72:7946"},
		{membership.Notice{Kind: membership.NoticeReconnect, Member: &membership.Member{Addr: addr}},
			"[DEBUG] serf: attempting to find a member at 127.0.0.72:7946"},
		{membership.Notice{Kind: membership.NoticeRejoined, Target: membership.Target{Addr: addr}},
			"[INFO] serf: Re-joined to previously known node: 127.0.0.72:7946"},
		{membership.Notice{Kind: membership.NoticeRejoinFailed, Err: errors.New("reason")},
			"[WARN] serf: Failed to re-join any previously known node: reason"},
		{membership.Notice{Kind: membership.NoticeBadPattern, Query: "[", Err: errors.New("reason")},
			"[WARN] serf: failed to compile filter regex ([): reason"},
		{membership.Notice{Kind: membership.NoticeVerdict, Votes: 1, Lost: true},
			"[WARN] serf: minority in name conflict resolution, quiting [0 / 1]"},
		{membership.Notice{Kind: membership.NoticeVerdict, Votes: 3, VotesFor: 2},
			"[INFO] serf: no majority against this member in name conflict resolution [2 / 3]"},
		{membership.Notice{Kind: membership.NoticeLeaveTimeout, Err: errors.New("reason")},
			"[WARN] serf: timeout while waiting for leave broadcast: reason"},
	}
	for _, tt := range tests {
		log := journal.New(journal.Options{})
		logNotice(log, local{name: "n1"}, tt.notice)
		if got := lastLine(log); got != tt.want {
			t.Errorf("got  %q\nwant %q", got, tt.want)
		}
	}
}

func TestOwnNameConflictSaysSo(t *testing.T) {
	log := journal.New(journal.Options{})
	info := &swim.Info{Name: "n1", Addr: netip.MustParseAddrPort("127.0.0.71:7946")}
	logNotice(log, local{name: "n1", resolution: true}, membership.Notice{Kind: membership.NoticeSwim, Swim: swim.Event{Kind: swim.EventConflict, Info: info, Other: info}})
	want := "[ERR] serf: Node name conflicts with another node at 127.0.0.71:7946. Names must be unique! (Resolution enabled: true)"
	if got := lastLine(log); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestHostileNamesAreQuoted(t *testing.T) {
	for name, want := range map[string]string{
		"node-1.example": "node-1.example",
		"größe":          "größe",
		"a b":            "a b",
		"x\n2026/01/01 00:00:00 [INFO] serf: forged": `"x\n2026/01/01 00:00:00 [INFO] serf: forged"`,
		"\x1b[2J": `"\x1b[2J"`,
		"\xff":    `"\xff"`,
	} {
		if got := plain(name); got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
	}
}

// lastLine returns the newest line without its time.
func lastLine(log *journal.Journal) string {
	all := lines(log)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// lines returns all lines without their times.
func lines(log *journal.Journal) []string {
	var out []string
	for _, l := range log.Tail() {
		out = append(out, strings.TrimPrefix(l.Text, l.Text[:len(time.DateTime)]+" "))
	}
	return out
}
