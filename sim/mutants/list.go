package main

// mutants are bugs that somebody might write.
var mutants = []mutant{
	{
		what: "alive counts in an incarnation that is known", file: "swim/alive.go",
		old:      "c.incarnation < r.incarnation() || !isSelf && c.incarnation == r.incarnation()",
		new:      "c.incarnation < r.incarnation()",
		checkers: []string{"legal-transition"}, seeds: "1..20",
	},
	{
		what: "a death forgets the incarnation", file: "swim/dead.go",
		old: "r.with(status, a.incarnation)", new: "r.with(status, 0)",
		checkers: []string{"incarnation-monotone", "legal-transition"}, seeds: "1..20",
	},
	{
		what: "a suspicion raises the incarnation of the suspect", file: "swim/suspect.go",
		old: "r.with(Suspect, a.incarnation)", new: "r.with(Suspect, a.incarnation+1)",
		checkers: []string{"self-only-raises"}, seeds: "1..20",
	},
	{
		what: "a refutation raises nothing", file: "swim/refute.go",
		old: "raise(max(r.incarnation(), accusation))", new: "max(r.incarnation(), accusation)",
		checkers: []string{"converged"}, seeds: "1..20",
	},
	{
		what: "the dead in a push/pull are taken for alive", file: "swim/pushpull.go",
		old:      "switch m.Status {\n\tcase Alive:\n\t\tif n.knows(m)",
		new:      "status := m.Status\n\tif status == Dead {\n\t\tstatus = Alive\n\t}\n\tswitch status {\n\tcase Alive:\n\t\tif n.knows(m)",
		checkers: []string{"no-resurrection"}, seeds: "1..60",
	},
	{
		what: "a Lamport clock takes any time", file: "membership/lamport/lamport.go",
		old: "if t >= c.now {", new: "if t > 0 {",
		checkers: []string{"lamport-monotone"}, seeds: "1..20",
	},
	{
		what: "repeated events are news", file: "eventbus/user.go",
		old:      "known.name == string(m.Name) && bytes.Equal(known.payload, m.Payload)",
		new:      "known.name == string(m.Name) && bytes.Equal(known.payload, m.Payload) && m.Coalesce",
		checkers: []string{"exactly-once-events"}, seeds: "1..20",
	},
	{
		what: "a push/pull brings no events", file: "membership/pushpull.go",
		old: "\tc.mergeEvents(now, s, ignoreOld)\n", new: "",
		checkers: []string{"exactly-once-events"}, seeds: "1..60",
	},
	{
		what: "a failure is called a leave", file: "membership/status.go",
		old: "t.setStatus(r, eventbus.StatusFailed)", new: "t.setStatus(r, eventbus.StatusLeft)",
		checkers: []string{"no-false-leave"}, seeds: "1..20",
	},
	{
		what: "a join does not take back that a member leaves", file: "membership/status.go",
		old: "if r.member.Status == eventbus.StatusLeaving {", new: "if false {",
		checkers: []string{"converged"}, seeds: "1..60",
	},
	{
		what: "newer news do not replace older ones in the queue", file: "broadcast/queue.go",
		old: "if old := q.names[name]; old != 0 {", new: "if old := q.names[name]; old != 0 && name == \"\" {",
		checkers: []string{"bounded"}, seeds: "1..60",
	},
	{
		what: "nobody looks for members that failed", file: "membership/reconnect.go",
		old:      "if gone == 0 || c.table.life != LifeAlive {",
		new:      "if gone >= 0 || c.table.life != LifeAlive {",
		checkers: []string{"converged"}, seeds: "1..200",
	},
}
