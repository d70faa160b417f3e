package msgpack_test

import (
	"fmt"
	"math"

	"serf/swim/msgpack"
)

func Example() {
	b := msgpack.AppendMap(nil, 1)
	b = msgpack.AppendString(b, "SeqNo")
	b = msgpack.AppendUint(b, 300)
	fmt.Printf("%x\n", b)

	r := msgpack.NewReader(b)
	pairs, isMap, _ := r.Container()
	key, _ := r.Bytes()
	value, _ := r.Uint(math.MaxUint32)
	fmt.Println(pairs, isMap, string(key), value)
	// Output:
	// 81a55365714e6fcd012c
	// 1 true SeqNo 300
}
