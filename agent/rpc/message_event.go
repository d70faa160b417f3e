package rpc

import (
	"math"

	"serf/eventbus"
	"serf/swim/msgpack"
)

// eventRequest is the body of event. Payload belongs to the request.
type eventRequest struct {
	Coalesce bool
	Name     string
	Payload  []byte
}

func appendEvent(dst []byte, q eventRequest) []byte {
	dst = msgpack.AppendBool(msgpack.AppendStr(msgpack.AppendMap(dst, 3), "Coalesce"), q.Coalesce)
	dst = msgpack.AppendStr(msgpack.AppendStr(dst, "Name"), q.Name)
	return msgpack.AppendBin(msgpack.AppendStr(dst, "Payload"), q.Payload)
}

func decodeEvent(b []byte) (q eventRequest, err error) {
	err = decodeMap("event", b, func(key string, r *msgpack.Reader) error {
		switch key {
		case "Coalesce":
			return decodeBool(r, &q.Coalesce)
		case "Name":
			return decodeText(r, &q.Name)
		case "Payload":
			return decodeBytes(r, &q.Payload)
		}
		return r.Skip()
	})
	return q, err
}

// tagsRequest is the body of tags: DeleteTags are taken away first.
type tagsRequest struct {
	DeleteTags []string
	Tags       map[string]string
}

func appendTags(dst []byte, q tagsRequest) []byte {
	dst = appendTexts(msgpack.AppendStr(msgpack.AppendMap(dst, 2), "DeleteTags"), q.DeleteTags)
	return appendTextMap(msgpack.AppendStr(dst, "Tags"), q.Tags)
}

func decodeTags(b []byte) (q tagsRequest, err error) {
	err = decodeMap("tags", b, func(key string, r *msgpack.Reader) error {
		switch key {
		case "DeleteTags":
			return decodeTexts(r, &q.DeleteTags)
		case "Tags":
			return decodeTextMap(r, &q.Tags)
		}
		return r.Skip()
	})
	return q, err
}

// streamRequest is the body of stream: a filter in the grammar of event handlers.
type streamRequest struct{ Type string }

func appendStream(dst []byte, q streamRequest) []byte {
	return msgpack.AppendStr(msgpack.AppendStr(msgpack.AppendMap(dst, 1), "Type"), q.Type)
}

func decodeStream(b []byte) (q streamRequest, err error) {
	err = decodeMap("stream", b, func(key string, r *msgpack.Reader) error {
		if key != "Type" {
			return r.Skip()
		}
		return decodeText(r, &q.Type)
	})
	return q, err
}

type stopRequest struct{ Stop uint64 }

func appendStop(dst []byte, q stopRequest) []byte {
	return msgpack.AppendUint(msgpack.AppendStr(msgpack.AppendMap(dst, 1), "Stop"), q.Stop)
}

func decodeStop(b []byte) (q stopRequest, err error) {
	err = decodeMap("stop", b, func(key string, r *msgpack.Reader) (err error) {
		if key != "Stop" {
			return r.Skip()
		}
		q.Stop, err = r.Uint(math.MaxUint64)
		return err
	})
	return q, err
}

type monitorRequest struct{ LogLevel string }

func appendMonitor(dst []byte, q monitorRequest) []byte {
	return msgpack.AppendStr(msgpack.AppendStr(msgpack.AppendMap(dst, 1), "LogLevel"), q.LogLevel)
}

func decodeMonitor(b []byte) (q monitorRequest, err error) {
	err = decodeMap("monitor", b, func(key string, r *msgpack.Reader) error {
		if key != "LogLevel" {
			return r.Skip()
		}
		return decodeText(r, &q.LogLevel)
	})
	return q, err
}

// decodeLog takes a record of a monitor.
func decodeLog(b []byte) (line string, err error) {
	err = decodeMap("log record", b, func(key string, r *msgpack.Reader) error {
		if key != "Log" {
			return r.Skip()
		}
		return decodeText(r, &line)
	})
	return line, err
}

