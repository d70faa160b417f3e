package config

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"serf/sim/proof"
)

// FuzzDecode: what a file says is merged, printed and read back. JSON of nested objects takes a hundred times its length in the
// library's hands, of files that the operator writes and that FileBytesMax bounds.
func FuzzDecode(f *testing.F) {
	many := make(map[string]int)
	for i := range 300 {
		many[fmt.Sprintf("key%d", i)] = i
	}
	unknown, _ := json.Marshal(many)
	for _, text := range []string{
		`{"tags":{"a":"b"},"mdns":{"interface":"lo"},"retry_join":["a"],"protocol":5,"retry_interval":"5s"}`, `[{}]`,
		`{"tags":` + strings.Repeat(`{"":`, 400) + `1` + strings.Repeat("}", 401), `{"start_join":[` + strings.Repeat("1,", 1000) + `1]}`,
		`{"` + strings.Repeat("nod_name", 500) + `":1}`, `{"tags":` + string(unknown) + `}`, string(unknown), `{"bind":"a"} {`,
		`{"retry_interval":"9223372036.854775807s","leave_on_terminate":true,"rejoin_after_leave":null,"Protocol":1e9}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var l Layer
		var err error
		proof.MemoryWithin(t, len(b), 128*len(b)+64<<10, func() { l, err = decode(b) })
		if err != nil {
			return
		}
		c := Default().Merge(l) // panics on a value of the wrong type
		content, _ := c.Print()
		again, err := decode(content)
		if err != nil {
			t.Fatalf("%v in\n%s", err, content)
		}
		for _, name := range changed(Default().Merge(again), c) {
			if !find(name).secret {
				t.Errorf("%s is not read back from\n%s", name, content)
			}
		}
	})
}

// FuzzFlags gives the same text to all flags that take one: what is accepted can be merged, durations and tags are read back.
func FuzzFlags(f *testing.F) {
	for _, text := range []string{"", "5s", "1h0m0s", "-1ns", "2562047h47m16.854775807s", "a=b", "a=b=c\n=x", "a=1\na=2\nb=", "a\x00=\xff"} {
		f.Add(text)
	}
	types := make(map[string]FlagType)
	for _, flag := range Flags() {
		types[flag.Name] = flag.Type
	}
	f.Fuzz(func(t *testing.T, text string) {
		list := strings.Split(text, "\n")
		var tags map[string]string
		var err error
		proof.Memory(t, len(text), func() { tags, err = ParseTags(list) })
		if err == nil {
			var texts []string
			for name, value := range tags {
				texts = append(texts, name+"="+value)
			}
			if again, err := ParseTags(texts); err != nil || !maps.Equal(again, tags) {
				t.Errorf("%q became %q, %v", tags, again, err)
			}
		}
		l, _ := FromFlags(func(name string) (any, bool) {
			return map[FlagType]any{FlagText: text, FlagNumber: len(text), FlagBool: true, FlagList: list}[types[name]], true
		})
		Default().Merge(l) // panics on a value of the wrong type
		for name, v := range l {
			if d, ok := v.(time.Duration); ok {
				if again, err := time.ParseDuration(shortDuration(d)); err != nil || again != d {
					t.Errorf("%s of %v is written %s: %v, %v", name, d, shortDuration(d), again, err)
				}
			}
		}
	})
}

// FuzzDecodeKeyring: keys are what the file has, and are read again when they are written.
func FuzzDecodeKeyring(f *testing.F) {
	f.Add([]byte(`["MDEyMzQ1Njc4OWFiY2RlZg==","ZmVkY2JhOTg3NjU0MzIxMA=="]`))
	f.Add([]byte(`[null,"="]`))
	f.Add([]byte("[" + strings.Repeat(`"",`, 2000) + `""]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var keys [][]byte
		var err error
		proof.Memory(t, len(b), func() { keys, err = decodeKeyring(b) })
		if err != nil {
			return
		}
		total := 0
		for _, k := range keys {
			total += len(k)
		}
		if len(keys) == 0 || total > len(b) {
			t.Errorf("%d keys of %d bytes out of %d", len(keys), total, len(b))
		}
		content, err := json.Marshal(keys)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := decodeKeyring(content); err != nil || !slices.EqualFunc(again, keys, func(a, b []byte) bool { return string(a) == string(b) }) {
			t.Errorf("%x became %x, %v", keys, again, err)
		}
	})
}

// FuzzSocketAccess: a mode has permissions and nothing else, and both mode and users are what their digits say.
func FuzzSocketAccess(f *testing.F) {
	for _, text := range []string{"0600", "0", "0777", "1777", "-1", "0o600", "4294967296", "6_0"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, mode, uid string) {
		var got fs.FileMode
		var uids []int
		var err error
		proof.Memory(t, len(mode)+len(uid), func() { got, uids, err = Config{RPCSocketMode: mode, RPCSocketUIDs: []string{uid}}.socketAccess() })
		if err != nil {
			return
		}
		c := Config{RPCSocketMode: fmt.Sprintf("%o", got), RPCSocketUIDs: []string{strconv.Itoa(uids[0])}}
		if mode == "" {
			c.RPCSocketMode = ""
		}
		again, ids, err := c.socketAccess()
		if err != nil || again != got || got != got.Perm() || !slices.Equal(ids, uids) || uids[0] < 0 {
			t.Errorf("%q, %q: got %v for %v, then %v for %v, %v", mode, uid, got, uids, again, ids, err)
		}
	})
}

// FuzzAddress reads addresses whose host and port are numbers, so that nothing is looked up.
func FuzzAddress(f *testing.F) {
	for _, text := range []string{"", ":", ":7946", "10.0.0.1", "10.0.0.1:0", "[::1]", "[::1]:65535", "::1", "[::ffff:10.0.0.1%eth0]:1", "[]", "1.2.3.4:65536", "[[::1]]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		host, port, err := net.SplitHostPort(text)
		if err != nil {
			host, port = strings.Trim(text, "[]"), "0"
		}
		_, errHost := netip.ParseAddr(host)
		_, errPort := strconv.ParseUint(port, 10, 64)
		if host != "" && errHost != nil || errPort != nil {
			return // a name
		}
		var got netip.AddrPort
		proof.Memory(t, len(text), func() { got, err = address(text) })
		if err != nil {
			return
		}
		if again, err := address(got.String()); err != nil || again != got || !got.IsValid() || got.Addr().Is4In6() {
			t.Errorf("%q: got %v, then %v, %v", text, got, again, err)
		}
	})
}
