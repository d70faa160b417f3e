//go:build conform

package conform

import (
	"fmt"
	"time"
)

// refutes waits for the agent to raise its incarnation above an accusation.
func (p *peer) refutes(a *agentProc, kind byte, incarnation, want uint32) {
	p.send(a, message(kind, accusation{incarnation, a.node, p.name}))
	m := p.await(fmt.Sprintf("alive about %s with incarnation %d", a.node, want), func(m received) bool {
		return isAbout(typeAlive, a.node)(m) && decodeAs[alive](m.body).Incarnation == want
	})
	p.t.equal("address of the refutation", decodeAs[alive](m.body).Port, uint16(7946))
}

var accusationChecks = []check{
	{"12.3", "suspect-self-is-refuted", "self: refute against i", func(t *trial) {
		a, p := t.cluster()
		p.refutes(a, typeSuspect, 1, 2)
		a.awaitOutput("Refuting a suspect message (from: p1)")
	}},
	{"12.4", "dead-self-is-refuted", "self and not leaving: refute against i", func(t *trial) {
		a, p := t.cluster()
		p.refutes(a, typeDead, 1, 2)
		a.awaitOutput("Refuting a dead message (from: p1)")
	}},
	{"12.5", "refutation-exceeds-the-accusation", "a >= inc: incarnation a + 1", func(t *trial) {
		a, p := t.cluster()
		p.refutes(a, typeSuspect, 50, 51)
	}},
	{"12.5", "each-refutation-raises-the-incarnation", "inc = ++counter", func(t *trial) {
		a, p := t.cluster()
		p.refutes(a, typeSuspect, 1, 2)
		p.refutes(a, typeSuspect, 2, 3)
		p.refutes(a, typeDead, 3, 4)
	}},
	{"12.3", "old-suspicion-of-self-is-ignored", "i < stored: stop", func(t *trial) {
		a, p := t.cluster()
		p.refutes(a, typeSuspect, 10, 11)
		p.send(a, message(typeSuspect, accusation{10, a.node, p.name}))
		p.send(a, message(typeAlive, p.other("y", 1)))
		a.awaitStatus("y", "alive")
		n, _ := p.entry(a, a.node)
		t.equal("own incarnation", n.Incarnation, uint32(11))
	}},
	{"12.5", "refutation-costs-health", "health score +1", func(t *trial) {
		a, p := t.cluster()
		p.refutes(a, typeSuspect, 1, 2)
		p.refutes(a, typeSuspect, 2, 3)
		p.refutes(a, typeSuspect, 3, 4)
		score := a.stats()["serf"]["health_score"]
		t.expect(score != "0", "a health score above 0", score)
	}},
	{"12.3", "suspicion-is-gossiped-unchanged", "the suspect message is queued, From unchanged", func(t *trial) {
		a, p := t.cluster()
		p.send(a, message(typeAlive, p.other("x", 5)))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeSuspect, accusation{5, "x", "accuser"}))
		m := p.await("suspect about x", isAbout(typeSuspect, "x"))
		t.equal("bytes", m.body, body(accusation{5, "x", "accuser"}))
	}},
	{"12.3", "suspect-shows-as-suspect", "state suspect, no event", func(t *trial) {
		a, p := t.cluster()
		p.send(a, message(typeAlive, p.other("x", 5)))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeSuspect, accusation{6, "x", "accuser"}))
		p.awaitEntry(a, "x", "is suspect with incarnation 6", func(n nodeState) bool { return n.State == stateSuspect && n.Incarnation == 6 })
		m, _ := a.member("x")
		t.equal("status", m.Status, "alive")
	}},
	{"12.3", "old-suspicion-is-ignored", "i < stored: stop", func(t *trial) {
		a, p := t.cluster()
		p.send(a, message(typeAlive, p.other("x", 5)))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeSuspect, accusation{4, "x", "accuser"}))
		p.send(a, message(typeAlive, p.other("y", 1)))
		a.awaitStatus("y", "alive")
		p.never("no suspicion of x by the accuser", func(m received) bool {
			return isAbout(typeSuspect, "x")(m) && decodeAs[accusation](m.body).From == "accuser"
		})
	}},
	{"12.3", "suspicion-of-the-unknown-is-ignored", "unknown: stop", func(t *trial) {
		a, p := t.cluster()
		p.send(a, message(typeSuspect, accusation{4, "nobody", "accuser"}))
		p.send(a, message(typeAlive, p.other("y", 1)))
		a.awaitStatus("y", "alive")
		t.equal("members", len(a.members()), 3)
		p.never("no message about nobody", isAbout(typeSuspect, "nobody"))
	}},
	{"12.2", "alive-ends-a-suspicion-without-event", "suspect to alive with the same metadata: no event", func(t *trial) {
		a, p := t.cluster()
		x := p.other("x", 5)
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeSuspect, accusation{5, "x", "accuser"}))
		p.awaitEntry(a, "x", "is suspect", func(n nodeState) bool { return n.State == stateSuspect })
		x.Incarnation = 6
		p.send(a, message(typeAlive, x))
		p.awaitEntry(a, "x", "is alive", func(n nodeState) bool { return n.State == stateAlive && n.Incarnation == 6 })
		t.lacks("log", a.stdout.String(), "EventMemberFailed")
		t.lacks("log", a.stdout.String(), "EventMemberUpdate")
	}},
	{"12.4", "dead-is-believed", "state dead: leave event, the member has failed", func(t *trial) {
		a, p := t.cluster()
		p.send(a, message(typeAlive, p.other("x", 5)))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeDead, accusation{5, "x", "accuser"}))
		a.awaitStatus("x", "failed")
		n, _ := p.entry(a, "x")
		t.equal("state in the table", n.State, stateDead)
		m := p.await("dead about x", isAbout(typeDead, "x"))
		t.equal("bytes", m.body, body(accusation{5, "x", "accuser"}))
	}},
	{"12.4", "dead-by-itself-has-left", "state = left if Node = From", func(t *trial) {
		a, p := t.cluster()
		p.send(a, message(typeAlive, p.other("x", 5)))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeDead, accusation{5, "x", "x"}))
		p.awaitEntry(a, "x", "has left", func(n nodeState) bool { return n.State == stateLeft })
	}},
	{"12.4", "old-death-is-ignored", "i < stored: stop", func(t *trial) {
		a, p := t.cluster()
		p.send(a, message(typeAlive, p.other("x", 5)))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeDead, accusation{4, "x", "accuser"}))
		p.send(a, message(typeAlive, p.other("y", 1)))
		a.awaitStatus("y", "alive")
		m, _ := a.member("x")
		t.equal("status", m.Status, "alive")
	}},
	{"12.4", "a-later-leave-does-not-turn-dead-into-left", "state dead or left: stop", func(t *trial) {
		a, p := t.cluster()
		p.send(a, message(typeAlive, p.other("x", 5)))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeDead, accusation{5, "x", "accuser"}))
		a.awaitStatus("x", "failed")
		p.send(a, message(typeDead, accusation{6, "x", "x"}))
		p.send(a, message(typeAlive, p.other("y", 1)))
		a.awaitStatus("y", "alive")
		n, _ := p.entry(a, "x")
		t.equal("state in the table", n.State, stateDead)
	}},
	{"12.2", "the-dead-come-back", "previous state dead: join event", func(t *trial) {
		a, p := t.cluster()
		x := p.other("x", 5)
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeDead, accusation{5, "x", "accuser"}))
		a.awaitStatus("x", "failed")
		x.Incarnation = 6
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		a.awaitCount("EventMemberJoin: x ", 2)
	}},
	{"12.2", "the-dead-need-a-newer-incarnation", "i <= stored: stop", func(t *trial) {
		a, p := t.cluster()
		x := p.other("x", 5)
		p.send(a, message(typeAlive, x))
		a.awaitStatus("x", "alive")
		p.send(a, message(typeDead, accusation{5, "x", "accuser"}))
		a.awaitStatus("x", "failed")
		p.send(a, message(typeAlive, x))
		p.send(a, message(typeAlive, p.other("y", 1)))
		a.awaitStatus("y", "alive")
		m, _ := a.member("x")
		t.equal("status", m.Status, "failed")
	}},
	{"13.5", "suspicion-lasts-three-intervals", "n < 10, mult 3, interval 1 s: dead after 3 s when k = 0", func(t *trial) {
		a, p := t.cluster()
		p.quiet(true, true)
		p.send(a, message(typeSuspect, accusation{1, p.name, "accuser"}))
		start := time.Now()
		p.awaitEntry(a, p.name, "is suspect", func(n nodeState) bool { return n.State == stateSuspect })
		a.awaitStatus(p.name, "failed")
		took := time.Since(start)
		t.expect(took > 2700*time.Millisecond, "3 s of suspicion", took)
	}},
	{"13.5", "timeout-is-dead-from-self", "firing: dead{stored incarnation, node, From self}", func(t *trial) {
		a, p := t.cluster()
		p.quiet(true, true)
		m := p.await("dead about itself", isAbout(typeDead, p.name))
		t.equal("bytes", m.body, body(accusation{1, p.name, a.node}))
		a.awaitOutput("Marking p1 as failed, suspect timeout reached")
	}},
	{"13.5", "a-confirmation-shortens", "with c = k the timeout is min: 3 s", func(t *trial) {
		a, p := t.cluster()
		p.send(a, message(typeAlive, p.other("x", 5)))
		a.awaitStatus("x", "alive")
		start := time.Now()
		p.send(a, message(typeSuspect, accusation{5, "x", "first"}))
		p.send(a, message(typeSuspect, accusation{5, "x", "second"}))
		a.awaitStatus("x", "failed")
		took := time.Since(start)
		t.expect(took > 2700*time.Millisecond, "3 s of suspicion", took)
		a.awaitOutput("Marking x as failed, suspect timeout reached (1 peer confirmations)")
	}},
	{"13.5", "the-accuser-does-not-confirm", "the first accuser never counts: k = 1 unconfirmed lasts max, 18 s", func(t *trial) {
		a, p := t.cluster()
		p.send(a, message(typeAlive, p.other("x", 5)))
		p.awaitEntry(a, "x", "is suspect", func(n nodeState) bool { return n.State == stateSuspect })
		for range 10 { // seconds in which the agent accuses it again and again
			p.send(a, message(typeSuspect, accusation{5, "x", a.node}))
			time.Sleep(time.Second) // the pace of the accusations
		}
		m, _ := a.member("x")
		t.equal("status", m.Status, "alive")
	}},
	{"13.5", "confirmations-are-gossiped", "a new confirmation queues the suspect message", func(t *trial) {
		a, p := t.cluster()
		for _, name := range []string{"x", "y", "z"} {
			p.send(a, message(typeAlive, p.other(name, 5)))
			a.awaitStatus(name, "alive")
		}
		p.send(a, message(typeSuspect, accusation{5, "x", "first"}))
		p.await("the first suspicion", fromAccuser("first"))
		p.send(a, message(typeSuspect, accusation{5, "x", "second"}))
		p.await("the confirmation", fromAccuser("second"))
	}},
}

func fromAccuser(name string) func(received) bool {
	return func(m received) bool { return m.kind == typeSuspect && decodeAs[accusation](m.body).From == name }
}
