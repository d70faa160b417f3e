package sim

import (
	"fmt"
	"strconv"
	"strings"
)

// Shard is one of several equal parts of a sweep: part Index of Of, counted from 1. The zero value is the whole.
type Shard struct{ Index, Of int }

// shardsMax bounds the parts of a sweep: so many files are open while they are merged.
const shardsMax = 10_000

// ParseShard reads "2/8".
func ParseShard(s string) (Shard, error) {
	a, b, _ := strings.Cut(s, "/")
	index, err := strconv.Atoi(a)
	of, err2 := strconv.Atoi(b)
	if err != nil || err2 != nil || index < 1 || of < index || of > shardsMax {
		return Shard{}, fmt.Errorf("%q is no shard: write 1/8 to 8/8", s)
	}
	return Shard{index, of}, nil
}

// String returns "2/8".
func (s Shard) String() string { return fmt.Sprintf("%d/%d", max(1, s.Index), max(1, s.Of)) }

// first is the first point, of the points that belong to the shard.
func (s Shard) first() int { return max(1, s.Index) - 1 }

// step is how far it is to the next one.
func (s Shard) step() int { return max(1, s.Of) }

// count is how many of so many points belong to the shard.
func (s Shard) count(points int) int {
	return max(0, (points-s.first()+s.step()-1)/s.step())
}

// jobIndex is how a scheduler tells a job of an array which one it is.
type jobIndex struct {
	scheduler              string
	index, first, last, of string // variables; first and last, or of, may be missing
	from                   int    // the first index where first is not there
}

// jobIndexes are the schedulers that are known.
var jobIndexes = []jobIndex{
	{scheduler: "Slurm", index: "SLURM_ARRAY_TASK_ID", first: "SLURM_ARRAY_TASK_MIN", of: "SLURM_ARRAY_TASK_COUNT"},
	{scheduler: "Grid Engine", index: "SGE_TASK_ID", first: "SGE_TASK_FIRST", last: "SGE_TASK_LAST", from: 1},
	{scheduler: "LSF", index: "LSB_JOBINDEX", last: "LSB_JOBINDEX_END", from: 1},
	{scheduler: "Kubernetes", index: "JOB_COMPLETION_INDEX"},
	{scheduler: "AWS Batch", index: "AWS_BATCH_JOB_ARRAY_INDEX", of: "AWS_BATCH_JOB_ARRAY_SIZE"},
	{scheduler: "Google Batch", index: "BATCH_TASK_INDEX", of: "BATCH_TASK_COUNT"},
	{scheduler: "Cloud Run", index: "CLOUD_RUN_TASK_INDEX", of: "CLOUD_RUN_TASK_COUNT"},
	{scheduler: "GitLab", index: "CI_NODE_INDEX", of: "CI_NODE_TOTAL", from: 1},
}

// ShardFromEnvironment finds out which shard a job of an array is to do. With of > 0 there are so many shards; otherwise the
// scheduler has to say it. lookup is os.LookupEnv.
func ShardFromEnvironment(of int, lookup func(name string) (string, bool)) (Shard, error) {
	number := func(name string) (int, bool) {
		text, there := lookup(name)
		v, err := strconv.Atoi(text)
		return v, name != "" && there && err == nil
	}
	for _, j := range jobIndexes {
		index, there := number(j.index)
		if !there {
			continue
		}
		first, known := number(j.first)
		if !known {
			first = j.from
		}
		shards := of
		if n, known := number(j.of); known && shards == 0 {
			shards = n
		}
		if last, known := number(j.last); known && shards == 0 {
			shards = last - first + 1
		}
		s := Shard{index - first + 1, shards}
		switch {
		case shards == 0:
			return Shard{}, fmt.Errorf("%s is %d, but nothing says how many jobs there are: write -shard auto/8", j.index, index)
		case s.Index < 1 || s.Index > s.Of:
			return Shard{}, fmt.Errorf("%s is %d, which is none of %d jobs from %d on", j.index, index, shards, first)
		}
		return s, nil
	}
	var names []string
	for _, j := range jobIndexes {
		names = append(names, j.index)
	}
	return Shard{}, fmt.Errorf("no job of an array: none of %s is set", strings.Join(names, ", "))
}
