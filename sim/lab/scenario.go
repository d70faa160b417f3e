//go:build linux

package main

// scenario is a fault and what is promised in it.
type scenario struct {
	name  string
	about string
	long  bool // takes more than a minute
	run   func(l *lab)
}

// scenarios are all, in the order in which they run.
var scenarios = []scenario{
	{"kill", "five members, one is killed", false, func(l *lab) { killRounds(l, 5, 1, sevenSeconds) }},
	{"kill-5", "five members, one is killed, ten times", true, func(l *lab) { killRounds(l, 5, 10, sevenSeconds) }},
	{"kill-30", "thirty members, one is killed, ten times", true, func(l *lab) { killRounds(l, 30, 10, thirtyDetect) }},
	{"stop-3", "one of five is stopped for 3 s", false, func(l *lab) { stopped(l, 3) }},
	{"stop-6", "one of five is stopped for 6 s", false, func(l *lab) { stopped(l, 6) }},
	{"stop-12", "one of five is stopped for 12 s", false, func(l *lab) { stopped(l, 12) }},
	{"stop-60", "one of five is stopped for 60 s", true, func(l *lab) { stopped(l, 60) }},
	{"starved", "one of five gets a twentieth of its time for 20 s", false, starved},
	{"partition-2-3", "five members are cut 2|3 for 30 s", false, func(l *lab) { partition(l, 2, 3, thirtySeconds) }},
	{"partition-2-3-long", "five members are cut 2|3 for 10 min", true, func(l *lab) { partition(l, 2, 3, tenMinutes) }},
	{"partition-10-20", "thirty members are cut 10|20 for 30 s", true, func(l *lab) { partition(l, 10, 20, thirtySeconds) }},
	{"partition-10-20-long", "thirty members are cut 10|20 for 10 min", true, func(l *lab) { partition(l, 10, 20, tenMinutes) }},
	{"one-way", "one of five hears another no more, for 30 s", false, oneWay},
	{"loss", "every host loses 30 % of what comes in, for 30 s", false, func(l *lab) { loss(l, 10, thirtySeconds) }},
	{"loss-long", "every host loses 30 % of what comes in, for 5 min", true, func(l *lab) { loss(l, 10, fiveMinutes) }},
	{"restart-30", "thirty members are killed and started again within a second", true, massRestart},
	{"swizzle", "links of ten members stop one by one and heal in another order", false, swizzle},
	{"disk-full", "the disk of the snapshots is full for 10 s", false, diskFull},
	{"descriptors", "streams use up all descriptors of a member for 10 s", false, descriptors},
	{"wrong-key", "a member with another key wants to join, again and again", false, wrongKey},
	{"rotate-in-partition", "keys are changed while two of five are cut off", false, rotateInPartition},
	{"new-address", "a member comes back under its name at another address", false, newAddress},
	{"upgrade", "five of Debian's serf are replaced by ours one by one, and back, with events under way", true, upgrade},
}
