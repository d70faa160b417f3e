package eventbus

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

type keyListVector struct {
	Name        string
	Count       int
	ID          uint32
	KeyLen      int `json:"key_len"`
	Limit       int
	LTime       uint64
	NodeNameLen int `json:"node_name_len"`
	Decoded     json.RawMessage
}

func TestKeyListTruncationVectors(t *testing.T) {
	var vs []keyListVector
	readVectors(t, "key_list_truncation.json", &vs)
	for _, v := range vs {
		keys := make([]string, v.Count)
		for i := range keys {
			key := make([]byte, v.KeyLen)
			key[0] = byte(i)
			keys[i] = base64.StdEncoding.EncodeToString(key)
		}
		head := ResponseMessage{LTime: v.LTime, ID: v.ID, From: []byte(strings.Repeat("n", v.NodeNameLen))}
		payload, shown := FitKeyList(head, keys, v.Limit)
		if string(v.Decoded) == `"no-response"` {
			if payload != nil {
				t.Errorf("%s: got %d keys, want none at all", v.Name, shown)
			}
			continue
		}
		var want struct {
			EncodedLen int `json:"encoded_len"`
			Keys       int
			Message    string
		}
		if err := json.Unmarshal(v.Decoded, &want); err != nil {
			t.Fatal(err)
		}
		m, err := DecodeKeyResponse(payload)
		size := responseSize(head, payload)
		if err != nil || shown != want.Keys || len(m.Keys) != want.Keys || m.Message != want.Message || size != want.EncodedLen || !m.Result {
			t.Errorf("%s: got %d bytes, %d keys, %q, %v; want %+v", v.Name, size, len(m.Keys), m.Message, err, want)
		}
	}
}
