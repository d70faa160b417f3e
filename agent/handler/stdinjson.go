package handler

import (
	"encoding/json"
	"time"
	"unicode/utf8"

	"serf/eventbus"
)

// eventJSON is what a script reads that wants JSON.
type eventJSON struct {
	Event   string       `json:"event"`
	Self    memberJSON   `json:"self"`
	Members []memberJSON `json:"members,omitempty"`

	Name          *string `json:"name,omitempty"`
	LTime         uint64  `json:"ltime,omitempty"`
	Payload       *string `json:"payload,omitempty"`
	PayloadBase64 []byte  `json:"payload_base64,omitempty"`
	ID            uint32  `json:"id,omitempty"`
	From          string  `json:"from,omitempty"`
	Deadline      string  `json:"deadline,omitempty"` // RFC 3339, UTC
}

type memberJSON struct {
	Name    string            `json:"name"`
	Address string            `json:"address"`
	Port    uint16            `json:"port"`
	Status  string            `json:"status"`
	Tags    map[string]string `json:"tags"`
}

// AppendJSON appends e as one line of JSON, the other form of a script's standard input. The payload of a user event or query
// is "payload", or "payload_base64" if it is no UTF-8. Names and tags that are none have U+FFFD in the place of bad bytes.
func AppendJSON(b []byte, self *eventbus.Member, e eventbus.Event) []byte {
	v := eventJSON{Event: e.Type.String(), Self: toJSON(self)}
	for _, m := range e.Members {
		v.Members = append(v.Members, toJSON(m))
	}
	if !e.Type.OfMember() {
		v.Name, v.LTime = &e.Name, e.LTime
		if utf8.Valid(e.Payload) {
			text := string(e.Payload)
			v.Payload = &text
		} else {
			v.PayloadBase64 = e.Payload
		}
	}
	if e.Type == eventbus.Query {
		v.ID, v.From, v.Deadline = e.ID, e.From, e.Deadline.UTC().Format(time.RFC3339Nano)
	}
	line, err := json.Marshal(v)
	if err != nil { // strings and numbers can always be marshalled
		panic("handler: " + err.Error())
	}
	return append(append(b, line...), '\n')
}

func toJSON(m *eventbus.Member) memberJSON {
	j := memberJSON{Name: m.Name, Address: m.Addr.Addr().Unmap().String(), Port: m.Addr.Port(), Status: m.Status.String(),
		Tags: m.Tags}
	if j.Tags == nil {
		j.Tags = map[string]string{}
	}
	return j
}
