package eventbus

import "fmt"

// keyBytesMin is the least that a key of 16 bytes takes in an answer: 24 characters of base64 and their header.
const keyBytesMin = 25

// FitKeyList returns the payload of the response head that lists keys in base64, the primary one first: all of them if
// the whole response is then no longer than limit, else as many of the first as fit with a message that says so. It
// returns nil when not even one fits. shown is how many are listed.
func FitKeyList(head ResponseMessage, keys []string, limit int) (payload []byte, shown int) {
	answer := KeyResponse{Result: true, Keys: keys}
	if keys == nil {
		answer.Keys = []string{}
	}
	if len(keys) > 0 {
		answer.PrimaryKey = keys[0]
	}
	if payload = AppendKeyResponse(nil, &answer); responseSize(head, payload) <= limit {
		return payload, len(keys)
	}
	for n := min(limit/keyBytesMin, len(keys)); n > 0; n-- {
		answer.Keys = keys[:n]
		answer.Message = fmt.Sprintf("truncated key list response, showing first %d of %d keys", n, len(keys))
		if payload = AppendKeyResponse(payload[:0], &answer); responseSize(head, payload) <= limit {
			return payload, n
		}
	}
	return nil, 0
}

func responseSize(head ResponseMessage, payload []byte) int {
	head.Payload = payload
	return len(AppendResponse(nil, &head))
}
