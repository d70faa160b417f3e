package eventbus

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"testing"
)

// readVectors reads one file of vectors into list, with numbers of full precision.
func readVectors(t testing.TB, file string, list any) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors/" + file)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(list); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// messageVector is one of messages.json, malformed.json and capture_query_relay.json.
type messageVector struct {
	Name, Message, Hex, Outcome string
	Decoded                     any
}

// bytesOrNil is how vectors write byte strings.
func bytesOrNil(b []byte) any {
	if b == nil {
		return nil
	}
	return hex.EncodeToString(b)
}

// anyMessage decodes b as the vectors call it and returns it as they write it, and encoded again.
func anyMessage(message string, b []byte) (decoded any, again []byte, err error) {
	switch message {
	case "user_event":
		m, err := DecodeUser(b)
		return map[string]any{"CC": m.Coalesce, "LTime": m.LTime, "Name": string(m.Name), "Payload": bytesOrNil(m.Payload)}, AppendUser(nil, &m), err
	case "query":
		m, err := DecodeQuery(b)
		return queryView(&m), AppendQuery(nil, &m), err
	case "query_response":
		m, err := DecodeResponse(b)
		return map[string]any{"Flags": m.Flags, "From": string(m.From), "ID": m.ID, "LTime": m.LTime, "Payload": bytesOrNil(m.Payload)}, AppendResponse(nil, &m), err
	case "relay":
		m, err := DecodeRelay(b)
		return relayView(&m), AppendRelay(nil, &m), err
	case "key_request":
		m, err := DecodeKeyRequest(b)
		return map[string]any{"Key": bytesOrNil(m.Key)}, AppendKeyRequest(nil, &m), err
	case "key_response":
		m, err := DecodeKeyResponse(b)
		return map[string]any{"Keys": m.Keys, "Message": m.Message, "PrimaryKey": m.PrimaryKey, "Result": m.Result}, AppendKeyResponse(nil, &m), err
	case "conflict_response":
		m, err := DecodeVote(b)
		return voteView(m), AppendVote(nil, m), err
	}
	return nil, nil, errNotOurs
}

func queryView(m *QueryMessage) any {
	var filters []any
	if m.Filters != nil {
		filters = []any{}
	}
	for _, f := range m.Filters {
		filters = append(filters, bytesOrNil(f))
	}
	return map[string]any{
		"Addr": bytesOrNil(m.Addr), "Filters": filters, "Flags": m.Flags, "ID": m.ID, "LTime": m.LTime, "Name": string(m.Name),
		"Payload": bytesOrNil(m.Payload), "Port": m.Port, "RelayFactor": m.RelayFactor, "SourceNode": string(m.SourceNode),
		"Timeout": int64(m.Timeout),
	}
}

func relayView(m *RelayMessage) any {
	to := ":0"
	if dest := m.Dest(); dest.IsValid() {
		to = dest.String()
		if dest.Addr().Is4In6() {
			to = unmapped(dest).String()
		}
	}
	return map[string]any{
		"forward_to": to, "inner_hex": hex.EncodeToString(m.Inner),
		"header": map[string]any{
			"DestAddr": map[string]any{"IP": bytesOrNil(m.IP), "Port": m.Port, "Zone": string(m.Zone)},
			"DestName": string(m.Node),
		},
	}
}

func voteView(m *Member) any {
	var none Member
	known := m
	if m == nil {
		known = &none
	}
	v := known.Versions
	return map[string]any{
		"Addr": bytesOrNil(known.Addr.Addr().AsSlice()), "Port": known.Addr.Port(), "Name": known.Name, "Tags": known.Tags,
		"Status": int(known.Status), "ProtocolMin": v[0], "ProtocolMax": v[1], "ProtocolCur": v[2],
		"DelegateMin": v[3], "DelegateMax": v[4], "DelegateCur": v[5],
	}
}

// sameJSON reports whether got, once in JSON, is want.
func sameJSON(t *testing.T, got, want any) bool {
	t.Helper()
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var plain any
	if err := d.Decode(&plain); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(plain, want)
}

func TestMessageVectors(t *testing.T) {
	var vs []messageVector
	readVectors(t, "messages.json", &vs)
	ran := 0
	for _, v := range vs {
		b := unhex(t, v.Hex)
		got, again, err := anyMessage(v.Message, b)
		if err == errNotOurs {
			continue
		}
		ran++
		switch unknown := v.Name == "conflict_response_unknown"; {
		case err != nil:
			t.Errorf("%s: %v", v.Name, err)
		case !unknown && !sameJSON(t, got, v.Decoded):
			t.Errorf("%s:\ngot  %v\nwant %v", v.Name, got, v.Decoded)
		case !bytes.Equal(again, b):
			t.Errorf("%s: encoded again:\ngot  %x\nwant %x", v.Name, again, b)
		}
	}
	if ran != 59 {
		t.Errorf("%d vectors are ours, want 59", ran)
	}
}

func TestMalformedVectors(t *testing.T) {
	var vs []messageVector
	readVectors(t, "malformed.json", &vs)
	ran := 0
	for _, v := range vs {
		got, _, err := anyMessage(v.Message, unhex(t, v.Hex))
		if err == errNotOurs {
			continue
		}
		ran++
		if v.Outcome == "decode-error" {
			if err == nil {
				t.Errorf("%s: decoded as %v, want an error", v.Name, got)
			}
			continue
		}
		if err != nil || !sameJSON(t, got, v.Decoded) {
			t.Errorf("%s:\ngot  %v, %v\nwant %v", v.Name, got, err, v.Decoded)
		}
	}
	if ran != 27 {
		t.Errorf("%d vectors are ours, want 27", ran)
	}
}

// TestCapturedConversation: what three reference peers said to each other is understood and written in the same way.
func TestCapturedConversation(t *testing.T) {
	var vs []messageVector
	readVectors(t, "capture_query_relay.json", &vs)
	for _, v := range vs {
		b := unhex(t, v.Hex)
		if _, again, err := anyMessage(v.Message, b); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s: encoded again %v:\ngot  %x\nwant %x", v.Name, err, again, b)
		}
	}
}
