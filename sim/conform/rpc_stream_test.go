//go:build conform

package conform

import (
	"strings"
	"time"
)

var rpcStreamChecks = []check{
	{"4", "stream-of-user-events", "{Event, LTime, Name, Payload, Coalesce}", func(t *trial) {
		a := t.agent()
		c := a.client()
		seq := c.request("stream", fields{"Type": "user"})
		t.equal("error", c.header(seq), "")
		a.client().ok("event", fields{"Name": "deploy", "Payload": []byte{0, 255}, "Coalesce": false})
		r := c.record(seq, "the event", func(f fields) bool { return f["Name"] == "deploy" })
		t.equal("Event", r["Event"], any("user"))
		t.equal("Payload", r["Payload"], any([]byte{0, 255}))
		t.equal("Coalesce", r["Coalesce"], any(false))
		t.equal("LTime", numberOf(r["LTime"]), int64(1))
		t.equal("keys", sortedKeys(r), []string{"Coalesce", "Event", "LTime", "Name", "Payload"})
	}},
	{"4", "stream-of-member-events", "{Event, Members}", func(t *trial) {
		a := t.agent()
		c := a.client()
		seq := c.request("stream", fields{"Type": "member-join"})
		t.equal("error", c.header(seq), "")
		p := t.peer("p1")
		p.join(a)
		r := c.record(seq, "the join of p1", func(f fields) bool {
			list, _ := f["Members"].([]any)
			for _, m := range list {
				if m.(map[string]any)["Name"] == "p1" {
					return true
				}
			}
			return false
		})
		t.equal("Event", r["Event"], any("member-join"))
	}},
	{"4", "stream-of-queries", "{Event, ID, LTime, Name, Payload}", func(t *trial) {
		a := t.agent()
		c := a.client()
		seq := c.request("stream", fields{"Type": "query"})
		t.equal("error", c.header(seq), "")
		a.client().request("query", fields{"Name": "up", "Payload": []byte("x"), "Timeout": int64(time.Second)})
		r := c.record(seq, "the query", func(f fields) bool { return f["Name"] == "up" })
		t.equal("Event", r["Event"], any("query"))
		t.equal("ID", numberOf(r["ID"]), int64(1))
		t.equal("Payload", r["Payload"], any([]byte("x")))
	}},
	{"4", "stream-filter-by-name", "handler filter grammar", func(t *trial) {
		a := t.agent()
		c := a.client()
		seq := c.request("stream", fields{"Type": "user:b"})
		t.equal("error", c.header(seq), "")
		for _, name := range []string{"a", "b"} {
			a.client().ok("event", fields{"Name": name, "Coalesce": false})
		}
		var h replyHeader
		var f fields
		c.read(&h)
		c.read(&f)
		t.equal("name of the first record", f["Name"], any("b"))
	}},
	{"4", "stream-of-everything", "* or empty = everything", func(t *trial) {
		a := t.agent()
		for _, kind := range []string{"*", ""} {
			c := a.client()
			seq := c.request("stream", fields{"Type": kind})
			t.equal("error", c.header(seq), "")
			a.client().ok("event", fields{"Name": "ev" + kind, "Coalesce": false})
			c.record(seq, "the event", func(f fields) bool { return f["Name"] == "ev"+kind })
		}
	}},
	{"3", "stream-exists", "Stream with given sequence exists", func(t *trial) {
		c := t.sharedAgent().client()
		c.write(fields{"Command": "stream", "Seq": 50}, fields{"Type": "user:none"})
		t.equal("error", c.header(50), "")
		c.write(fields{"Command": "stream", "Seq": 50}, fields{"Type": "user:none"})
		t.equal("error", c.header(50), "Stream with given sequence exists")
		c.open()
	}},
	{"4", "stop-ends-a-stream", "ends the stream whose Seq is Stop", func(t *trial) {
		a := t.agent()
		c := a.client()
		seq := c.request("stream", fields{"Type": "user"})
		t.equal("error", c.header(seq), "")
		c.ok("stop", fields{"Stop": seq})
		a.client().ok("event", fields{"Name": "deploy", "Coalesce": false})
		a.awaitOutput("Received event: user-event: deploy")
		c.quietFor(300 * time.Millisecond)
	}},
	{"4", "two-streams-get-an-event-each", "an event matching several streams is sent once per stream", func(t *trial) {
		a := t.agent()
		c := a.client()
		first := c.request("stream", fields{"Type": "user"})
		t.equal("error", c.header(first), "")
		second := c.request("stream", fields{"Type": "user:deploy"})
		t.equal("error", c.header(second), "")
		a.client().ok("event", fields{"Name": "deploy", "Coalesce": false})
		seen := map[uint64]int{}
		for range 2 {
			var h replyHeader
			var f fields
			c.read(&h)
			c.read(&f)
			seen[h.Seq]++
		}
		t.equal("records by stream", seen, map[uint64]int{first: 1, second: 1})
	}},
	{"4", "monitor-begins-with-the-past", "first the buffered lines, then live ones", func(t *trial) {
		a := t.agent()
		c := a.client()
		seq := c.request("monitor", fields{"LogLevel": "info"})
		t.equal("error", c.header(seq), "")
		r := c.record(seq, "the first line", func(f fields) bool { return strings.Contains(f["Log"].(string), "Serf agent starting") })
		t.matches("line", r["Log"].(string), `\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[INFO\] agent: Serf agent starting`)
		a.client()
		c.record(seq, "a live line", func(f fields) bool { return strings.Contains(f["Log"].(string), "Accepted client") })
	}},
	{"4", "monitor-filters-by-level", "filtered by level", func(t *trial) {
		a := t.agent()
		c := a.client()
		seq := c.request("monitor", fields{"LogLevel": "WARN"})
		t.equal("error", c.header(seq), "")
		a.client().ok("event", fields{"Name": "x", "Coalesce": false})
		c.quietFor(300 * time.Millisecond)
	}},
	{"4", "monitor-sees-more-than-the-console", "independent of the agent's own log_level", func(t *trial) {
		a := t.agent("-log-level=warn")
		c := a.client()
		seq := c.request("monitor", fields{"LogLevel": "DEBUG"})
		t.equal("error", c.header(seq), "")
		a.client().ok("event", fields{"Name": "x", "Coalesce": false})
		c.record(seq, "a DEBUG line", func(f fields) bool { return strings.Contains(f["Log"].(string), "[DEBUG]") })
		t.lacks("console", a.stdout.String(), "[DEBUG]")
	}},
	{"3", "monitor-exists", "Monitor already exists", func(t *trial) {
		c := t.agent("-log-level=err").client()
		c.ok("monitor", fields{"LogLevel": "err"})
		t.equal("error", c.call("monitor", fields{"LogLevel": "err"}), "Monitor already exists")
		c.open()
	}},
	{"4", "stop-ends-a-monitor", "ends the monitor whose Seq is Stop", func(t *trial) {
		a := t.agent()
		c := a.client()
		seq := c.request("monitor", fields{"LogLevel": "err"})
		t.equal("error", c.header(seq), "")
		c.ok("stop", fields{"Stop": seq})
		c.ok("monitor", fields{"LogLevel": "err"})
	}},
}
