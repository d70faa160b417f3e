//go:build linux

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestUsageOfEventsIsWhatQuietTimesDoNotTake(t *testing.T) {
	at := time.Unix(0, 0)
	before := usage{at: at, ran: time.Second, waited: time.Second, turns: 100}
	quiet := usage{at: at.Add(10 * time.Second), ran: 1100 * time.Millisecond, waited: 1020 * time.Millisecond, turns: 200, reading: 10 * time.Millisecond}
	after := usage{at: at.Add(30 * time.Second), ran: 1500 * time.Millisecond, waited: 1160 * time.Millisecond, turns: 500, reading: 50 * time.Millisecond}
	m := newMachine(2, before, quiet, after, 10)
	if want := 20 * time.Millisecond; m.event.ran != want { // 400 ms, of which 200 ms are those of 20 quiet seconds
		t.Errorf("an event took %v of a processor, want %v", m.event.ran, want)
	}
	if want := 2 * time.Millisecond; m.event.reading != want {
		t.Errorf("reading of an event took %v, want %v", m.event.reading, want)
	}
	if want := 200 * time.Microsecond; m.wait != want { // 20 ms in 100 turns
		t.Errorf("wait of %v a turn, want %v", m.wait, want)
	}
	if got, want := m.input(220), 100*time.Microsecond; got != want {
		t.Errorf("a packet takes %v, want %v", got, want)
	}
}

func TestStatisticsOfThreadsAreAdded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "schedstat")
	if err := os.WriteFile(file, []byte("1163522 10053391 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var u usage
	for range 2 {
		if err := u.add(file); err != nil {
			t.Fatal(err)
		}
	}
	if u.ran != 2327044 || u.waited != 20106782 || u.turns != 4 {
		t.Errorf("got %+v", u)
	}
	if err := u.add(file + ".gone"); err != nil {
		t.Errorf("a thread that has ended: %v", err)
	}
	if err := os.WriteFile(file, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := u.add(file); err == nil {
		t.Error("nonsense was taken")
	}
}
