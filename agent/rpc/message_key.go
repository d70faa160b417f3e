package rpc

import (
	"maps"
	"math"
	"slices"

	"serf/membership/coordinate"
	"serf/swim/msgpack"
)

type keyRequest struct{ Key string }

func appendKey(dst []byte, q keyRequest) []byte {
	return msgpack.AppendStr(msgpack.AppendStr(msgpack.AppendMap(dst, 1), "Key"), q.Key)
}

func decodeKey(command string, b []byte) (q keyRequest, err error) {
	err = decodeMap(command, b, func(key string, r *msgpack.Reader) error {
		if key != "Key" {
			return r.Skip()
		}
		return decodeText(r, &q.Key)
	})
	return q, err
}

// KeyResult is what the members said to a key operation.
type KeyResult struct {
	// Keys counts the members that have each key, by base64; nil unless keys were listed.
	Keys map[string]int
	// Messages is what members had to say, mostly those that failed, by name.
	Messages map[string]string
	// NumNodes members were asked, NumResp answered, NumErr of these failed.
	NumErr, NumNodes, NumResp int
	// PrimaryKeys counts the members that encrypt with each key; nil when nobody says so, as with agents of other programs.
	PrimaryKeys map[string]int
}

func appendKeyResult(dst []byte, k *KeyResult) []byte {
	fields := 5
	if len(k.PrimaryKeys) > 0 {
		fields++ // it comes last, for clients that do not know it
	}
	dst = appendCounts(msgpack.AppendStr(msgpack.AppendMap(dst, fields), "Keys"), k.Keys)
	dst = appendTextMap(msgpack.AppendStr(dst, "Messages"), k.Messages)
	dst = msgpack.AppendInt(msgpack.AppendStr(dst, "NumErr"), int64(k.NumErr))
	dst = msgpack.AppendInt(msgpack.AppendStr(dst, "NumNodes"), int64(k.NumNodes))
	dst = msgpack.AppendInt(msgpack.AppendStr(dst, "NumResp"), int64(k.NumResp))
	if len(k.PrimaryKeys) > 0 {
		dst = appendCounts(msgpack.AppendStr(dst, "PrimaryKeys"), k.PrimaryKeys)
	}
	return dst
}

func decodeKeyResult(b []byte) (k KeyResult, err error) {
	err = decodeMap("keys", b, func(key string, r *msgpack.Reader) error {
		switch key {
		case "Keys":
			return decodeCounts(r, &k.Keys)
		case "Messages":
			return decodeTextMap(r, &k.Messages)
		case "NumErr":
			return decodeInt(r, &k.NumErr)
		case "NumNodes":
			return decodeInt(r, &k.NumNodes)
		case "NumResp":
			return decodeInt(r, &k.NumResp)
		case "PrimaryKeys":
			return decodeCounts(r, &k.PrimaryKeys)
		}
		return r.Skip()
	})
	if len(k.PrimaryKeys) == 0 {
		k.PrimaryKeys = nil
	}
	return k, err
}

// appendCounts appends m by ascending keys; nil is the nil value.
func appendCounts(dst []byte, m map[string]int) []byte {
	if m == nil {
		return append(dst, 0xc0)
	}
	dst = msgpack.AppendMap(dst, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		dst = msgpack.AppendInt(msgpack.AppendStr(dst, key), int64(m[key]))
	}
	return dst
}

// decodeCounts takes a map of numbers; the nil value is nil.
func decodeCounts(r *msgpack.Reader, to *map[string]int) error {
	*to = nil
	if r.IsNil() {
		return nil
	}
	n, err := mapHead(r)
	if err != nil {
		return err
	}
	*to = make(map[string]int, min(n, 16))
	for range n {
		var key string
		var count int
		if err := decodeText(r, &key); err != nil {
			return err
		}
		if err := decodeInt(r, &count); err != nil {
			return err
		}
		(*to)[key] = count
	}
	return nil
}

type coordinateRequest struct{ Node string }

func appendCoordinateRequest(dst []byte, q coordinateRequest) []byte {
	return msgpack.AppendStr(msgpack.AppendStr(msgpack.AppendMap(dst, 1), "Node"), q.Node)
}

func decodeCoordinateRequest(b []byte) (q coordinateRequest, err error) {
	err = decodeMap("get-coordinate", b, func(key string, r *msgpack.Reader) error {
		if key != "Node" {
			return r.Skip()
		}
		return decodeText(r, &q.Node)
	})
	return q, err
}

// coordinateReply is the body of a reply to get-coordinate. Without Ok the coordinate is zero, and its vector nil.
type coordinateReply struct {
	Coord coordinate.Coordinate
	Ok    bool
}

func appendCoordinateReply(dst []byte, p coordinateReply) []byte {
	dst = msgpack.AppendMap(msgpack.AppendStr(msgpack.AppendMap(dst, 2), "Coord"), 4)
	dst = msgpack.AppendFloat(msgpack.AppendStr(dst, "Adjustment"), p.Coord.Adjustment)
	dst = msgpack.AppendFloat(msgpack.AppendStr(dst, "Error"), p.Coord.Error)
	dst = msgpack.AppendFloat(msgpack.AppendStr(dst, "Height"), p.Coord.Height)
	dst = msgpack.AppendStr(dst, "Vec")
	if p.Ok {
		dst = msgpack.AppendArray(dst, len(p.Coord.Vec))
		for _, x := range p.Coord.Vec {
			dst = msgpack.AppendFloat(dst, x)
		}
	} else {
		dst = append(dst, 0xc0)
	}
	return msgpack.AppendBool(msgpack.AppendStr(dst, "Ok"), p.Ok)
}

func decodeCoordinateReply(b []byte) (p coordinateReply, err error) {
	err = decodeMap("coordinate", b, func(key string, r *msgpack.Reader) error {
		switch key {
		case "Coord":
			return decodeCoordinate(r, &p.Coord)
		case "Ok":
			return decodeBool(r, &p.Ok)
		}
		return r.Skip()
	})
	return p, err
}

// decodeCoordinate takes a coordinate with a vector of the one length that there is, or without.
func decodeCoordinate(r *msgpack.Reader, to *coordinate.Coordinate) error {
	n, err := mapHead(r)
	if err != nil {
		return err
	}
	for range n {
		key, err := r.Bytes()
		if err != nil {
			return err
		}
		switch string(key) {
		case "Adjustment":
			to.Adjustment, err = r.Float()
		case "Error":
			to.Error, err = r.Float()
		case "Height":
			to.Height, err = r.Float()
		case "Vec":
			err = decodeVec(r, &to.Vec)
		default:
			err = r.Skip()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func decodeVec(r *msgpack.Reader, to *[coordinate.Dimensions]float64) error {
	n, err := arrayHead(r)
	if err != nil {
		return err
	}
	if n != 0 && n != len(to) {
		return msgpack.ErrType
	}
	for i := range n {
		if to[i], err = r.Float(); err != nil {
			return err
		}
	}
	return nil
}

func decodeInt(r *msgpack.Reader, to *int) error {
	i, err := r.Int()
	if err == nil && (i < math.MinInt32 || i > math.MaxInt32) {
		return msgpack.ErrRange
	}
	*to = int(i)
	return err
}