// Event is something that happened in the cluster, as streams bring it.
type Event struct {
	// Type is "member-join", "member-leave", "member-failed", "member-update", "member-reap", "user" or "query".
	Type string
	// Members are those of a member event.
	Members []Member
	// Name, LTime and Payload are those of a user event or query.
	Name    string
	LTime   uint64
	Payload []byte
	// Coalesce is that of a user event.
	Coalesce bool
	// ID is under what to respond to a query.
	ID uint64
	// Dropped is how many events were lost before this one because they were not read in time. A reference agent does not
	// tell how many it dropped.
	Dropped uint64
}

// appendDropped appends the field that only the record after a gap has; clients of the reference do not look at it.
func appendDropped(dst []byte, lost uint64) []byte {
	if lost == 0 {
		return dst
	}
	return msgpack.AppendUint(msgpack.AppendStr(dst, "Dropped"), lost)
}

// fields returns how many fields a record has.
func fields(n int, lost uint64) int {
	if lost > 0 {
		n++
	}
	return n
}

func appendMemberEvent(p *pieces, e *eventbus.Event, lost uint64) {
	p.buf = appendDropped(msgpack.AppendMap(p.buf, fields(2, lost)), lost)
	p.buf = msgpack.AppendStr(msgpack.AppendStr(p.buf, "Event"), e.Type.String())
	p.buf = msgpack.AppendArray(msgpack.AppendStr(p.buf, "Members"), len(e.Members))
	for _, m := range e.Members {
		p.buf = appendMember(p.buf, m)
		p.spill()
	}
}

func appendUserEvent(dst []byte, e *eventbus.Event, lost uint64) []byte {
	dst = msgpack.AppendBool(msgpack.AppendStr(msgpack.AppendMap(dst, fields(5, lost)), "Coalesce"), e.Coalesce)
	dst = msgpack.AppendStr(msgpack.AppendStr(appendDropped(dst, lost), "Event"), e.Type.String())
	dst = msgpack.AppendUint(msgpack.AppendStr(dst, "LTime"), e.LTime)
	dst = msgpack.AppendStr(msgpack.AppendStr(dst, "Name"), e.Name)
	return msgpack.AppendBin(msgpack.AppendStr(dst, "Payload"), e.Payload)
}

func appendQueryEvent(dst []byte, e *eventbus.Event, id, lost uint64) []byte {
	dst = appendDropped(msgpack.AppendMap(dst, fields(5, lost)), lost)
	dst = msgpack.AppendStr(msgpack.AppendStr(dst, "Event"), e.Type.String())
	dst = msgpack.AppendUint(msgpack.AppendStr(dst, "ID"), id)
	dst = msgpack.AppendUint(msgpack.AppendStr(dst, "LTime"), e.LTime)
	dst = msgpack.AppendStr(msgpack.AppendStr(dst, "Name"), e.Name)
	return msgpack.AppendBin(msgpack.AppendStr(dst, "Payload"), e.Payload)
}

// decodeEventRecord takes a record of a stream.
func decodeEventRecord(b []byte) (e Event, err error) {
	d := memberDecoder{known: make(map[string]string)}
	err = decodeMap("event record", b, func(key string, r *msgpack.Reader) (err error) {
		switch key {
		case "Coalesce":
			return decodeBool(r, &e.Coalesce)
		case "Dropped":
			e.Dropped, err = r.Uint(math.MaxUint64)
			return err
		case "Event":
			return decodeText(r, &e.Type)
		case "ID":
			e.ID, err = r.Uint(math.MaxUint64)
			return err
		case "LTime":
			e.LTime, err = r.Uint(math.MaxUint64)
			return err
		case "Members":
			e.Members, err = d.list(r)
			return err
		case "Name":
			return decodeText(r, &e.Name)
		case "Payload":
			return decodeBytes(r, &e.Payload)
		}
		return r.Skip()
	})
	return e, err
}
