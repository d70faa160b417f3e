package rpc

import (
	"sort"

	"serf/swim/msgpack"
)

// protocolVersion is the only version of this protocol.
const protocolVersion = 1

type handshakeRequest struct{ Version int64 }

func appendHandshake(dst []byte, q handshakeRequest) []byte {
	return msgpack.AppendInt(msgpack.AppendStr(msgpack.AppendMap(dst, 1), "Version"), q.Version)
}

func decodeHandshake(b []byte) (q handshakeRequest, err error) {
	err = decodeMap("handshake", b, func(key string, r *msgpack.Reader) (err error) {
		if key != "Version" {
			return r.Skip()
		}
		q.Version, err = r.Int()
		return err
	})
	return q, err
}

type authRequest struct{ AuthKey string }

func appendAuth(dst []byte, q authRequest) []byte {
	return msgpack.AppendStr(msgpack.AppendStr(msgpack.AppendMap(dst, 1), "AuthKey"), q.AuthKey)
}

func decodeAuth(b []byte) (q authRequest, err error) {
	err = decodeMap("auth", b, func(key string, r *msgpack.Reader) error {
		if key != "AuthKey" {
			return r.Skip()
		}
		return decodeText(r, &q.AuthKey)
	})
	return q, err
}

type joinRequest struct {
	Existing []string
	Replay   bool
}

func appendJoin(dst []byte, q joinRequest) []byte {
	dst = msgpack.AppendStr(msgpack.AppendMap(dst, 2), "Existing")
	dst = msgpack.AppendArray(dst, len(q.Existing))
	for _, addr := range q.Existing {
		dst = msgpack.AppendStr(dst, addr)
	}
	return msgpack.AppendBool(msgpack.AppendStr(dst, "Replay"), q.Replay)
}

func decodeJoin(b []byte) (q joinRequest, err error) {
	err = decodeMap("join", b, func(key string, r *msgpack.Reader) error {
		switch key {
		case "Existing":
			return decodeTexts(r, &q.Existing)
		case "Replay":
			return decodeBool(r, &q.Replay)
		}
		return r.Skip()
	})
	return q, err
}

type joinReply struct{ Num int64 }

func appendJoinReply(dst []byte, p joinReply) []byte {
	return msgpack.AppendInt(msgpack.AppendStr(msgpack.AppendMap(dst, 1), "Num"), p.Num)
}

func decodeJoinReply(b []byte) (p joinReply, err error) {
	err = decodeMap("join", b, func(key string, r *msgpack.Reader) (err error) {
		if key != "Num" {
			return r.Skip()
		}
		p.Num, err = r.Int()
		return err
	})
	return p, err
}

type forceLeaveRequest struct {
	Node  string
	Prune bool
}

func appendForceLeave(dst []byte, q forceLeaveRequest) []byte {
	dst = msgpack.AppendStr(msgpack.AppendStr(msgpack.AppendMap(dst, 2), "Node"), q.Node)
	return msgpack.AppendBool(msgpack.AppendStr(dst, "Prune"), q.Prune)
}

func decodeForceLeave(b []byte) (q forceLeaveRequest, err error) {
	err = decodeMap("force-leave", b, func(key string, r *msgpack.Reader) error {
		switch key {
		case "Node":
			return decodeText(r, &q.Node)
		case "Prune":
			return decodeBool(r, &q.Prune)
		}
		return r.Skip()
	})
	return q, err
}

// appendTextMap appends m by ascending keys, so that equal maps are equal bytes; nil is an empty map.
func appendTextMap(dst []byte, m map[string]string) []byte {
	var scratch [16]string
	keys := scratch[:0]
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	dst = msgpack.AppendMap(dst, len(m))
	for _, key := range keys {
		dst = msgpack.AppendStr(msgpack.AppendStr(dst, key), m[key])
	}
	return dst
}

// appendStats appends the groups of figures by ascending names.
func appendStats(dst []byte, stats map[string]map[string]string) []byte {
	groups := make([]string, 0, len(stats))
	for group := range stats {
		groups = append(groups, group)
	}
	sort.Strings(groups)
	dst = msgpack.AppendMap(dst, len(stats))
	for _, group := range groups {
		dst = appendTextMap(msgpack.AppendStr(dst, group), stats[group])
	}
	return dst
}

func decodeStats(b []byte) (map[string]map[string]string, error) {
	stats := make(map[string]map[string]string)
	err := decodeMap("stats", b, func(key string, r *msgpack.Reader) error {
		var group map[string]string
		err := decodeTextMap(r, &group)
		stats[key] = group
		return err
	})
	return stats, err
}
