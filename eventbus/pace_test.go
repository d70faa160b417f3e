package eventbus

import (
	"testing"
)

func TestBurstIsLetGoInOrder(t *testing.T) {
	var p Pacer
	for i := range 1000 {
		if err := p.Push([]byte{byte(i), byte(i >> 8)}); err != nil {
			t.Fatal(err)
		}
	}
	underWay, next := 0, 0
	for p.Len() > 0 {
		for b, ok := p.Next(underWay); ok; b, ok = p.Next(underWay) {
			if got := int(b[0]) | int(b[1])<<8; got != next {
				t.Fatalf("got %d, want %d", got, next)
			}
			next++
			underWay++
		}
		if underWay > UnderWayMax {
			t.Fatalf("%d under way", underWay)
		}
		underWay -= 10
	}
	if next != 1000 {
		t.Errorf("%d came out, want 1000", next)
	}
}

func TestFullPacerTellsTheSender(t *testing.T) {
	var p Pacer
	for range WaitingMax {
		if err := p.Push([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, "Check", p.Check(), ErrQueueFull)
	wantError(t, "Push", p.Push([]byte("y")), ErrQueueFull)
	if p.Len() != WaitingMax {
		t.Errorf("%d wait, want %d", p.Len(), WaitingMax)
	}
}

func TestFifoKeepsOrderAndReusesMemory(t *testing.T) {
	var f fifo[int]
	put, got := 0, 0
	for range 10_000 {
		for range 3 {
			f.put(put)
			put++
		}
		for f.len() > 5 {
			if v := f.peek(); v != got {
				t.Fatalf("peek: got %d, want %d", v, got)
			}
			if v, ok := f.next(); !ok || v != got {
				t.Fatalf("next: got %d, %v, want %d", v, ok, got)
			}
			got++
		}
	}
	if cap(f.items) > 64 {
		t.Errorf("room for %d items although 8 were held at most", cap(f.items))
	}
}
