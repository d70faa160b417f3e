package sim

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"serf/eventbus"
	"serf/membership"
)

// rotation is an operator who replaces the key of a cluster again and again: a random member installs the new key, another
// one lets all use it, a third one removes the old one. As `serf keys -rotate` does, a step is repeated until every member has
// confirmed it, and waits while a member is missing.
type rotation struct {
	t         *testing.T
	w         *World
	rng       *rand.Rand
	old, next []byte
	step      int
	attempts  int
	finished  int
	retries   int
}

var rotationSteps = []KeyOperation{
	(*membership.Cluster).InstallKey, (*membership.Cluster).UseKey, (*membership.Cluster).RemoveKey,
}

func (r *rotation) key() []byte {
	if r.step == 2 {
		return r.old
	}
	return r.next
}

// act does the next step from a random member.
func (r *rotation) act() {
	i := r.rng.IntN(len(r.w.hosts))
	if !r.complete(i) || r.w.ChangeKeys(i, rotationSteps[r.step], r.key(), func(d *membership.Done) { r.done(i, d) }) != nil {
		r.retries++
		r.w.At(time.Second, r.act)
		return
	}
	r.attempts++
	attempt, life := r.attempts, r.w.hosts[i].lives
	r.w.At(time.Minute, func() { // the member may be gone, and its answer with it
		if r.attempts == attempt && r.w.hosts[i].lives != life {
			r.act()
		}
	})
}

// complete reports whether host i sees all members alive.
func (r *rotation) complete(i int) bool {
	v := r.w.View(i)
	if v == nil || len(v.Members) < len(r.w.hosts) {
		return false
	}
	for _, m := range v.Members {
		if m.Status != eventbus.StatusAlive {
			return false
		}
	}
	return true
}

func (r *rotation) done(i int, d *membership.Done) {
	if d.Err != nil || d.Keys.NumNodes != len(r.w.hosts) {
		r.retries++
		r.w.At(time.Second, r.act)
		return
	}
	if r.step++; r.step == len(rotationSteps) {
		r.finished++
		r.begin()
		return
	}
	r.w.At(0, r.act)
}

// begin draws a new key.
func (r *rotation) begin() {
	r.old, r.next, r.step = r.next, make([]byte, 16), 0
	for i := range r.next {
		r.next[i] = byte(r.rng.Uint32())
	}
	r.w.At(0, r.act)
}

// rotate lets a cluster of 100 change its key n times while members crash and come back with their disks.
func rotate(t *testing.T, o Options, n int) *World {
	t.Helper()
	o.Hosts, o.Network, o.Snapshots, o.Key = 100, lan, true, []byte("0123456789abcdef")
	o.Network.Loss = 0.02
	w := joined(t, o)
	r := &rotation{t: t, w: w, rng: rand.New(rand.NewPCG(o.Seed, 99)), next: o.Key}
	r.begin()
	var churn func()
	churn = func() {
		if r.finished < n {
			i := r.rng.IntN(o.Hosts)
			if w.View(i) != nil {
				w.Crash(i)
				w.At(time.Second+time.Duration(r.rng.Int64N(int64(4*time.Second))), func() {
					must(t, w.Start(i))
					must(t, w.Join(i, (i+1)%o.Hosts))
				})
			}
			w.At(time.Duration(r.rng.Int64N(int64(20*time.Second))), churn)
		}
	}
	churn()
	if !w.RunUntil(time.Duration(n)*2*time.Minute, 100*time.Millisecond, func() bool { return r.finished >= n }) {
		t.Fatalf("%d of %d rotations in %v, %d retries", r.finished, n, w.Now(), r.retries)
	}
	t.Logf("%d rotations in %v, %d retries, %+v", r.finished, w.Now(), r.retries, w.Counts())
	r.step = 0 // whatever has begun meanwhile: the old key is still there, and the primary one
	agree(t, w, "after the rotations", 2*time.Minute)
	for i := range o.Hosts {
		if keys := w.Keys(i); !bytes.Equal(keys[0], w.Keys(0)[0]) {
			t.Fatalf("host %d encrypts with %x, host 0 with %x", i, keys[0], w.Keys(0)[0])
		}
	}
	return w
}

func TestRotationsDuringChurnLeaveOnePrimaryKey(t *testing.T) {
	rotate(t, Options{Seed: 51, Direct: true}, 10)
}
